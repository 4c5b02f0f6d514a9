"""A place where the present turn may have begun: the algebra of the forward filter in ``tracker.py``.

All weights and chances are natural logarithms.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from app.scoring.identification import UNKNOWN


@dataclass(frozen=True)
class Pooled:
    """The voice of a turn, as it was when ``heard`` chunks had been heard."""

    heard: int
    newest: np.ndarray
    """(D,) of the newest window, times its seconds."""
    newest_s: float
    total: np.ndarray
    """(D,) with that of the window before it."""
    total_s: float
    odds: dict[str, float] = field(default_factory=dict)
    """What all of the turn said until then."""


class OnsetHypothesis:
    """A place where the present turn may have begun, and what was heard since."""

    most_pooled = 200
    """Earlier points at which the voice is remembered."""

    def __init__(
        self, at: int, before: dict[str, float], ways: dict[str, tuple[float, OnsetHypothesis]], after_s: float = 0.0
    ):
        self.at = at
        """Chunks of speech before it."""
        self.before = before
        """Who spoke last before it -> weight of all that was heard until then."""
        self.everything = log_sum(before.values())
        self.ways = ways
        """Who spoke last before it -> (weight of the most likely turns until then, the start of the last of them)."""
        self.after_s = after_s
        """Speech since the last place where a turn may have begun."""
        self.change = 0.0
        """Chance that another voice begins here."""
        self.same = -math.inf
        """Chance that a turn which counts as over goes on here."""
        self.again = 0.0
        """By how much the odds of whoever spoke before are better than those of anybody else."""
        self.stay = 0.0
        """Chance that no other turn has begun since."""
        self.kept = False
        """Whether a turn that goes on may be taken as two here: there was a pause."""
        self.pooled: list[Pooled] = []
        self.odds: dict[str, float] = {}
        """Whose the turn may be -> log odds against a voice never heard."""
        self.scores: dict[str, float] = {}

    def pool(self, heard: int, window: np.ndarray, chunks: int, seconds: float) -> None:
        """Take in the embedding (D,) of the newest ``chunks``, which last ``seconds``; ``heard``: chunks so far."""
        newest = total = window * seconds
        total_s = seconds
        before = bisect_right(self.pooled, heard - chunks, key=lambda row: row.heard)
        if before:
            total = newest + self.pooled[before - 1].newest
            total_s = seconds + self.pooled[before - 1].newest_s
        self.pooled.append(Pooled(heard, newest, seconds, total, total_s))
        del self.pooled[: -self.most_pooled]

    def judge(self, odds: dict[str, float], scores: dict[str, float], before: int) -> None:
        """Take in what the pooled voice says. To it is added what was said until the chunk ``before``, if that is not
        in it any more: else a long turn would be less likely than many short ones."""
        earlier = self.pooled_at(before)
        self.scores = scores
        self.odds = {label: value + earlier.odds.get(label, 0.0) for label, value in odds.items()} if earlier else odds
        self.pooled[-1].odds.update(self.odds)

    def pooled_at(self, heard: int) -> Pooled | None:
        """Its voice as it was then; None if there was too little speech."""
        at = bisect_right(self.pooled, heard, key=lambda row: row.heard)
        return self.pooled[at - 1] if at else None

    def weight(self, label: str) -> float:
        """Of: the turn that began here still goes on, and is ``label``'s; whatever was before."""
        own, other, again = self.before.get(label, -math.inf), self.everything, self.again
        if label == UNKNOWN:  # one stranger may follow another
            again = 0.0
        elif own > -math.inf:  # nobody follows himself
            other += math.log(max(-math.expm1(min(own - other, 0.0)), 1e-12))
        return log_sum((other + self.change, own + self.same + again)) + self.stay + self.odds.get(label, -math.inf)

    def best_way(self, label: str) -> tuple[float, tuple[str, OnsetHypothesis] | None]:
        """Weight of the most likely turns until now, if the last began here and is ``label``'s; and the one before it:
        whose, and its start, None if there was none."""
        if not self.ways:
            return self.weight(label), None
        best, before = -math.inf, None
        for who, (weight, start) in self.ways.items():
            if who != label:
                weight += self.change
            elif who == UNKNOWN:
                weight += max(self.change, self.same)
            else:
                weight += self.same + self.again
            if weight > best or before is None:
                best, before = weight, (who, start)
        return best + self.stay + self.odds.get(label, -math.inf), before

    def rename(self, old: str, new: str) -> None:
        """A label has become another."""
        for table in (self.before, self.ways, self.odds):
            if old in table:
                table[new] = table.pop(old)


def log_sum(values: Iterable[float]) -> float:
    """log(sum(exp(values))), exact for values far from 0; minus infinity for none."""
    values = list(values)
    most = max(values, default=-math.inf)
    return most if most == -math.inf else most + math.log(sum(math.exp(value - most) for value in values))
