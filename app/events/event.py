"""What is told to other programs when something changes: one event, in the form that docs/integrations.md describes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

VERSION = 1
"""Of the form of an event. New fields do not change it; a field that goes, or means something else, does."""
EventType = Literal["began", "ended", "here", "shown"]


@dataclass(frozen=True)
class SpeakerEvent:
    """Somebody began, somebody ended, or who is here has changed. Only names that are certain make events but
    ``shown``."""

    type: EventType
    """``began``: ``speaker`` speaks, for certain. ``ended``: no more. ``here``: the people in ``here`` have changed.
    ``shown``: what the screen shows has changed, whatever is certain; sent only to whoever asks for it."""
    at: str
    """When it was told: UTC, "2026-01-31T12:00:00.250Z"."""
    time_s: float
    """The same on the clock of the sound, in seconds since listening began."""
    source: str
    """What was listened to: "microphone", "computer", "call", or a file's name without its ending."""
    speaking: tuple[str, ...] = ()
    """Who speaks now, for certain: one at most in each channel."""
    here: tuple[str, ...] = ()
    """Who was certain within the last minutes, in the order in which they came."""
    speaker: str | None = None
    """Who began or ended, as enrolled; of ``shown`` who is named, or None."""
    label: str | None = None
    """The name as screens show it; of ``shown`` "unknown" or "Unknown 1", too, and None in silence."""
    certainty: str | None = None
    """"certain"; of ``shown`` "likely" and "unknown", too, and None in silence."""
    confidence: float | None = None
    """0 to 1: the probability that the name is right when it was told; None of ``here`` and ``ended``."""
    start_s: float | None = None
    """Of ``began`` and ``ended``: where the name was first shown, on the clock of the sound."""
    end_s: float | None = None
    """Of ``ended``: where it was last shown."""
    channel: int | None = None
    """Which channel, from 1 on, where several are heard each by itself."""
    side: str | None = None
    """"here" (the microphone) or "remote" (what the computer plays), where both are heard."""
    version: int = VERSION

    def as_state(self) -> SpeakerEvent:
        """How things are since this event, for whoever comes later: an event ``here``, or what is still shown."""
        if self.type == "shown":
            return self
        return SpeakerEvent("here", self.at, self.time_s, self.source, self.speaking, self.here)

    def as_json(self) -> dict[str, object]:
        """A dictionary of JSON values: every field, ``version`` first; times with 3 decimals, confidence with 4."""
        out: dict[str, object] = {"version": self.version, **asdict(self)}
        for name, value in out.items():
            if isinstance(value, float):
                out[name] = round(value, 4 if name == "confidence" else 3)
            elif isinstance(value, tuple):
                out[name] = list(value)
        return out

    def line(self) -> str:
        """The same as one line of JSON, without its end."""
        return json.dumps(self.as_json(), ensure_ascii=False)


def utc_now() -> str:
    """The present moment as ``SpeakerEvent.at`` has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
