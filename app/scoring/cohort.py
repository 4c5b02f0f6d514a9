"""Scores normalised against a cohort (AS-norm): the voices of people who are not in the trial."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.scoring.channel import TELEPHONE, WIDE, Channel
from app.scoring.vectors import NotComparable, check_finite, check_unit, comparable_scores
from app.scoring.vectors import unit as unit  # most who score with a cohort want it, too
from app.threads import product

SMALLEST_COHORT = 50
"""Voices that a cohort needs: fewer say little about what non-target trials score."""


KNEE = 0.7
"""Normalised score above which the scale is bent towards 1; decisions are made below it."""


BLOCK = 4096
"""Number of embeddings whose statistics are found at once."""


class Side(NamedTuple):
    """One side of some trials: embeddings as they are compared, and what each scores with the voices of strangers."""

    vectors: np.ndarray
    """(n, D) of unit length."""
    without: np.ndarray
    """(n, D) of unit length, without what a channel adds; the same where none is known."""
    heard: np.ndarray
    """(n,) which way they were heard, 0 where it is not known (``app.scoring.channel``)."""
    means: np.ndarray
    """(n, ways) mean cosine to the nearest strangers, for each way that these may be heard."""
    deviations: np.ndarray
    """(n, ways) standard deviation of that cosine, above 0."""

    def at(self, index: np.ndarray | slice) -> Side:
        """Some of these embeddings, by their index (m,) or from one to another."""
        return Side(*(part[index] for part in self))


class Cohort:
    """A set of other people's embeddings. Scores with them are non-target trials, against which scores are normalised.

    Adaptive symmetric score normalisation (AS-norm; Matejka et al. 2017, "Analysis of score normalization in
    multilingual speaker recognition"): each side of a trial is scored with the cohort voices nearest to it, their mean
    is subtracted from the trial's cosine, and the rest is divided by their deviation. The mean of both sides' results
    is the normalised score. Here it is put back on the scale of a cosine, with the mean and deviation that the cohort
    has within itself, so that a score means about the same with a cohort and without.

    With a ``Channel`` each side is scored with strangers who are heard as the trial's other side is: by telephone if
    that is. If either side is, what lines do to all voices is taken out first; where both are heard in the whole band,
    scores are what they are without a channel.
    """

    def __init__(self, vectors: np.ndarray, top: int = 50, channel: Channel | None = None):
        """``vectors``: (k, D) of unit length, one embedding for each person, k at least 2; ``top``: how many of them
        count as the nearest, at most k - 1. Raises NotComparable for vectors that are not finite, or a channel of other
        embeddings."""
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        if self.vectors.ndim != 2 or len(self.vectors) < 2 or top < 1:
            raise NotComparable("a cohort needs two voices or more.")
        check_unit(self.vectors)
        self.channel = channel
        self.top = min(top, len(vectors) - 1)
        self._wide = self._telephone = None
        if channel is not None:
            if channel.voices.shape[1] != self.vectors.shape[1]:
                raise NotComparable("a channel of other embeddings")
            self.top = min(self.top, len(channel.voices) - 1)
            self._wide = channel.without(self.vectors, np.full(len(self.vectors), WIDE))
            self._telephone = channel.without(channel.voices, np.full(len(channel.voices), TELEPHONE))
        own = product(self.vectors, self.vectors.T)
        np.fill_diagonal(own, -1.0)  # a voice with itself is no non-target trial
        means, deviations = _of_nearest(own, self.top)
        self.mean, self.deviation = float(means.mean()), float(deviations.mean())
        check_finite("the cohort", self.mean, self.deviation)

    def __len__(self) -> int:
        return len(self.vectors)

    def side(self, embeddings: np.ndarray) -> Side:
        """Embeddings (n, D) of unit length as a side of trials."""
        if self.channel is None:
            means, deviations = self._statistics(embeddings, self.vectors)
            return Side(embeddings, embeddings, np.zeros(len(embeddings), np.intp), means[:, None], deviations[:, None])
        heard = self.channel.heard(embeddings)
        without = self.channel.without(embeddings, heard)
        statistics = np.empty((2, len(embeddings), 2), embeddings.dtype)  # mean and deviation, with those of either way
        statistics[:, :, TELEPHONE] = self._statistics(without, self._telephone)
        for way, compared, voices in ((WIDE, embeddings, self.vectors), (TELEPHONE, without, self._wide)):
            rows = heard == way
            statistics[:, rows, WIDE] = self._statistics(compared[rows], voices)
        return Side(embeddings, without, heard, *statistics)

    def _statistics(self, embeddings: np.ndarray, voices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean and deviation (n,) of what embeddings (n, D) score with the nearest of the ``voices`` (k, D)."""
        blocks = [
            _of_nearest(product(embeddings[at : at + BLOCK], voices.T), self.top)
            for at in range(0, max(1, len(embeddings)), BLOCK)
        ]
        means, deviations = zip(*blocks, strict=True)
        return np.concatenate(means), np.concatenate(deviations)

    def scores(self, a: Side, b: Side) -> np.ndarray:
        """Scores (n, m), -1 to 1, of the embeddings of side ``a`` (n) with those of ``b`` (m)."""
        cosines = product(a.vectors, b.vectors.T)
        if a.means.shape[1] == 1:
            return self._normalise(cosines, a.means, a.deviations, b.means.T, b.deviations.T)
        called_a, called_b = (np.flatnonzero(side.heard == TELEPHONE) for side in (a, b))
        if len(called_a):
            cosines[called_a] = product(a.without[called_a], b.without.T)
        if len(called_b):
            cosines[:, called_b] = product(a.without, b.without[called_b].T)
        return self._normalise(
            cosines, a.means[:, b.heard], a.deviations[:, b.heard], b.means[:, a.heard].T, b.deviations[:, a.heard].T
        )

    def pair_scores(self, a: Side, b: Side) -> np.ndarray:
        """Scores (n,), -1 to 1, of pairs of embeddings: the first of ``a`` (n) with the first of ``b`` (n), and so
        on."""
        called, row = (a.heard == TELEPHONE) | (b.heard == TELEPHONE), np.arange(len(a.heard))
        one, other = (np.where(called[:, None], side.without, side.vectors) for side in (a, b))
        of_a, of_b = (row, b.heard), (row, a.heard)
        cosines = np.einsum("nd,nd->n", one, other)
        return self._normalise(cosines, a.means[of_a], a.deviations[of_a], b.means[of_b], b.deviations[of_b])

    def _normalise(
        self, cosines: np.ndarray, a_mean: np.ndarray, a_dev: np.ndarray, b_mean: np.ndarray, b_dev: np.ndarray
    ) -> np.ndarray:
        seen = (cosines - a_mean) / a_dev + (cosines - b_mean) / b_dev
        scores = self.mean + self.deviation * seen / 2
        # Voices unlike the whole cohort go beyond what a cosine can be: above the knee the scale is bent, not cut off.
        bent = KNEE + (1 - KNEE) * np.tanh((scores - KNEE) / (1 - KNEE))
        return np.where(scores > KNEE, bent, np.maximum(scores, -1.0))


def by_telephone(embeddings: np.ndarray, cohort: Cohort | None) -> np.ndarray:
    """(n,) whether each of the embeddings (n, D) is of a voice in a telephone's band, as far as the model knows."""
    if cohort is None or cohort.channel is None:
        return np.zeros(len(embeddings), bool)
    return cohort.channel.heard(embeddings) == TELEPHONE


def _of_nearest(cosines: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean and deviation (n,) of the ``top`` highest of the cosines (n, k) in each row."""
    nearest = np.partition(cosines, -top, axis=1)[:, -top:]
    return nearest.mean(axis=1), np.maximum(nearest.std(axis=1), 1e-4)


def similarities(a: np.ndarray, b: np.ndarray, cohort: Cohort | None = None) -> np.ndarray:
    """Scores (n, m), -1 to 1, of embeddings ``a`` (n, D) with ``b`` (m, D), all of unit length; -1 for those that are
    not finite."""
    with np.errstate(invalid="ignore"):
        scores = product(a, b.T) if cohort is None else cohort.scores(cohort.side(a), cohort.side(b))
        return comparable_scores(scores, a[:, None], b)
