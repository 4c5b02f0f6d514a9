"""Scores normalised against a cohort of strangers (AS-norm)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SMALLEST_COHORT = 50
"""Fewer voices than this say little about how a stranger's voice scores."""


KNEE = 0.7
"""Normalised scores above this are bent towards 1; decisions are made below it."""


BLOCK = 4096
"""Voices whose statistics are found at once."""


class Statistics(NamedTuple):
    """How high the nearest strangers score against each of some voices."""

    means: np.ndarray
    """(n,)"""
    deviations: np.ndarray
    """(n,), above 0."""

    def at(self, index: np.ndarray) -> Statistics:
        """Of the voices ``index`` (m,) of these."""
        return Statistics(self.means[index], self.deviations[index])


class Cohort:
    """Voices of people who are nobody's friend: what a stranger scores, against which scores are normalised.

    Adaptive symmetric normalisation (AS-norm; Matejka et al. 2017): from a cosine, the mean that the nearest cohort
    voices score is taken and the rest divided by their deviation, once seen from either side, and the mean of the two
    results is the score. Here it is then put back on the scale of a cosine with the mean and deviation that the
    cohort has within itself, so that a score means about the same with a cohort and without.
    """

    def __init__(self, vectors: np.ndarray, top: int = 50):
        """``vectors``: (k, D) of unit length, one for each person; ``top``: how many of them are the nearest."""
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        self.top = min(top, len(vectors) - 1)
        own = self.vectors @ self.vectors.T
        np.fill_diagonal(own, -1.0)  # nobody is a stranger to himself
        means, deviations = _of_nearest(own, self.top)
        self.mean, self.deviation = float(means.mean()), float(deviations.mean())

    def __len__(self) -> int:
        return len(self.vectors)

    def statistics(self, voices: np.ndarray) -> Statistics:
        """Of voices (n, D) of unit length."""
        blocks = [
            _of_nearest(voices[at : at + BLOCK] @ self.vectors.T, self.top)
            for at in range(0, max(1, len(voices)), BLOCK)
        ]
        return Statistics(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def normalise(self, cosines: np.ndarray, a: Statistics, b: Statistics) -> np.ndarray:
        """Scores (n, m), -1 to 1, of the ``cosines`` (n, m) of voices with statistics ``a`` (n) and ``b`` (m)."""
        return self.normalise_pairs(cosines, Statistics(a.means[:, None], a.deviations[:, None]), b)

    def normalise_pairs(self, cosines: np.ndarray, a: Statistics, b: Statistics) -> np.ndarray:
        """Scores (n,), -1 to 1, of the ``cosines`` (n,) of pairs of voices with statistics ``a`` (n) and ``b`` (n)."""
        seen = (cosines - a.means) / a.deviations + (cosines - b.means) / b.deviations
        scores = self.mean + self.deviation * seen / 2
        # Voices unlike the whole cohort go beyond what a cosine can be: above the knee the scale is bent, not cut off.
        bent = KNEE + (1 - KNEE) * np.tanh((scores - KNEE) / (1 - KNEE))
        return np.where(scores > KNEE, bent, np.maximum(scores, -1.0))


def _of_nearest(cosines: np.ndarray, top: int) -> Statistics:
    nearest = np.partition(cosines, -top, axis=1)[:, -top:]
    return Statistics(nearest.mean(axis=1), np.maximum(nearest.std(axis=1), 1e-4))


def similarities(a: np.ndarray, b: np.ndarray, cohort: Cohort | None = None) -> np.ndarray:
    """Scores (n, m), -1 to 1, of voices ``a`` (n, D) with voices ``b`` (m, D), all of unit length."""
    cosines = a @ b.T
    if cohort is None:
        return cosines
    return cohort.normalise(cosines, cohort.statistics(a), cohort.statistics(b))


def unit(vector: np.ndarray) -> np.ndarray:
    """``vector`` (..., D) scaled to length 1 along its last axis; zeros stay zeros."""
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.maximum(norm, 1e-12)
