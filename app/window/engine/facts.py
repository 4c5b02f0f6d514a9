"""What the window learns from the engine: one immutable object, replaced whole, on a board that both threads see."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from app.audio.source import SourceStatus
from app.diarisation.timeline import Turn
from app.scoring.decision import DecisionRule
from app.scoring.identification import Identification
from app.window.engine.edits.undo import Deed
from app.window.engine.overlaps import Span


class Phase(Enum):
    STOPPED = "stopped"
    LOADING = "loading"
    """The model and the people are being loaded."""
    LISTENING = "listening"
    """The input is open, or being opened."""
    NO_INPUT = "no input"
    """The microphone could not be had; it is tried again and again."""
    ENDED = "ended"
    """The file is over."""
    FAILED = "failed"


@dataclass(frozen=True)
class Notice:
    """Something that was done for the user, or could not be; shown for a while."""

    text: str
    good: bool = True


@dataclass(frozen=True)
class Facts:
    """Everything the window shows follows from this (and from the input level, which moves faster)."""

    phase: Phase = Phase.STOPPED
    file: str | None = None
    """Name of the file that is played; None for a microphone."""
    error: str = ""
    """One line, in the phases NO_INPUT and FAILED."""
    lacks_channel: bool = False
    """In the phase NO_INPUT: the microphone is there, but not the channel of it that was chosen."""
    download: tuple[int, int] | None = None
    """Bytes so far and in all, while a model is downloaded."""
    model: str = ""
    people: tuple[str, ...] | None = None
    """Everybody enrolled; None while that is not known."""
    stale: tuple[str, ...] = ()
    """People whose voiceprints are another model's."""
    unbuilt: tuple[str, ...] = ()
    """People who are recorded, but have no voiceprint yet."""
    offered: Mapping[str, int] = field(default_factory=dict)
    """Name -> recordings that are offered to be added to their voiceprint; without whom nothing is offered."""
    colours: Mapping[str, int] = field(default_factory=dict)
    """Name -> the number of the person's colour, for life; without whom no database gives one."""
    genders: Mapping[str, str] = field(default_factory=dict)
    """Name -> what is said of the voice, by hand or by all of it that is known: "female", "male" or "hidden"."""
    rule: DecisionRule | None = None
    source: SourceStatus | None = None
    identification: Identification | None = None
    """The newest answer; None while there is none to show."""
    last_speaker: str | None = None
    """The name that was shown last."""
    skipped_s: float = 0.0
    """Seconds of sound lost in the last moments because this machine is too slow."""
    resumed: bool = False
    """The microphone came back a moment ago."""
    turns: tuple[Turn, ...] = ()
    """Who spoke when, since the program was started; past ones may still change."""
    overlaps: tuple[Span, ...] = ()
    """When two people spoke at once, as far as the model knows."""
    sides: tuple[str, ...] = ()
    """What the channels are called, where several are heard each by itself; none where they have only numbers."""
    pauses: tuple[Span, ...] = ()
    """When nothing was recognised because the window played something itself, on the turns' clock."""
    pausing: bool = False
    """Whether that is so now."""
    clock_s: float = 0.0
    """End of the sound heard, on the turns' clock."""
    notice: Notice | None = None
    fixed_people: bool = False
    """Whether the people are the demo's, who cannot be changed."""
    people_read: int = 0
    """How often the people were read: another number, and there may be something new about them."""
    deed: Deed | None = None
    """What would be undone; None if there is nothing."""
    owed: bool = False
    """Whether something that was deleted is not erased yet."""
    corrected: int = 0
    """Live turns that the user gave another name since they were saved last."""

    @property
    def running(self) -> bool:
        """Whether the user wants it to listen: the button says Stop."""
        return self.phase in (Phase.LOADING, Phase.LISTENING, Phase.NO_INPUT)


LASTING = ("people", "stale", "unbuilt", "offered", "model", "rule")
"""The facts that an activity learns and that still hold when it is over."""


class FactBoard:
    """``facts`` is replaced whole and may be read from any thread. The lock is held for the time of an assignment."""

    def __init__(self, facts: Facts):
        self.facts = self._idle = facts
        self._lock = threading.Lock()
        self._activity: object = None

    def begin(self, activity: object, phase: Phase | None = None) -> None:
        """From now on only this activity changes what goes on; ``phase`` is shown at once."""
        with self._lock:
            self._activity = activity
            if phase is not None:
                self.facts = replace(self._idle, phase=phase)

    def end(self) -> None:
        """Nothing goes on any more."""
        with self._lock:
            self._activity = None
            self.facts = replace(self._idle, phase=Phase.STOPPED)

    def update_from(self, activity: object, **changes: object) -> None:
        """Change the facts, unless another activity was begun since, or all was ended."""
        with self._lock:
            if activity is self._activity:
                self.facts = replace(self.facts, **changes)
                self._idle = replace(self._idle, **{name: getattr(self.facts, name) for name in LASTING})

    def update(self, **changes: object) -> None:
        """Change what stays true whatever goes on."""
        with self._lock:
            self.facts = replace(self.facts, **changes)
            self._idle = replace(self._idle, **changes)
