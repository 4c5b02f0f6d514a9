"""Text that people have: UTF-8, or UTF-16 and UTF-32 told by their mark; lines that end in LF, CRLF or CR.

It is read line by line, so that a million lines need no memory. Bytes that are not UTF-8 (a file name may hold such)
come as Python's surrogates.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from utils import BadInput

LONGEST_LINE = 1 << 20
"""Characters."""
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""How a text begins that names its encoding; Excel's "Unicode text" is UTF-16."""
MARK = "\ufeff"
"""The mark, decoded: it is no part of a text, and stands in the middle of one where files were joined."""
HEAD = 1 << 14
"""Bytes that are looked at to see whether it is text at all."""


def check_text(path: str | os.PathLike, what: str) -> Path:
    """``path``, if it is a file that may hold text. Raises BadInput, calling it ``what`` it should be, if it is not."""
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise BadInput(f"{path}: a pipe or a device; a {what} is read more than once: write it into a file.")
    if not path.is_file():
        raise BadInput(f"{path}: no such {what}.")
    with open(path, "rb") as file:
        head = file.read(HEAD)
    encoding, errors = _encoding(head)
    try:
        text = codecs.getincrementaldecoder(encoding)(errors).decode(head, final=len(head) < HEAD)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BadInput(f"{path}: not a {what} (text in UTF-8, or in UTF-16 with its mark).")
    return path


def text_lines(path: Path, *, ends: bool = False) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of each line of a text.

    With the line's end as it is written if ``ends``, else without the white space around it. Raises BadInput for a line
    that no list has, which is not to fill the memory, and for one that is not in the text's encoding.
    """
    number = 0
    with _open(path) as file:
        readline = file.readline
        try:
            while line := readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise BadInput(f"{path}, line {number}: longer than any line of a list is.")
                if line[0] == MARK:
                    line = line.lstrip(MARK)
                yield number, line if ends else line.strip()
        except UnicodeDecodeError as error:
            raise BadInput(f"{path}, line {number + 1}: not in {error.encoding} as its first bytes say.") from None


def _open(path: Path) -> TextIO:
    with open(path, "rb") as file:
        encoding, errors = _encoding(file.read(4))
    return open(path, encoding=encoding, errors=errors, newline="")


def _encoding(head: bytes) -> tuple[str, str]:
    """(encoding, what becomes of bytes that are not of it) of a text that begins with ``head``."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding, "surrogateescape" if encoding == "utf-8-sig" else "strict"
    return "utf-8", "surrogateescape"
