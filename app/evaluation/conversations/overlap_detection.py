"""How well the live engine finds that two people speak at once: simulated conversations and real meetings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.corpus.clips import Clip
from app.diarisation.recogniser import Recogniser
from app.diarisation.timeline import Turn
from app.embedding.encoder import Encoder
from app.evaluation.conversations.benchmark import enrol, play
from app.evaluation.conversations.plan import Condition
from app.evaluation.conversations.reference import GRID_S, speaker_activity
from app.evaluation.conversations.simulate import Conversation, ConversationConfig, build_conversation
from app.scoring.identification import Identification

WINDOW_S = 1.25
"""The sound before an answer that it is about: a second of speech, perhaps with a pause in it."""
SHORTEST_S = 0.5
"""The shortest stretch with two voices that has to be found."""
LATEST_S = 0.75
"""How long after its end a stretch may still be reported: it is then in the window."""


@dataclass(frozen=True)
class OverlapCounts:
    """Answers and stretches of overlapped speech; counts add up over conversations."""

    reported: int = 0
    """Answers that report two voices at once."""
    right: int = 0
    """Those of the reports that are about sound in which two speak."""
    stretches: int = 0
    """Stretches of half a second and more in which two speak."""
    found: int = 0
    """Those of the stretches that an answer reported."""
    length_s: float = 0.0
    """Length of the conversations."""

    def __add__(self, other: OverlapCounts) -> OverlapCounts:
        return OverlapCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def precision(self) -> float:
        """Part of the reports that are right; 0 without any."""
        return self.right / self.reported if self.reported else 0.0

    @property
    def recall(self) -> float:
        """Part of the stretches that were found; 0 without any."""
        return self.found / self.stretches if self.stretches else 0.0

    def __str__(self) -> str:
        return (
            f"{self.right:5} of {self.reported:<5} {self.precision:5.0%}  {self.found:5} of {self.stretches:<5}"
            f" {self.recall:5.0%}  {self.length_s / 60:7.1f} min"
        )


def count_overlap(speech: Sequence[Turn], answers: Sequence[Identification], length_s: float) -> OverlapCounts:
    """Live answers against who spoke when (``speech``: without the longer pauses)."""
    people = sorted({turn.label for turn in speech})
    several = speaker_activity(speech, people, round(length_s / GRID_S)).sum(axis=0) > 1
    edges = np.flatnonzero(np.diff(several.astype(np.int8), prepend=0, append=0)).reshape(-1, 2) * GRID_S
    times = np.array([answer.time_s for answer in answers if answer.overlap])
    right = sum(several[max(0, round((t - WINDOW_S) / GRID_S)) : round(t / GRID_S)].any() for t in times)
    stretches = [(start, end) for start, end in edges if end - start >= SHORTEST_S]
    found = sum(bool(np.any((times > start) & (times <= end + LATEST_S))) for start, end in stretches)
    return OverlapCounts(len(times), int(right), len(stretches), found, length_s)


def measure_overlap(conversation: Conversation, encoder: Encoder) -> OverlapCounts:
    """Counts of the live engine, as it is, on one conversation."""
    answers = play(conversation, Recogniser(encoder, enrol(conversation, encoder)))
    reference = conversation.reference
    return count_overlap(reference.speech, answers, reference.length_s)


def simulated_overlap(
    clips: Sequence[Clip], condition: Condition, seeds: Iterable[int], encoder: Encoder
) -> OverlapCounts:
    """Counts of the live engine over simulated conversations, one for each seed. Raises BadInput for too few people."""
    configs = [ConversationConfig(seed=seed, snr_db=condition.snr_db, rt60_s=condition.rt60_s) for seed in seeds]
    return sum((measure_overlap(build_conversation(clips, config), encoder) for config in configs), OverlapCounts())
