"""A clip: a stretch of somebody's speech in a file. Every table, folder and list of speech is read as clips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clip:
    """One stretch of one person's speech in a file."""

    path: str
    """Where the file lies; empty where the list names none."""
    speaker: str
    """Who speaks; empty where it is not known."""
    corpus: str = ""
    gender: str = ""
    """"m", "f", or empty where it is not known."""
    age: float | None = None
    """Years; None where it is not known."""
    start_s: float = 0.0
    end_s: float | None = None
    """None: to the end of the file."""
    name: str = ""
    """The file as the list names it: the same on every machine, wherever the files lie."""
    error: str = ""
    """Why the clip cannot be used, if that is known without opening the file."""
    session: str = ""
    """Which day or call it is of; empty where the list does not say."""
    device: str = ""
    """What kind of device it was recorded with; empty where the list does not say."""
    repeat: int = 0
    """How many clips before this one in its list are the same stretch of the same file."""

    @property
    def adult(self) -> bool:
        """True from 15 years on, and where the age is not given."""
        return self.age is None or self.age >= 15
