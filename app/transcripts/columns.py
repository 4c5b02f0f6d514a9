"""Which column of a table of words or segments holds what: by its heading, or by what the rows hold."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.corpus.headings import END, NAMES, SPEAKER, START, fold

CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,6}))?")
SAID = ("text", "word", "words", "token", "transcript", "transcription", "utterance", "said")
MS = re.compile(r"[(\[]?(ms|milliseconds?|msec)[)\]]?$")


@dataclass(frozen=True)
class Columns:
    """Where a row has what."""

    start: int
    end: int
    said: int
    speaker: int | None
    lasts: bool = False
    """Whether ``end`` holds how long it lasts."""
    scale: float = 1.0
    """What a number is divided by to be seconds."""
    tabs: bool = True
    """Whether tabs stand between cells; else any blanks."""


def seconds(cell: str) -> float:
    """Raises ValueError for what is no time."""
    cell = cell.strip()
    if (clock := CLOCK.fullmatch(cell)) is not None:
        hours, minutes, rest, part = clock.groups()
        return 3600 * int(hours or 0) + 60 * int(minutes) + int(rest) + float(f"0.{part or 0}")
    number = float(cell)
    if not (math.isfinite(number) and 0 <= number < 1e12):
        raise ValueError("no time")
    return number


def _is_time(cell: str) -> bool:
    try:
        return seconds(cell) >= 0
    except ValueError:
        return False


def headed(line: str) -> Columns | None:
    """The columns that a heading names; None for a line that is none."""
    if "\t" not in line:
        return None
    names = [fold(cell) for cell in line.split("\t")]
    times = [MS.sub("", name) for name in names]
    start, end = (next((n for n, name in enumerate(times) if name in NAMES[role]), None) for role in (START, END))
    said = next((n for word in SAID for n, name in enumerate(names) if name == word), None)
    speaker = next((n for n, name in enumerate(names) if name in NAMES[SPEAKER]), None)
    return None if start is None or end is None or said is None else Columns(start, end, said, speaker)


def in_ms(columns: Columns, heading: str, rows: Sequence[str]) -> Columns:
    """Whether the times are milliseconds: as the heading says or, of Whisper's "start end text", as whole numbers."""
    names = heading.split("\t")
    said_ms = MS.search(names[columns.start].strip().lower()) is not None
    bare = names[columns.start].strip().lower() in ("start", "begin", "offset")
    cells = [row.split("\t")[columns.start : columns.start + 1] for row in rows]
    whole = all(cell and cell[0].strip().isdecimal() for cell in cells)
    return replace(columns, scale=1000.0) if said_ms or (bare and whole and cells) else columns


def ctm(rows: Sequence[str]) -> Columns | None:
    """``<file> <channel> <start> <duration> <word> [<confidence>] [<type>] [<speaker>]`` on every line."""
    cells = [row.split() for row in rows]
    if not all(5 <= len(row) <= 8 and _is_time(row[2]) and _is_time(row[3]) for row in cells):
        return None
    if all("\t" in line and _is_time(row[0]) for line, row in zip(rows, cells, strict=True)):
        return None
    return Columns(2, 3, 4, 7, lasts=True, tabs=False)


def plain(rows: Sequence[str]) -> Columns | None:
    """``start end word``, or ``word start end``: with tabs if all rows have some, else with blanks."""
    tabs = all(row.count("\t") >= 2 for row in rows)
    cells = [row.split("\t") if tabs else row.split() for row in rows]
    if not all(len(row) >= 3 for row in cells):
        return None
    for start, end, said in ((0, 1, 2), (1, 2, 0)):
        if all(_is_time(row[start]) and _is_time(row[end]) for row in cells):
            if not tabs and any(len(row) > 4 for row in cells):
                return None
            return Columns(start, end, said, 3, tabs=tabs)
    return None
