"""Scores normalised against a cohort (AS-norm): the voices of people who are not in the trial."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.scoring.vectors import NotComparable, check_finite, check_unit, comparable_scores
from app.scoring.vectors import unit as unit  # most who score with a cohort want it, too
from app.threads import product

SMALLEST_COHORT = 50
"""Voices that a cohort needs: fewer say little about what non-target trials score."""


KNEE = 0.7
"""Normalised score above which the scale is bent towards 1; decisions are made below it."""


BLOCK = 4096
"""Number of embeddings whose statistics are found at once."""


class Statistics(NamedTuple):
    """What each of some embeddings scores with the cohort voices nearest to it."""

    means: np.ndarray
    """(n,) mean cosine."""
    deviations: np.ndarray
    """(n,) standard deviation of the cosine, above 0."""

    def at(self, index: np.ndarray | slice) -> Statistics:
        """The statistics of some of these embeddings, by their index (m,) or from one to another."""
        return Statistics(self.means[index], self.deviations[index])


class Cohort:
    """A set of other people's embeddings. Scores with them are non-target trials, against which scores are normalised.

    Adaptive symmetric score normalisation (AS-norm; Matejka et al. 2017, "Analysis of score normalization in
    multilingual speaker recognition"): each side of a trial is scored with the cohort voices nearest to it, their mean
    is subtracted from the trial's cosine, and the rest is divided by their deviation. The mean of both sides' results
    is the normalised score. Here it is put back on the scale of a cosine, with the mean and deviation that the cohort
    has within itself, so that a score means about the same with a cohort and without.
    """

    def __init__(self, vectors: np.ndarray, top: int = 50):
        """``vectors``: (k, D) of unit length, one embedding for each person, k at least 2; ``top``: how many of them
        count as the nearest, at most k - 1. Raises NotComparable for vectors that are not finite."""
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        if self.vectors.ndim != 2 or len(self.vectors) < 2 or top < 1:
            raise NotComparable("a cohort needs two voices or more.")
        check_unit(self.vectors)
        self.top = min(top, len(vectors) - 1)
        own = product(self.vectors, self.vectors.T)
        np.fill_diagonal(own, -1.0)  # a voice with itself is no non-target trial
        means, deviations = _of_nearest(own, self.top)
        self.mean, self.deviation = float(means.mean()), float(deviations.mean())
        check_finite("the cohort", self.mean, self.deviation)

    def __len__(self) -> int:
        return len(self.vectors)

    def statistics(self, embeddings: np.ndarray) -> Statistics:
        """The statistics of embeddings (n, D) of unit length."""
        blocks = [
            _of_nearest(product(embeddings[at : at + BLOCK], self.vectors.T), self.top)
            for at in range(0, max(1, len(embeddings)), BLOCK)
        ]
        return Statistics(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def normalise(self, cosines: np.ndarray, a: Statistics, b: Statistics) -> np.ndarray:
        """Scores (n, m), -1 to 1, of ``cosines`` (n, m) between embeddings with statistics ``a`` (n) and ``b`` (m)."""
        return self.normalise_pairs(cosines, Statistics(a.means[:, None], a.deviations[:, None]), b)

    def normalise_pairs(self, cosines: np.ndarray, a: Statistics, b: Statistics) -> np.ndarray:
        """Scores (n,), -1 to 1, of ``cosines`` (n,) of pairs of embeddings with statistics ``a`` (n) and ``b`` (n)."""
        seen = (cosines - a.means) / a.deviations + (cosines - b.means) / b.deviations
        scores = self.mean + self.deviation * seen / 2
        # Voices unlike the whole cohort go beyond what a cosine can be: above the knee the scale is bent, not cut off.
        bent = KNEE + (1 - KNEE) * np.tanh((scores - KNEE) / (1 - KNEE))
        return np.where(scores > KNEE, bent, np.maximum(scores, -1.0))


def _of_nearest(cosines: np.ndarray, top: int) -> Statistics:
    nearest = np.partition(cosines, -top, axis=1)[:, -top:]
    return Statistics(nearest.mean(axis=1), np.maximum(nearest.std(axis=1), 1e-4))


def similarities(a: np.ndarray, b: np.ndarray, cohort: Cohort | None = None) -> np.ndarray:
    """Scores (n, m), -1 to 1, of embeddings ``a`` (n, D) with ``b`` (m, D), all of unit length; -1 for those that are
    not finite."""
    with np.errstate(invalid="ignore"):
        scores = product(a, b.T)
        if cohort is not None:
            scores = cohort.normalise(scores, cohort.statistics(a), cohort.statistics(b))
        return comparable_scores(scores, a[:, None], b)
