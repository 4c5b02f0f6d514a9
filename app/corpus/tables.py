"""Tables with a heading, as text: csv and tsv, read row by row, so that a million rows need no memory."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utils import BadInput

PATH_COLUMNS = ("file", "path", "filename", "audio", "wav")
SPEAKER_COLUMNS = ("speaker", "client_id", "speaker_id", "spk", "label")


@dataclass(frozen=True)
class Table:
    """A text table in UTF-8. Bytes that are not UTF-8 (a file name may hold such) come as Python's surrogates."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line number, cells by column) of each row, empty cells as "". Raises BadInput naming a line that is broken.

        Cells of a tab-separated table are taken as they stand: Common Voice's sentences hold single quotation marks.
        """
        quoting = csv.QUOTE_NONE if self.delimiter == "\t" else csv.QUOTE_MINIMAL
        with _open(self.path) as file:
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


def open_table(path: str | os.PathLike) -> Table:
    """The table at ``path``; the heading tells its delimiter (tab, comma, semicolon). Raises BadInput if it is none."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: no such table of clips.")
    with open(path, "rb") as file:
        if b"\0" in file.read(4096):
            raise BadInput(f"{path}: not a text table in UTF-8.")
    with _open(path) as file:
        heading = file.readline()
    delimiter = "\t" if "\t" in heading else ";" if ";" in heading and "," not in heading else ","
    columns = next(csv.reader([heading], delimiter=delimiter), [])
    return Table(path, tuple(columns), delimiter)


def _open(path: Path):
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")
