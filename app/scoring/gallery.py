"""Embedding against voiceprints: cosine scores by name, normalised against a cohort where the model brings one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
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


@dataclass(frozen=True)
class Gallery:
    """The enrolled people as one matrix. A person may have several rows, of which the best counts."""

    names: tuple[str, ...] = ()
    """Name of the person of each row."""
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 192), np.float32))
    """(rows, D) float32 of unit length."""
    cohort: Cohort | None = None
    """Of the model that made the vectors; None: scores are plain cosines."""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.names) != len(self.vectors):
            raise ValueError(f"{len(self.names)} names for vectors of shape {self.vectors.shape}")

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Each name once, in the order of the rows."""
        return tuple(dict.fromkeys(self.names))

    @cached_property
    def owners(self) -> np.ndarray:
        """(rows,) the place in ``people`` of each row's name."""
        place = {name: i for i, name in enumerate(self.people)}
        return np.array([place[name] for name in self.names], np.intp)

    @cached_property
    def statistics(self) -> Statistics | None:
        """Of the rows; None without a cohort."""
        return None if self.cohort is None else self.cohort.statistics(self.vectors)

    def row_scores(self, embeddings: np.ndarray) -> np.ndarray:
        """Scores (n, rows), -1 to 1, of embeddings (n, D) of unit length."""
        cosines = embeddings @ self.vectors.T
        if self.cohort is None:
            return cosines
        return self.cohort.normalise(cosines, self.cohort.statistics(embeddings), self.statistics)


def unit(vector: np.ndarray) -> np.ndarray:
    """``vector`` (..., D) scaled to length 1 along its last axis; zeros stay zeros."""
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.maximum(norm, 1e-12)


def score(embedding: np.ndarray, gallery: Gallery) -> dict[str, float]:
    """Name -> score, -1 to 1, of ``embedding`` (D,) of unit length and the person's best row."""
    return dict(zip(gallery.people, _by_person(embedding[None], gallery)[0].tolist(), strict=True))


def best(embedding: np.ndarray, gallery: Gallery, most: int = 20) -> dict[str, float]:
    """The ``most`` highest of ``score``, the highest first and equal ones by name: enough to decide and to show.

    Exact, for any number of people; among 100,000 it takes some milliseconds, where naming them all takes twice that.
    """
    return best_of_each(embedding[None], gallery, most)[0]


def best_of_each(embeddings: np.ndarray, gallery: Gallery, most: int = 20) -> list[dict[str, float]]:
    """``best`` of each of ``embeddings`` (n, D)."""
    at_once = max(1, 4_000_000 // max(1, len(gallery.names)))  # a table of 16 MB
    parts = [embeddings[at : at + at_once] for at in range(0, len(embeddings), at_once)]
    return [_highest(row, gallery, most) for part in parts for row in _by_person(part, gallery)]


def _highest(scores: np.ndarray, gallery: Gallery, most: int) -> dict[str, float]:
    chosen = np.arange(len(scores))
    if len(scores) > most:
        last = np.partition(scores, len(scores) - most)[len(scores) - most]
        chosen = np.flatnonzero(scores >= last)  # with all that equal the last one: their names decide
    ranked = sorted((-float(scores[i]), gallery.people[i]) for i in chosen)[:most]
    return {name: -negated for negated, name in ranked}


def _by_person(embeddings: np.ndarray, gallery: Gallery) -> np.ndarray:
    """(n, people) the score of each person's best row with embeddings (n, D)."""
    if not gallery.names:  # of no particular dimension
        return np.zeros((len(embeddings), 0))
    scores = gallery.row_scores(embeddings)
    if len(gallery.people) == scores.shape[1]:
        return scores
    by_person = np.full((len(gallery.people), len(scores)), -1.0, scores.dtype)
    np.maximum.at(by_person, gallery.owners, scores.T)
    return by_person.T
