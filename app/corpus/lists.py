"""Lists in text: tables with a heading (csv, tsv), and lines of words (pairs, trials, Kaldi's files).

They are read line by line, so that a million lines need no memory. Bytes that are not UTF-8 (a file name may hold such)
come as Python's surrogates.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
        with _open(self.path, newline="") as file:
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
    path = _text(path, what)
    with _open(path, newline="") as file:
        heading = file.readline()
    delimiter = "\t" if "\t" in heading else ";" if ";" in heading and "," not in heading else ","
    columns = next(csv.reader([heading], delimiter=delimiter), [])
    return Table(path, tuple(columns), delimiter, quoted=tabs_quoted or delimiter != "\t")


def read_words(path: str | os.PathLike, what: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, its ``words``) of each line that has any. Raises BadInput at once if there is no such text."""
    path = _text(path, what)
    return ((number, found) for number, line in _lines(path) if (found := words(line)))


def read_keyed(path: str | os.PathLike, what: str) -> Iterator[tuple[int, str, str]]:
    """(line number, first word, the rest) of each line with more than one word, as in Kaldi's files.

    A tab, where there is one, ends the first word, else a space. Raises BadInput at once if there is no such text.
    """
    path = _text(path, what)
    keyed = ((number, *line.partition(" " if "\t" not in line else "\t")) for number, line in _lines(path))
    return ((number, first, rest.strip()) for number, first, _, rest in keyed if rest.strip())


def words(line: str) -> list[str]:
    """The words of a line: parted by tabs, else by commas, else by spaces.

    Words between tabs or commas may hold spaces, and stand in quotation marks. In a trial, "1 a,b.wav c.wav", commas
    belong to the names.
    """
    parts = line.split()
    if len(parts) == 3 and parts[0] in {"0", "1"} and not any(part.endswith(",") for part in parts):
        return parts
    for delimiter in ("\t", ","):
        if delimiter in line:
            return [word.strip() for word in next(csv.reader([line], delimiter=delimiter))]
    return parts


def _text(path: str | os.PathLike, what: str) -> Path:
    """``path``, if there is text in it. Raises BadInput if not."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: no such {what}.")
    with open(path, "rb") as file:
        if b"\0" in file.read(4096):
            raise BadInput(f"{path}: not a {what} (text in UTF-8).")
    return path


def _open(path: Path, newline: str | None = None):
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, line) without the spaces around it."""
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            yield number, line.strip()
