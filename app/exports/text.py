"""Who spoke when as lines for people, to be pasted into a mail or a note: ``0:04–0:09  Ana``."""

from __future__ import annotations

import unicodedata

from app.exports.document import Document
from app.exports.subtitles import line
from app.time_left import clock

ISOLATE, END = "\u2068", "\u2069"
"""Around a name that is written from right to left: without them it would turn the times before it around."""


def to_text(document: Document) -> str:
    """A line for each turn: beginning and end in minutes and whole seconds, two spaces, the name.

    A turn within one second has that one moment only.
    """
    return "".join(f"{_span(turn.start_s, turn.end_s)}  {_isolated(line(turn.label))}\n" for turn in document.turns)


def _span(start_s: float, end_s: float) -> str:
    start, end = clock(start_s), clock(end_s)
    return start if start == end else f"{start}\u2013{end}"


def _isolated(name: str) -> str:
    leftwards = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in name)
    return f"{ISOLATE}{name}{END}" if leftwards else name
