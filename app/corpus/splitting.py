"""The words of a line: parted by tabs, semicolons, commas, bars or blanks, in quotation marks where they hold such."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from app.corpus.text import text_lines
from utils import BadInput

TAB, BLANKS, NOTHING = "\t", " ", ""
MARKS = (TAB, ";", ",", "|")
"""What may part words besides blanks; the first of them that makes sense of a line is the one."""
LONGEST_RECORD = 100
"""Lines that a row may go over, for a line break within quotation marks."""
WORD = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')


def delimiters(line: str) -> list[str]:
    """What may part the words of a line, in order of preference."""
    return [mark for mark in MARKS if mark in line] + [BLANKS]


def split(line: str, delimiter: str) -> list[str]:
    """The words of one line, without blanks and quotation marks around them. Raises csv.Error."""
    if delimiter == NOTHING:
        return [_unquoted(line.strip())]
    if delimiter == BLANKS:
        if '"' not in line:
            return line.split()
        return [plain or quoted.replace('""', '"') for quoted, plain in WORD.findall(line)]
    if delimiter == TAB:  # Common Voice's sentences hold single quotation marks: they part nothing
        return [_unquoted(cell.strip()) for cell in line.rstrip("\r\n").split(TAB)]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def is_passed_over(line: str) -> bool:
    """Whether a line says nothing: an empty one, or a comment."""
    return line.lstrip()[:1] in ("", "#")


def records(path: Path, delimiter: str, *, after: int = 0, comments: bool = True) -> Iterator[tuple[int, list[str]]]:
    """(line number, words) of each row behind line ``after`` that has any; a row in quotation marks may go over lines.

    Raises BadInput, naming the line, for one whose words cannot be told apart.
    """
    if delimiter in (TAB, BLANKS, NOTHING):
        for number, line in text_lines(path, ends=True):
            if number > after and line.strip() and not (comments and is_passed_over(line)):
                yield number, split(line, delimiter)
        return
    lines = _Lines(path, after, comments)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        while True:
            lines.begin()
            try:
                row = next(reader)
            except StopIteration:
                return
            lines.check()
            yield lines.first, [cell.strip() for cell in row]
    except csv.Error as error:
        raise BadInput(f"{path}, line {lines.first}: not a row of a table ({error}).") from None


class _Lines:
    """The lines of a table for csv.reader, which takes as many as a row goes over."""

    def __init__(self, path: Path, after: int, comments: bool):
        self.first = 0
        """The line on which the row begins."""
        self._path, self._after, self._comments = path, after, comments
        self._source = text_lines(path, ends=True)
        self._taken = self._quotes = 0

    def begin(self) -> None:
        """The next line is the first of a row."""
        self._taken = self._quotes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        for number, line in self._source:
            if not self._taken:
                if number <= self._after or line.isspace() or (self._comments and is_passed_over(line)):
                    continue
                self.first = number
            self._taken += 1
            self._quotes += line.count('"')
            if self._taken > LONGEST_RECORD:
                raise self._open_end()
            return line
        raise StopIteration

    def check(self) -> None:
        """Raise BadInput if the row has swallowed others: they would be missing without a word."""
        if self._taken > 1 and self._quotes % 2:
            raise self._open_end()

    def _open_end(self) -> BadInput:
        return BadInput(f"{self._path}, line {self.first}: a quotation mark that is opened and not closed.")
