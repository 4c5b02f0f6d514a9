"""Tables with a heading, as text: csv and tsv, read row by row, so that a million rows need no memory."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.corpus.lists import bounded_lines, check_text, open_text
from utils import BadInput

MOST_COLUMNS = 2000
FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
"""How a cell begins that a spreadsheet would compute (OWASP, "CSV Injection"), and one that was written as text."""
OURS = {("path", "speaker", "start_s", "end_s", "status"), ("file", "start_s", "end_s", "speaker")}
"""Columns of the tables that this program writes for people, who may give them back."""


def as_text(cell: str) -> str:
    """A cell for a table that people open in a spreadsheet: a name that begins like a formula gets an apostrophe."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def from_text(cell: str) -> str:
    """What ``as_text`` made a cell of."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


@dataclass(frozen=True)
class Table:
    """A table in text; its first line names the columns."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    quoted: bool
    """Whether a cell may stand in quotation marks, as one that holds the delimiter does."""

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line number, cells by column) of each row, empty cells as "". Raises BadInput for a broken line."""
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        read = from_text if self.columns in OURS else str
        with open_text(self.path, newline="") as file:
            reader = csv.DictReader(bounded_lines(file, self.path), delimiter=self.delimiter, quoting=quoting)
            try:
                for row in reader:
                    yield reader.line_num, {column: read(row.get(column) or "") for column in self.columns}
            except csv.Error as error:
                raise BadInput(f"{self.path}, line {reader.line_num}: not a row of a table ({error}).") from None

    def column(self, known: tuple[str, ...], asked: str | None = None, option: str = "") -> str:
        """The column that is ``asked`` for, or the first of ``known`` that is there. Raises BadInput if none is."""
        if asked is not None:
            if asked not in self.columns:
                raise BadInput(f"{self.path}: has no column {asked!r}; it has {', '.join(self.columns)}.")
            return asked
        for name in known:
            if name in self.columns:
                return name
        how = f", or name yours with {option}" if option else ""
        raise BadInput(f"{self.path}: needs a column named {' or '.join(known)} in its first line{how}.")


def open_table(path: str | os.PathLike, what: str, *, tabs_quoted: bool = True) -> Table:
    """The table at ``path``; the heading tells its delimiter (tab, comma, semicolon).

    ``what`` it is, for people ("table of clips"). ``tabs_quoted``: whether cells between tabs may stand in quotation
    marks; Common Voice's may not, its sentences hold single ones. Raises BadInput if it is no text.
    """
    path = check_text(path, what)
    with open_text(path, newline="") as file:
        heading = next(bounded_lines(file, path), "")
    delimiter = "\t" if "\t" in heading else ";" if ";" in heading and "," not in heading else ","
    try:
        columns = next(csv.reader([heading], delimiter=delimiter), [])
    except csv.Error as error:
        raise BadInput(f"{path}, line 1: not the heading of a table ({error}).") from None
    if len(columns) > MOST_COLUMNS:
        raise BadInput(f"{path}: {len(columns)} columns are more than a {what} has.")
    return Table(path, tuple(columns), delimiter, quoted=tabs_quoted or delimiter != "\t")
