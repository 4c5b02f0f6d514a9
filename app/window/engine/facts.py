"""What the window learns from the engine's thread: one immutable object, replaced whole whenever something changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.audio.source import SourceStatus
from app.diarisation.timeline import Turn
from app.scoring.decision import DecisionRule
from app.scoring.identification import Identification
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
    download: tuple[int, int] | None = None
    """Bytes so far and in all, while a model is downloaded."""
    model: str = ""
    people: tuple[str, ...] | None = None
    """Everybody enrolled; None while that is not known."""
    stale: tuple[str, ...] = ()
    """People whose voiceprints are another model's."""
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
    clock_s: float = 0.0
    """End of the sound heard, on the turns' clock."""
    notice: Notice | None = None
    fixed_people: bool = False
    """Whether the people are the demo's, who cannot be changed."""

    @property
    def running(self) -> bool:
        """Whether the user wants it to listen: the button says Stop."""
        return self.phase in (Phase.LOADING, Phase.LISTENING, Phase.NO_INPUT)
