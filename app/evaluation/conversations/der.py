"""Who spoke when, in the end: the diarisation error rate, and how well unknown voices are kept apart.

An enrolled person's name stands for that person. What an unknown label stands for is not known: each is matched with
one stranger, and each stranger with one label, in the way that is best for the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.diarisation.timeline import Turn
from app.evaluation.conversations.live_metrics import COLLAR_S, GRID_S, Reference, grid, near_borders
from app.scoring.identification import is_numbered, is_unknown

SHORTEST_VOICE_S = 1.0
"""Less speech makes neither a stranger that is to be found nor an unknown voice that counts as one."""


@dataclass(frozen=True)
class DiarisationCounts:
    """Seconds of speakers' time, in which two at once count twice; they add up over conversations."""

    speech_s: float = 0.0
    missed_s: float = 0.0
    false_alarm_s: float = 0.0
    confused_s: float = 0.0

    def __add__(self, other: DiarisationCounts) -> DiarisationCounts:
        return DiarisationCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def rate(self) -> float:
        """DER: all errors by the speech; may exceed 1."""
        return sum(self.parts.values())

    @property
    def parts(self) -> dict[str, float]:
        """The three kinds of error by the speech."""
        whole = self.speech_s or np.inf
        return {
            "missed": self.missed_s / whole,
            "false_alarm": self.false_alarm_s / whole,
            "confusion": self.confused_s / whole,
        }


@dataclass(frozen=True)
class UnknownCounts:
    """How strangers and unknown voices ("Unknown 1" ...) belong together; seconds add up over conversations."""

    grouped_s: float = 0.0
    """Speech under labels of unknown voices."""
    pure_s: float = 0.0
    """Of it, that of each label's main speaker, whoever that is."""
    stranger_s: float = 0.0
    """Strangers' speech."""
    covered_s: float = 0.0
    """Of it, what is under each stranger's main label of an unknown voice."""
    found: int = 0
    """Unknown voices of a second or more."""
    strangers: int = 0
    """Strangers of a second or more."""
    conversations: int = 0

    def __add__(self, other: UnknownCounts) -> UnknownCounts:
        return UnknownCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def purity(self) -> float | None:
        """None if no unknown voice was told from another."""
        return self.pure_s / self.grouped_s if self.grouped_s else None

    @property
    def coverage(self) -> float | None:
        """None without strangers."""
        return self.covered_s / self.stranger_s if self.stranger_s else None


def count_diarisation(
    reference: Reference, hypothesis: Sequence[Turn], collar_s: float = COLLAR_S
) -> DiarisationCounts:
    """The errors of final turns, as NIST's md-eval counts them (RT-09 plan): overlapped speech counts, moments nearer
    than the collar to a border of the reference's speech do not."""
    steps = reference.steps
    people, labels = sorted({turn.label for turn in reference.speech}), sorted({turn.label for turn in hypothesis})
    counted = ~near_borders(reference.speech, steps, collar_s)
    speakers, given = grid(reference.speech, people, steps)[:, counted], grid(hypothesis, labels, steps)[:, counted]
    right = np.zeros(speakers.shape[1], int)
    for person, label in match(people, labels, together(speakers, given), reference.enrolled):
        right += speakers[person] & given[label]
    there, said = speakers.sum(axis=0), given.sum(axis=0)
    return DiarisationCounts(
        speech_s=_seconds(there.sum()),
        missed_s=_seconds(np.maximum(there - said, 0).sum()),
        false_alarm_s=_seconds(np.maximum(said - there, 0).sum()),
        confused_s=_seconds((np.minimum(there, said) - right).sum()),
    )


def match(
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


def count_unknown(reference: Reference, hypothesis: Sequence[Turn]) -> UnknownCounts:
    """How the unknown voices of final turns fit the strangers; a plain "unknown" tells nobody from anybody."""
    steps = reference.steps
    people = sorted({turn.label for turn in reference.speech})
    labels = sorted({turn.label for turn in hypothesis if is_numbered(turn.label)})
    speakers, given = grid(reference.speech, people, steps), grid(hypothesis, labels, steps)
    alone = speakers.sum(axis=0) == 1
    speakers, given = speakers[:, alone], given[:, alone]
    shared = together(speakers, given)
    strange = np.array([name not in reference.enrolled for name in people], bool)
    heard_s = _seconds(speakers[strange].sum(axis=1))
    return UnknownCounts(
        grouped_s=float(_seconds(shared.sum())),
        pure_s=float(_seconds(shared.max(axis=0, initial=0).sum())),
        stranger_s=float(heard_s.sum()),
        covered_s=float(_seconds(shared[strange].max(axis=1, initial=0).sum())),
        found=int(np.sum(_seconds(grid(hypothesis, labels, steps).sum(axis=1)) >= SHORTEST_VOICE_S)),
        strangers=int(np.sum(heard_s >= SHORTEST_VOICE_S)),
        conversations=1,
    )


def together(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m): steps in which row i of ``a`` (n, steps) and row j of ``b`` (m, steps) are both true."""
    return a.astype(np.float64) @ b.astype(np.float64).T


def _seconds(steps):
    return steps * GRID_S
