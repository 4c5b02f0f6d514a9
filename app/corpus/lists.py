"""One grammar for all lists: what the first line says about a list. docs/lists.md is for people.

A list is JSON lines, a table with a heading, or lines without one. Comments (#) and empty lines are passed over.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from app.corpus import splitting
from app.corpus.headings import NAMES, find_role, fold
from app.corpus.rows import Kind, TextList, plain_cells, read_object, refusal
from app.corpus.text import check_text, text_lines
from utils import AUDIO_SUFFIXES, BadInput

MOST_COLUMNS = 2000
EVERY_NAME = frozenset(name for names in NAMES.values() for name in names)
SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""What Excel may write above the heading."""


def open_list(path: str | os.PathLike, kind: Kind) -> TextList:
    """The list at ``path``. Raises BadInput for what is no text, or is no list of the kind by its first line.

    The first line is JSON, or a heading if some delimiter makes it name every role that is needed (or a column that is
    asked for), or else a row. A cell that is a path is no name of a column.
    """
    path = check_text(path, kind.what)
    number, line, separator = 0, "", None  # of an empty list
    for number, line in text_lines(path):  # noqa: B007 - used behind the loop
        if said := SEPARATOR_LINE.fullmatch(line):
            separator = said[1]
        elif not splitting.is_passed_over(line):
            break
    else:
        return TextList(path, kind, heading_line=number)
    if line[0] in "{[":
        return _json_list(path, kind, number, line)
    marks = [separator] if separator else splitting.delimiters(line)
    try:
        found = {mark: splitting.split(line, mark) for mark in marks}
    except csv.Error as error:
        raise BadInput(f"{path}, line {number}: words that cannot be told apart ({error}).") from None
    headings = [
        TextList(path, kind, tuple(names), _rows_mark(mark, names), heading_line=number)
        for mark, names in found.items()
        if _may_be_heading(names, mark)
    ]
    for heading in headings:
        if _has_all(heading.columns, kind):
            return _checked(heading)
    if not any(_is_nothing_but_names(one.columns) for one in headings) and plain_cells(line, kind, separator):
        return TextList(path, kind, delimiter=separator, heading_line=number - 1)
    for heading in headings:
        if any(name for name, _ in kind.asked.values()) or _has_some(heading.columns, kind):
            return _checked(heading)
    raise BadInput(f"{path}, line {number}: {refusal(kind)}.")


def looks_like_a_path(word: str) -> bool:
    """Whether a word is a path, and no name of a column."""
    return "/" in word or "\\" in word or has_audio_suffix(word)


def has_audio_suffix(word: str) -> bool:
    """Whether a word ends as audio files do."""
    return os.path.splitext(word)[1].lower() in AUDIO_SUFFIXES


def _may_be_heading(names: Sequence[str], mark: str) -> bool:
    """Whether words may be names of columns: no path and no number is one, nor a letter between blanks."""
    if len(names) > MOST_COLUMNS:
        return False
    letters = mark == splitting.BLANKS and {"a", "b"} & {fold(name) for name in names}
    return not (letters or any(looks_like_a_path(name) or _is_number(name) for name in names))


def _has_all(names: Sequence[str], kind: Kind) -> bool:
    """Whether a heading has the columns that are needed."""
    folded = [fold(name) for name in names]
    there = [kind.place(role, names) is not None or find_role(role, folded) is not None for role in kind.needed]
    return all(there) or (kind.one_column and len(names) == 1 and there[0])


def _has_some(names: Sequence[str], kind: Kind) -> bool:
    folded = [fold(name) for name in names]
    return any(find_role(role, folded) is not None for role in kind.needed)


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _is_nothing_but_names(words: Sequence[str]) -> bool:
    """Whether each of several words is the name of some column: a heading, though not one of this kind."""
    return len(words) > 1 and all(fold(word) in EVERY_NAME for word in words)


def _checked(found: TextList) -> TextList:
    """Raise BadInput for a heading without a column that is needed or asked for, or with two of its name."""
    kind, path = found.kind, found.path
    folded = [fold(name) for name in found.columns]
    if len(folded) > MOST_COLUMNS:
        raise BadInput(f"{path}: {len(folded)} columns are more than a {kind.what} has.")
    for role in kind.needed:
        asked, option = kind.asked.get(role, (None, ""))
        place = kind.place(role, found.columns)
        if asked is not None and place is None:
            raise BadInput(f"{path}: has no column {asked!r}; it has {', '.join(found.columns)}.")
        if place is None and not (kind.one_column and len(folded) == 1):
            how = f", or name yours with {option}" if option else ""
            line = f"{path}, line {found.heading_line}"
            if option:
                raise BadInput(f"{line}: needs a column named {' or '.join(NAMES[role][:5])} in the heading{how}.")
            raise BadInput(f"{line}: {refusal(kind)}.")
        alike = found.columns if asked in found.columns else folded
        if place is not None and alike.count(alike[place]) > 1:
            raise BadInput(f"{path}, line {found.heading_line}: two columns are named {found.columns[place]!r}.")
    return found


def _json_list(path: Path, kind: Kind, number: int, line: str) -> TextList:
    if line[0] == "[":
        raise BadInput(f"{path}, line {number}: a JSON array; write one object a line, without brackets around them.")
    return _checked(TextList(path, kind, tuple(read_object(path, number, line)), is_json=True, heading_line=number))


def _rows_mark(mark: str, names: list[str]) -> str:
    """What parts the rows under a heading: nothing where it has one column, whose cells may hold blanks."""
    return splitting.NOTHING if mark == splitting.BLANKS and len(names) == 1 else mark
