"""Numbers and sentences as people read them."""

from __future__ import annotations

from app.time_left import clock as clock  # a text of the window, too
from app.time_left import rounded_s
from app.window.strings.common import NO_BREAK


def capitalised(text: str) -> str:
    """With a capital first letter: messages of the program begin small."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital first letter and a full stop; nothing stays nothing."""
    text = capitalised(text.strip())
    return text if not text or text[-1] in ".!?:" else f"{text}."


def voices(count: int) -> str:
    """How many, in words."""
    return "1 voice" if count == 1 else f"{count} voices"


def rate(share: float, of: int) -> str:
    """0 to 1 as a percentage, of so many things that were counted: none of 50 is less than one in 50."""
    if share * of < 0.5:
        return f"<{NO_BREAK}{rate(1 / of, of)}"
    return f"{100 * share:.1f}{NO_BREAK}%" if 0 < share < 0.1 else f"{100 * share:.0f}{NO_BREAK}%"


def turns(count: int) -> str:
    """How many, in words."""
    return "1 turn" if count == 1 else f"{count} turns"


def recordings(count: int) -> str:
    """How many, in words."""
    return "1 recording" if count == 1 else f"{count} recordings"


def offers(count: int) -> str:
    """How many recordings are offered, in words."""
    return f"{recordings(count)} offered"


def corrections(count: int) -> str:
    """How many, in words."""
    return "1 correction" if count == 1 else f"{count} corrections"


def seconds(count: float) -> str:
    return f"{count:.0f}{NO_BREAK}s" if count >= 1 else f"{count:.1f}{NO_BREAK}s"


def time_left(seconds: float) -> str:
    """A guess at how long something will still take: "7 s", "4 min", "70 min"."""
    whole = rounded_s(seconds)
    return f"{whole:.0f}{NO_BREAK}s" if whole < 100 else f"{whole / 60:.0f}{NO_BREAK}min"


def decibels(level_db: float) -> str:
    """A level for people, with a true minus sign."""
    return f"{level_db:.0f}{NO_BREAK}dB".replace("-", "\u2212")


def percent(share: float) -> str:
    """0 to 1 as a percentage for people. Never "0 %" or "100 %": nothing measured is that sure."""
    whole = round(100 * share)
    text = f"<{NO_BREAK}1" if whole < 1 else f">{NO_BREAK}99" if whole > 99 else f"{whole}"
    return f"{text}{NO_BREAK}%"
