"""Subtitles: SubRip and WebVTT. The text of each is the speaker's name, for as long as they speak."""

from __future__ import annotations

from html import escape

from app.diarisation.timeline import Turn
from app.exports.document import Document, ticks


def to_srt(document: Document) -> str:
    """SubRip. The format has no escapes: a name in angle brackets is shown by some players as it is, by others not."""
    return "\n".join(
        f"{number}\n{_span(turn, ',')}\n{line(turn.label)}\n" for number, turn in enumerate(document.turns, 1)
    )


def to_vtt(document: Document) -> str:
    """WebVTT (W3C), the speaker also as the cue's voice: ``<v Ana>Ana``. "&", "<" and ">" are escaped in both."""
    cues = (
        f"\n{_span(turn, '.')}\n<v {name}>{name}\n"
        for turn in document.turns
        for name in (escape(line(turn.label), quote=False),)
    )
    return "WEBVTT\n" + "".join(cues)


def line(text: str) -> str:
    """A text in one line: what would end a line or a cell is a space."""
    return " ".join(text.split()) or "_"


def _span(turn: Turn, point: str) -> str:
    start, end = ticks(turn)
    return f"{_time(start, point)} --> {_time(end, point)}"


def _time(ms: int, point: str) -> str:
    """hours:minutes:seconds, a point or comma, and milliseconds."""
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
