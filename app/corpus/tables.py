"""Tables with a heading, as text: csv and tsv, read row by row, so that a million rows need no memory."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.corpus.lists import check_text, open_text
from utils import BadInput


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
        with open_text(self.path, newline="") as file:
            reader = csv.DictReader(file, delimiter=self.delimiter, quoting=quoting)
            try:
                for row in reader:
                    yield reader.line_num, {column: row.get(column) or "" for column in self.columns}
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
        heading = file.readline()
    delimiter = "\t" if "\t" in heading else ";" if ";" in heading and "," not in heading else ","
    columns = next(csv.reader([heading], delimiter=delimiter), [])
    return Table(path, tuple(columns), delimiter, quoted=tabs_quoted or delimiter != "\t")
