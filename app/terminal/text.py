"""Text on a terminal: bars, meters, and columns that line up in any script."""

from __future__ import annotations

import unicodedata

from app.time_left import rounded_s

BAR = 20
"""Width of a bar, in columns."""


def bar(share: float) -> str:
    """0 to 1 as a bar of fixed width."""
    full = round(max(0.0, min(1.0, share)) * BAR)
    return "\u2588" * full + "\u2591" * (BAR - full)


def meter(level_db: float) -> str:
    """An input level of -60 to 0 dB as a small meter with its figure."""
    full = round(max(0.0, min(1.0, (level_db + 60) / 60)) * 10)
    return f"[{'|' * full}{' ' * (10 - full)}] {level_db:4.0f} dB"


def clock(time_s: float) -> str:
    """12.34 -> "00:12.3"; hours appear when there are any."""
    minutes, seconds = divmod(time_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes:02d}:{seconds:04.1f}"


def time_left(seconds: float) -> str:
    """A guess at how long something will still take: "7 s", "4 min", "70 min"."""
    whole = rounded_s(seconds)
    return f"{whole:.0f} s" if whole < 100 else f"{whole / 60:.0f} min"


def columns(text: str) -> int:
    """Columns that a text takes on a terminal: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def cut(text: str, width: int) -> str:
    """As much of ``text`` as fits in ``width`` columns."""
    while text and columns(text) > width:
        text = text[:-1]
    return text
