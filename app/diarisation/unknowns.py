"""What is known of a voice that nobody enrolled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UnknownSpeaker:
    """A voice of this session without a name. It is forgotten with the session unless somebody enrols it."""

    label: str
    """"Unknown 1", "Unknown 2", ... in the order in which they were heard."""
    speech_s: float
    """Seconds of its speech so far."""
    kept_s: float
    """Seconds of it that are in memory, to enrol it with."""
    last_s: float
    """When it was last heard, in seconds of the source's clock."""
