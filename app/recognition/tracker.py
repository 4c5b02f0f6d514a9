"""Evidence over time: keeps a turn together, lets a change of voice through, and never counts sound twice.

A *turn* is speech without a long pause and without a change of voice. Its embeddings are pooled, each weighted by the
new speech behind it (windows overlap: they are not independent votes), so the longer a turn, the surer the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.recognition.decision import DecisionRule, decide
from app.recognition.identification import UNKNOWN
from app.recognition.scoring import Gallery, best, unit


@dataclass(frozen=True)
class TrackerConfig:
    pause_s: float = 0.3
    """Silence after which the next speech is a new turn, perhaps of somebody else."""
    hold_s: float = 0.5
    """Silence for which the label stays on the screen, so that it does not flicker with every breath."""
    resume_s: float = 1.5
    """Silence after which a new turn is no longer taken to continue the one before until it is heard otherwise."""
    link_cosine: float = 0.5
    """From this cosine on to the turn before, the first speech of a new turn is the same voice: evidence is kept."""
    settle_s: float = 1.0
    """Speech before which a voice is not called unknown: short speech scores lower than it deserves."""
    scores: int = 100
    """Of so many people scores are told, those with the highest: a gallery may hold a hundred thousand."""
    change_cosine: float = 0.42
    """Below this cosine to the turn so far, the newest speech is another voice's ..."""
    change_hops: int = 2
    """... if so many hops in a row say so."""


@dataclass(frozen=True)
class TrackerState:
    """What is known of the present turn."""

    label: str | None = None
    speaker: str | None = None
    confidence: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    threshold: float | None = None
    """The cosine that a name needs with so much speech; None when nothing is known."""
    reason: str = ""
    embedding: np.ndarray | None = None
    """(D,) unit length: the turn's voice, or None when nothing is known of it."""
    speech_s: float = 0.0


class Tracker:
    """One turn at a time: ``begin`` it, ``hear`` speech or silence, ``add`` embeddings, and ask for its ``state``."""

    def __init__(self, gallery: Gallery, rule: DecisionRule, config: TrackerConfig = TrackerConfig()):
        self.gallery, self.rule, self.config = gallery, rule, config
        self._silence_s = np.inf
        self._sum: np.ndarray | None = None
        self._speech_s = 0.0
        self._before: tuple[np.ndarray, float] | None = None  # voice of the turn before and seconds of speech behind it
        self.begin(0.0)

    def begin(self, start_s: float, *, other_voice: bool = False) -> None:
        """A new turn; until something is known of it, it may continue the one before, but for ``other_voice``."""
        follows = self._silence_s < self.config.resume_s and not other_voice
        self._before = (self._pool(), self._speech_s) if follows and self._sum is not None else None
        self.start_s = self.end_s = start_s
        """Of the turn's speech so far, in seconds of the source's clock."""
        self._sum, self._speech_s = None, 0.0
        self._unlike = 0  # hops in a row that did not sound like the turn

    @property
    def between_turns(self) -> bool:
        """Whether the last turn is over and the next speech will be a new one."""
        return self._silence_s >= self.config.pause_s

    def hear(self, seconds: float, *, speech: bool, end_s: float) -> None:
        """Time passes, with speech or without."""
        self._silence_s = 0.0 if speech else self._silence_s + seconds
        if speech:
            self.end_s = end_s

    def is_another_voice(self, newest: np.ndarray) -> bool:
        """Whether the embedding (D,) of the newest speech, like those before it, is unlike the turn so far."""
        if self._sum is None or self._speech_s < self.config.settle_s:
            return False
        unlike = float(unit(self._sum) @ newest) < self.config.change_cosine
        self._unlike = self._unlike + 1 if unlike else 0
        return self._unlike >= self.config.change_hops

    def add(self, embedding: np.ndarray, speech_s: float, new_speech_s: float) -> None:
        """Take in an embedding (D,) of the turn's newest ``speech_s``, ``new_speech_s`` of which are new."""
        if self._sum is None or speech_s >= self._speech_s + new_speech_s - 1e-6:
            self._sum = embedding * speech_s  # it is made of all of the turn: better than what shorter windows said
        else:
            self._sum = self._sum + embedding * new_speech_s
        self._speech_s += new_speech_s
        if self._before and float(self._before[0] @ unit(self._sum)) < self.config.link_cosine:
            self._before = None

    def _pool(self) -> np.ndarray:
        """The turn's voice (D,), of unit length, together with that of the turn before as long as it is the same."""
        if self._before is None:
            return unit(self._sum).astype(np.float32)
        voice, seconds = self._before
        return unit(voice * seconds + (0 if self._sum is None else self._sum)).astype(np.float32)

    def state(self) -> TrackerState:
        """The present turn as evidence stands, even if silence has begun."""
        if self._sum is None and self._before is None:
            return TrackerState()
        voice = self._pool()
        speech_s = self._speech_s + (self._before[1] if self._before else 0.0)
        scores = best(voice, self.gallery, self.config.scores)
        rule = self.rule.at(speech_s)
        said = decide(scores, rule)
        label = said.speaker or (UNKNOWN if speech_s >= self.config.settle_s else None)
        return TrackerState(
            label=label,
            speaker=said.speaker,
            confidence=said.confidence if label else 0.0,
            scores=scores,
            threshold=rule.threshold,
            reason="" if said.speaker else said.reason,
            embedding=voice,
            speech_s=speech_s,
        )

    @property
    def on_screen(self) -> bool:
        """Whether the turn is still shown: it is for a moment after its last speech."""
        return self._silence_s < self.config.hold_s
