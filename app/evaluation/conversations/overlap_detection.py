"""How well the live engine tells that two people speak at once: made conversations and real meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.diarisation.recogniser import Recogniser
from app.diarisation.timeline import Turn
from app.embedding.encoder import Encoder
from app.evaluation.conversations.benchmark import enrol, play
from app.evaluation.conversations.live_metrics import GRID_S, grid
from app.evaluation.conversations.simulate import Conversation
from app.scoring.identification import Identification

ABOUT_S = 1.25
"""An answer is about the sound of so long before it: a second of speech, perhaps with a pause in it."""
STRETCH_S = 0.5
"""Shorter stretches with two voices are not asked for, and neither right nor wrong to tell of."""
LATE_S = 0.75
"""So long after its end a stretch may still be told of: it is then in the window."""


@dataclass(frozen=True)
class OverlapCounts:
    """Adds up over conversations."""

    told: int = 0
    """Answers that say so."""
    right: int = 0
    """Of them, those about sound in which two speak."""
    stretches: int = 0
    found: int = 0
    """Of the stretches of half a second and more, those that an answer told of."""
    heard_s: float = 0.0

    def __add__(self, other: OverlapCounts) -> OverlapCounts:
        return OverlapCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def precision(self) -> float:
        return self.right / self.told if self.told else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.stretches if self.stretches else 0.0

    def __str__(self) -> str:
        return (
            f"{self.right:5} of {self.told:<5} {self.precision:5.0%}  {self.found:5} of {self.stretches:<5}"
            f" {self.recall:5.0%}  {self.heard_s / 60:7.1f} min"
        )


def count_overlap(speech: Sequence[Turn], said: Sequence[Identification], length_s: float) -> OverlapCounts:
    """Answers against who spoke when (``speech``: without the longer pauses)."""
    people = sorted({turn.label for turn in speech})
    several = grid(speech, people, round(length_s / GRID_S)).sum(axis=0) > 1
    edges = np.flatnonzero(np.diff(several.astype(np.int8), prepend=0, append=0)).reshape(-1, 2) * GRID_S
    times = np.array([answer.time_s for answer in said if answer.overlap])
    right = sum(several[max(0, round((t - ABOUT_S) / GRID_S)) : round(t / GRID_S)].any() for t in times)
    asked = [(start, end) for start, end in edges if end - start >= STRETCH_S]
    found = sum(bool(np.any((times > start) & (times <= end + LATE_S))) for start, end in asked)
    return OverlapCounts(len(times), int(right), len(asked), found, length_s)


def measure_overlap(conversation: Conversation, encoder: Encoder) -> OverlapCounts:
    """The live engine, as it is, on one conversation."""
    said = play(conversation, Recogniser(encoder, enrol(conversation, encoder)))
    reference = conversation.reference
    return count_overlap(reference.speech, said, reference.length_s)
