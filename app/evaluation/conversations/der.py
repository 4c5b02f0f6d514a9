"""Who spoke when, in the end: the diarisation error rate, and how well unknown voices are kept apart.

An enrolled person's name stands for that person, as in the identification error rate. What an unknown label stands for
is open: each is matched with one stranger, and each stranger with one label, in the way that is best for the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.diarisation.timeline import Turn
from app.evaluation.conversations.reference import COLLAR_S, GRID_S, Reference, near_boundaries, speaker_activity
from app.scoring.identification import is_numbered, is_unknown

SHORTEST_VOICE_S = 1.0
"""The least speech that makes a stranger who is to be found, and an unknown voice that counts as one."""


@dataclass(frozen=True)
class DiarisationErrors:
    """Seconds of speakers' time, in which two at once count twice; they add up over conversations."""

    total_s: float = 0.0
    """Speakers' time in the reference."""
    missed_s: float = 0.0
    """Speakers' time without a label."""
    false_alarm_s: float = 0.0
    """Labels' time without a speaker."""
    confusion_s: float = 0.0
    """Speakers' time under a label that is not theirs."""

    def __add__(self, other: DiarisationErrors) -> DiarisationErrors:
        return DiarisationErrors(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def rate(self) -> float:
        """DER: all errors by the speakers' time; may exceed 1."""
        return sum(self.components.values())

    @property
    def components(self) -> dict[str, float]:
        """The three kinds of error by the speakers' time."""
        whole = self.total_s or np.inf
        return {
            "missed": self.missed_s / whole,
            "false_alarm": self.false_alarm_s / whole,
            "confusion": self.confusion_s / whole,
        }


@dataclass(frozen=True)
class UnknownVoiceCounts:
    """How strangers and unknown voices ("Unknown 1" ...) belong together; seconds add up over conversations."""

    grouped_s: float = 0.0
    """Speech under labels of unknown voices."""
    pure_s: float = 0.0
    """Part of ``grouped_s`` that is of each label's main speaker, whoever that is."""
    stranger_s: float = 0.0
    """Strangers' speech."""
    covered_s: float = 0.0
    """Part of ``stranger_s`` under each stranger's main label of an unknown voice."""
    found: int = 0
    """Unknown voices of a second or more."""
    strangers: int = 0
    """Strangers of a second or more."""
    conversations: int = 0
    """How many conversations were counted."""

    def __add__(self, other: UnknownVoiceCounts) -> UnknownVoiceCounts:
        return UnknownVoiceCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def purity(self) -> float | None:
        """Part of the grouped speech that is of its label's main speaker; None if no voice was numbered."""
        return self.pure_s / self.grouped_s if self.grouped_s else None

    @property
    def coverage(self) -> float | None:
        """Part of the strangers' speech under their main labels; None without strangers."""
        return self.covered_s / self.stranger_s if self.stranger_s else None


def diarisation_errors(
    reference: Reference, hypothesis: Sequence[Turn], collar_s: float = COLLAR_S
) -> DiarisationErrors:
    """The errors of final turns, as NIST's md-eval counts them (RT-09 plan).

    Overlapped speech counts; moments nearer than the collar to a start or an end of the reference's speech do not.
    """
    steps = reference.steps
    people, labels = sorted({turn.label for turn in reference.speech}), sorted({turn.label for turn in hypothesis})
    counted = ~near_boundaries(reference.speech, steps, collar_s)
    speakers = speaker_activity(reference.speech, people, steps)[:, counted]
    given = speaker_activity(hypothesis, labels, steps)[:, counted]
    correct = np.zeros(speakers.shape[1], int)
    for person, label in match_labels(people, labels, cooccurrence(speakers, given), reference.enrolled):
        correct += speakers[person] & given[label]
    wanted, found = speakers.sum(axis=0), given.sum(axis=0)
    return DiarisationErrors(
        total_s=_seconds(wanted.sum()),
        missed_s=_seconds(np.maximum(wanted - found, 0).sum()),
        false_alarm_s=_seconds(np.maximum(found - wanted, 0).sum()),
        confusion_s=_seconds((np.minimum(wanted, found) - correct).sum()),
    )


def match_labels(
    people: Sequence[str], labels: Sequence[str], shared: np.ndarray, enrolled: Sequence[str]
) -> list[tuple[int, int]]:
    """(person, label) pairs: names with their owners, unknown labels with strangers so that most time is right.

    ``shared`` (people, labels): time that each has with each.
    """
    pairs = [(i, labels.index(name)) for i, name in enumerate(people) if name in enrolled and name in labels]
    strangers = [i for i, name in enumerate(people) if name not in enrolled]
    unknown = [j for j, label in enumerate(labels) if is_unknown(label)]
    rows, columns = linear_sum_assignment(-shared[np.ix_(strangers, unknown)])
    return pairs + [(strangers[i], unknown[j]) for i, j in zip(rows, columns, strict=True)]


def count_unknown_voices(reference: Reference, hypothesis: Sequence[Turn]) -> UnknownVoiceCounts:
    """How the unknown voices of final turns fit the strangers; a plain "unknown" keeps nobody apart."""
    steps = reference.steps
    people = sorted({turn.label for turn in reference.speech})
    labels = sorted({turn.label for turn in hypothesis if is_numbered(turn.label)})
    speakers, given = speaker_activity(reference.speech, people, steps), speaker_activity(hypothesis, labels, steps)
    given_s = _seconds(given.sum(axis=1))
    alone = speakers.sum(axis=0) == 1
    speakers, given = speakers[:, alone], given[:, alone]
    shared = cooccurrence(speakers, given)
    strange = np.array([name not in reference.enrolled for name in people], bool)
    stranger_s = _seconds(speakers[strange].sum(axis=1))
    return UnknownVoiceCounts(
        grouped_s=float(_seconds(shared.sum())),
        pure_s=float(_seconds(shared.max(axis=0, initial=0).sum())),
        stranger_s=float(stranger_s.sum()),
        covered_s=float(_seconds(shared[strange].max(axis=1, initial=0).sum())),
        found=int(np.sum(given_s >= SHORTEST_VOICE_S)),
        strangers=int(np.sum(stranger_s >= SHORTEST_VOICE_S)),
        conversations=1,
    )


def cooccurrence(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m): steps in which row i of ``a`` (n, steps) and row j of ``b`` (m, steps) are both true."""
    return a.astype(np.float64) @ b.astype(np.float64).T


def _seconds(steps):
    return steps * GRID_S
