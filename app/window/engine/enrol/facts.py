"""How an enrolment in the window stands, as its dialog shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.audio.level import FLOOR_DB
from app.enrolment.prompts import Prompt
from app.enrolment.quality import Problem, Quality
from app.enrolment.take import Reading, TakeRule

SPEECH_S = TakeRule.speech_s
"""Speech that each sample holds."""
SAMPLES = 3
"""Recordings that make a person known well: one for each position."""


class Step(Enum):
    PREPARING = "preparing"
    """The model and the microphone."""
    READY = "ready"
    """The level is shown; the person may start."""
    POSITION = "position"
    """Where to be for the next sentence, and time to go there."""
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    CHECKING = "checking"
    KEPT = "kept"
    """A sentence was good: a moment to breathe."""
    TWICE = "twice"
    """The voice has a name already: the person says whose it is."""
    BUILDING = "building"
    DONE = "done"
    """The person is enrolled; what is said now lights the name up."""
    FAILED = "failed"


@dataclass(frozen=True)
class Pace:
    """How long the person is given between sentences. All in seconds."""

    kept_s: float = 1.2
    """For the tick."""
    position_s: float = 2.0
    """To read where to be, and to go there."""
    again_s: float = 4.0
    """The same where something was wrong: it is read, too."""
    count_s: float = 0.9
    """For each of 3, 2, 1."""


@dataclass(frozen=True)
class EnrolFacts:
    """How an enrolment stands; replaced whole."""

    name: str
    step: Step = Step.PREPARING
    prompt: Prompt | None = None
    number: int = 1
    samples: int = SAMPLES
    kept: int = 0
    earlier: int = 0
    """Recordings of the person from before this enrolment."""
    count: int = 0
    """What is counted down to the reading: 3, 2, 1."""
    quality: Quality = Quality()
    reading: Reading = Reading.WAITING
    level_db: float = FLOOR_DB
    message: str = ""
    """The microphone's own message: lost, muted."""
    problems: tuple[Problem, ...] = ()
    """Problems of this recording so far, or of the last one if it is asked for again."""
    again: bool = False
    """The last recording was not good enough."""
    unheard: bool = False
    """Nothing at all was said; the person starts again when ready."""
    twice: str = ""
    """Who has this voice already."""
    error: str = ""
    speech_s: float = 0.0
    """Seconds of speech kept in this session."""
    warnings: tuple[str, ...] = ()
    """What is doubtful about the finished voiceprint."""
    heard: str | None = None
    """After it: whose name is shown for what is said now."""

    @property
    def share(self) -> float:
        """How much of this sample's speech is there, 0 to 1."""
        return min(1.0, self.quality.speech_s / SPEECH_S)

    @property
    def known_by(self) -> int:
        """Recordings that the person has in all."""
        return self.earlier + self.kept
