"""One hypothesis of the forward filter: the present turn began at a certain onset. Its algebra, and the turn's pooled
embedding.

All weights and chances are natural logarithms. In the terms of Yu 2010 ("Hidden semi-Markov models", Artificial
Intelligence 174), a state is a speaker, a segment is a turn, and an onset is where a segment begins.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from app.scoring.labels import UNKNOWN, Label


@dataclass(frozen=True)
class PooledEmbedding:
    """The embedding of a turn, as it was after ``heard`` chunks of speech."""

    heard: int
    newest: np.ndarray
    """(D,) embedding of the newest window, times the window's seconds."""
    newest_s: float
    """Seconds of the newest window."""
    total: np.ndarray
    """(D,) sum of ``newest`` and of that of the window before it."""
    total_s: float
    """Seconds of speech behind ``total``."""
    log_odds: dict[Label, float] = field(default_factory=dict)
    """Label -> log odds of the whole turn until then."""


class OnsetHypothesis:
    """The present turn began at this onset. Holds what was heard before it in sum, and the turn's speech since."""

    max_pooled = 200
    """Pooled embeddings that are remembered, the newest ones."""

    def __init__(
        self,
        onset: int,
        log_alpha_before: dict[Label, float],
        backpointers: dict[Label, tuple[float, OnsetHypothesis]],
        since_onset_s: float = 0.0,
    ):
        self.onset = onset
        """Chunks of speech before the turn."""
        self.log_alpha_before = log_alpha_before
        """Label of the speaker of the turn before -> log weight of all that was heard until the onset."""
        self.log_evidence = log_sum(log_alpha_before.values())
        """Log weight of all that was heard until the onset, whoever spoke last."""
        self.backpointers = backpointers
        """Label of the speaker of the turn before -> (log weight of the most likely turns until the onset, the
        hypothesis of the last of these turns)."""
        self.since_onset_s = since_onset_s
        """Seconds of speech between the onset before this one and this one."""
        self.log_change = 0.0
        """Log chance that another speaker begins at the onset."""
        self.log_continue = -math.inf
        """Log chance that a turn which is committed goes on after the onset."""
        self.log_return_bonus = 0.0
        """Log odds by which whoever spoke before is likelier to go on than anybody else is to begin."""
        self.log_survival = 0.0
        """Log chance that no other turn has begun since the onset."""
        self.may_split = False
        """Whether a turn that goes on may be taken as two at the onset: there was a pause."""
        self.pooled: list[PooledEmbedding] = []
        """The turn's embedding as it was after each update, in order of time."""
        self.log_odds: dict[Label, float] = {}
        """Label -> log odds that the turn is this speaker's, against a voice never heard."""
        self.scores: dict[str, float] = {}
        """Enrolled name -> score of the turn."""
        self.by_voiceprint: dict[str, float] = {}
        """Enrolled name -> score of the turn with the voiceprint alone."""

    def pool(self, heard: int, window: np.ndarray, chunks: int, seconds: float) -> None:
        """Take in the embedding (D,) of the newest ``chunks``, which last ``seconds``; ``heard``: chunks so far."""
        newest = total = window * seconds
        total_s = seconds
        before = bisect_right(self.pooled, heard - chunks, key=lambda row: row.heard)
        if before:
            total = newest + self.pooled[before - 1].newest
            total_s = seconds + self.pooled[before - 1].newest_s
        self.pooled.append(PooledEmbedding(heard, newest, seconds, total, total_s))
        del self.pooled[: -self.max_pooled]

    def observe(self, log_odds: dict[Label, float], scores: dict[str, float], before: int) -> None:
        """Take in the log odds and scores of the pooled embedding.

        The log odds of the turn's speech until the chunk ``before`` are added, for the pooled embedding no longer holds
        that speech: else a long turn would be less likely than many short ones.
        """
        earlier = self.pooled_at(before)
        self.scores = scores
        self.log_odds = (
            {label: value + earlier.log_odds.get(label, 0.0) for label, value in log_odds.items()}
            if earlier
            else log_odds
        )
        self.pooled[-1].log_odds.update(self.log_odds)

    def pooled_at(self, heard: int) -> PooledEmbedding | None:
        """The turn's embedding after ``heard`` chunks; None if the turn had too little speech then."""
        at = bisect_right(self.pooled, heard, key=lambda row: row.heard)
        return self.pooled[at - 1] if at else None

    def log_alpha(self, label: Label) -> float:
        """The forward variable: log weight of all that was heard, if the turn of this onset still goes on and is the
        speaker's. All sequences of turns before the onset are summed."""
        own, others, bonus = self.log_alpha_before.get(label, -math.inf), self.log_evidence, self.log_return_bonus
        if label == UNKNOWN:  # one stranger may follow another
            bonus = 0.0
        elif own > -math.inf:  # nobody follows himself
            others += math.log(max(-math.expm1(min(own - others, 0.0)), 1e-12))
        begun = log_add(others + self.log_change, own + self.log_continue + bonus)
        return begun + self.log_survival + self.log_odds.get(label, -math.inf)

    def viterbi(self, label: Label) -> tuple[float, tuple[Label, OnsetHypothesis] | None]:
        """(log weight of the most likely turns until now if the turn of this onset still goes on and is the speaker's,
        the turn before it as (label, hypothesis), or None if there was none)."""
        if not self.backpointers:
            return self.log_alpha(label), None
        best, before = -math.inf, None
        for who, (weight, hypothesis) in self.backpointers.items():
            if who != label:
                weight += self.log_change
            elif who == UNKNOWN:
                weight += max(self.log_change, self.log_continue)
            else:
                weight += self.log_continue + self.log_return_bonus
            if weight > best or before is None:
                best, before = weight, (who, hypothesis)
        return best + self.log_survival + self.log_odds.get(label, -math.inf), before

    def rename(self, old: Label, new: Label) -> None:
        """Replace a label by another wherever it stands."""
        for table in (self.log_alpha_before, self.backpointers, self.log_odds):
            if old in table:
                table[new] = table.pop(old)


def log_add(a: float, b: float) -> float:
    """log(exp(a) + exp(b)), exact for values far from 0; minus infinity counts as nothing."""
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


def log_sum(values: Iterable[float]) -> float:
    """log(sum(exp(values))), exact for values far from 0; minus infinity for none."""
    values = list(values)
    most = max(values, default=-math.inf)
    return most if most == -math.inf else most + math.log(sum(math.exp(value - most) for value in values))
