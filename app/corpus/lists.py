"""Lists in text without a heading: pairs, trials, Kaldi's files. Tables are in ``tables.py``.

They are read line by line, so that a million lines need no memory. Bytes that are not UTF-8 (a file name may hold such)
come as Python's surrogates.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from utils import BadInput

LONGEST_LINE = 1 << 20
"""Characters."""


def read_words(path: str | os.PathLike, what: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, its ``words``) of each line that has any. Raises BadInput at once if there is no such text."""
    path = check_text(path, what)
    return ((number, found) for number, line in _lines(path) if (found := _words(line, path, number)))


def read_keyed(path: str | os.PathLike, what: str) -> Iterator[tuple[int, str, str]]:
    """(line number, first word, the rest) of each line with more than one word, as in Kaldi's files.

    A tab, where there is one, ends the first word, else a space. Raises BadInput at once if there is no such text.
    """
    path = check_text(path, what)
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


def _words(line: str, path: Path, number: int) -> list[str]:
    try:
        return words(line)
    except csv.Error as error:
        raise BadInput(f"{path}, line {number}: words that cannot be told apart ({error}).") from None


def check_text(path: str | os.PathLike, what: str) -> Path:
    """``path``, if it is a file that may hold text. Raises BadInput, calling it ``what`` it should be, if it is not."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"{path}: no such {what}.")
    with open(path, "rb") as file:
        if b"\0" in file.read(4096):
            raise BadInput(f"{path}: not a {what} (text in UTF-8).")
    return path


def open_text(path: Path, newline: str | None = None) -> TextIO:
    """A file in UTF-8, open for reading; ``newline`` as for ``open``."""
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, line) without the spaces around it."""
    with open_text(path) as file:
        for number, line in enumerate(bounded_lines(file, path), 1):
            yield number, line.strip()


def bounded_lines(file: TextIO, path: Path) -> Iterator[str]:
    """The lines of a text. Raises BadInput for one that no list has: it is not to fill the memory."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise BadInput(f"{path}, line {number}: longer than any line of a list is.")
        yield line
