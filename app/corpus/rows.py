"""The rows of a list: JSON lines, a table under a heading, or lines without one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.corpus import splitting
from app.corpus.headings import find_role, fold
from app.corpus.tables import OURS, from_text
from app.corpus.text import text_lines
from utils import BadInput

Cells = dict[str, str]
"""A row: the role of a column, or its folded name where it plays none -> the cell."""


@dataclass(frozen=True)
class Kind:
    """A kind of list."""

    what: str
    """What it is called: "list of trials"."""
    needed: tuple[str, ...]
    """The roles that a heading must have."""
    optional: tuple[str, ...] = ()
    plain: Callable[[Sequence[str]], Cells | None] = lambda words: None
    """The row that the words of a line without a heading are; None if they are none."""
    whole: Callable[[str], bool] = lambda line: False
    """Whether a line without a heading is one word, blanks and all."""
    wanted: str = ""
    """What a list of this kind looks like, for people: 'lines such as "1 a.wav b.wav", or a heading with ...'."""
    asked: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    """Role -> (the name that the user says its column has, the option that says so)."""
    one_column: bool = False
    """Whether a heading of one column may do without the other roles."""
    ours: bool = False
    """Whether such tables are this program's, with cells that ``as_text`` made, whatever order the columns have."""

    def place(self, role: str, columns: Sequence[str]) -> int | None:
        """The place of the column that plays a role, None if there is none: of the one that is asked for, if one is."""
        name, _ = self.asked.get(role, (None, ""))
        if name in columns:
            return columns.index(name)
        folded = [fold(column) for column in columns]
        if name is None:
            return find_role(role, folded)
        return folded.index(fold(name)) if fold(name) in folded else None


@dataclass(frozen=True)
class TextList:
    """A list that can be read again and again, each time from the disk."""

    path: Path
    kind: Kind
    columns: tuple[str, ...] = ()
    """As the heading writes them; none without a heading."""
    delimiter: str | None = None
    """Of the rows; None where each line tells its own, or where lines are JSON."""
    is_json: bool = False
    heading_line: int = 0

    def rows(self) -> Iterator[tuple[int, Cells, str]]:
        """(line number, cells, what is wrong with the row) of each row. Raises BadInput for a line that is no row."""
        if self.is_json:
            return self._objects()
        return self._table() if self.columns else self._plain()

    def _table(self) -> Iterator[tuple[int, Cells, str]]:
        keys = [fold(name) for name in self.columns]
        for role in reversed((*self.kind.needed, *self.kind.optional)):  # of two roles of one column the first has it
            if (place := self.kind.place(role, self.columns)) is not None:
                keys[place] = role
        ours = self.kind.ours or any(self.columns[: len(columns)] == columns for columns in OURS)
        width = len(keys)
        rows = splitting.records(self.path, self.delimiter or "", after=self.heading_line, comments=not ours)
        for number, row in rows:
            error = ""
            if len(row) != width:
                if not any(row):
                    continue
                if any(row[width:]):
                    error = f"{len(row)} cells under a heading of {width}"
                    if self.delimiter != splitting.TAB:  # between tabs quotation marks hold nothing together
                        error += f": names that hold a {_named(self.delimiter)} need quotation marks"
            elif not any(row):  # a spreadsheet's empty rows
                continue
            if ours:
                row = [from_text(cell) for cell in row]
            yield number, dict(zip(keys, row, strict=False)), error

    def _plain(self) -> Iterator[tuple[int, Cells, str]]:
        for number, line in text_lines(self.path):
            if number > self.heading_line and not splitting.is_passed_over(line):
                yield number, self._line(number, line), ""

    def _line(self, number: int, line: str) -> Cells:
        if cells := plain_cells(line, self.kind, self.delimiter):
            return cells
        raise BadInput(f"{self.path}, line {number}: {refusal(self.kind)}.")

    def _objects(self) -> Iterator[tuple[int, Cells, str]]:
        roles = (*self.kind.needed, *self.kind.optional)
        for number, line in text_lines(self.path):
            if splitting.is_passed_over(line):
                continue
            cells = {fold(key): _text(value) for key, value in read_object(self.path, number, line).items()}
            known = list(cells)
            for role in reversed(roles):
                if (place := self.kind.place(role, known)) is not None:
                    cells[role] = cells[known[place]]
            yield number, cells, ""


def plain_cells(line: str, kind: Kind, delimiter: str | None = None) -> Cells | None:
    """The row that a line without a heading is, parted by ``delimiter`` or the first that makes one of it; None if none
    does.

    Three words between blanks, one of them a label, come first: commas and semicolons in them belong to names.
    """
    if kind.whole(line):
        return kind.plain([line])
    words = splitting.split(line, splitting.BLANKS)
    if len(words) == 3 and not (", " in line or "; " in line) and (cells := kind.plain(words)) and len(cells) == 3:
        return cells
    for mark in splitting.delimiters(line) if delimiter is None else [delimiter]:
        try:
            if cells := kind.plain(splitting.split(line, mark)):
                return cells
        except csv.Error:
            continue
    return None


def read_object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise BadInput(f"{path}, line {number}: not a JSON object in one line.")
    return values


def refusal(kind: Kind) -> str:
    return f"not a line of a {kind.what}: {kind.wanted}"


def _named(delimiter: str | None) -> str:
    return {",": "comma", ";": "semicolon", "|": "bar"}.get(delimiter or "", "blank")


def _text(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
