"""Embedding against voiceprints: a score for each enrolled person, normalised where the model brings a cohort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from app.scoring.cohort import Cohort, Side
from app.scoring.crowd import Strangers, scores_among, strangers_of
from app.scoring.vectors import NotComparable, check_finite, check_unit, comparable_scores, finite_unit, from_bytes
from app.threads import product


@dataclass(frozen=True)
class Gallery:
    """The voiceprints of the enrolled people as one matrix. A person may have several rows; the best one counts."""

    names: tuple[str, ...] = ()
    """Name of the person of each row."""
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 192), np.float32))
    """(rows, D) float32 of unit length."""
    cohort: Cohort | None = None
    """The cohort of the model that made the vectors; None: scores are plain cosines."""
    damaged: tuple[str, ...] = ()
    """People who are not in it because nothing can be compared with their vectors."""

    def __post_init__(self) -> None:
        """Raises NotComparable for vectors that are not finite or not of unit length."""
        if self.vectors.ndim != 2 or len(self.names) != len(self.vectors):
            raise ValueError(f"{len(self.names)} names for vectors of shape {self.vectors.shape}")
        check_unit(self.vectors)

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Each name once, in the order of the rows."""
        return tuple(dict.fromkeys(self.names))

    @cached_property
    def owners(self) -> np.ndarray:
        """(rows,) index into ``people`` of each row's person."""
        place = {name: i for i, name in enumerate(self.people)}
        return np.array([place[name] for name in self.names], np.intp)

    @cached_property
    def side(self) -> Side | None:
        """The rows as a side of trials; None without a cohort."""
        return None if self.cohort is None else self.cohort.side(self.vectors)

    @cached_property
    def strangers(self) -> Strangers | None:
        """What its people score with one another; None for fewer than three."""
        if len(self.people) < 3:
            return None
        _, first = np.unique(self.owners, return_index=True)
        return strangers_of(scores_among(self.vectors[first], self.cohort))

    def only(self, names: Iterable[str]) -> Gallery:
        """The part of it that is of these people; names that it does not know count for nothing."""
        wanted = set(names)
        rows = [row for row, name in enumerate(self.names) if name in wanted]
        return replace(self, names=tuple(self.names[row] for row in rows), vectors=self.vectors[rows])

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the names that nobody in it has."""
        return [name for name in names if name not in self.people]

    def row_scores(self, embeddings: np.ndarray, side: Side | None = None) -> np.ndarray:
        """Scores (n, rows), -1 to 1, of embeddings (n, D) of unit length; -1 for those that are not finite.

        ``side``: the embeddings as the cohort's side of a trial, where that is known already. Raises NotComparable for
        embeddings of another dimension.
        """
        if embeddings.shape[1] != self.vectors.shape[1]:
            own, other = self.vectors.shape[1], embeddings.shape[1]
            raise NotComparable(f"these voiceprints have {own} numbers each, the model's {other}: build them again.")
        with np.errstate(invalid="ignore"):
            if self.cohort is None:
                scores = product(embeddings, self.vectors.T)
            else:
                scores = self.cohort.scores(side or self.cohort.side(embeddings), self.side)
            return comparable_scores(scores, embeddings[:, None])


def gallery_of(
    rows: Iterable[tuple[str, bytes, float]], cohort: Cohort | None = None, dimension: int | None = None
) -> Gallery:
    """A row for each person: the mean of their embeddings, weighted by seconds of speech.

    ``rows``: (name, embedding as the database keeps it, seconds). ``dimension``: the model's; by default the cohort's,
    or without one what most embeddings have.
    Whoever has an embedding that is damaged or of another dimension is not in the gallery but among its ``damaged``.
    """
    if dimension is None and cohort is not None:
        dimension = cohort.vectors.shape[1]
    rows = list(rows)
    if dimension is None:
        lengths = Counter(len(blob) for _, blob, _ in rows if isinstance(blob, bytes) and blob)
        dimension = max(lengths, key=lengths.__getitem__, default=4 * 192) // 4
    sums: dict[str, np.ndarray] = {}
    damaged: dict[str, None] = {}
    for name, blob, seconds in rows:
        try:
            check_finite("a length", seconds)
            with np.errstate(over="ignore", invalid="ignore"):  # a length beyond float32: looked at below
                sums[name] = sums.get(name, 0) + from_bytes(blob, dimension) * seconds
        except NotComparable:
            damaged[name] = None
    means = {}
    for name, total in sums.items():
        try:
            means[name] = finite_unit(total)
        except NotComparable:
            damaged[name] = None
    people = [name for name in means if name not in damaged]
    vectors = np.stack([means[name] for name in people]) if people else np.zeros((0, dimension), np.float32)
    return Gallery(tuple(people), vectors, cohort, tuple(damaged))


def score(embedding: np.ndarray, gallery: Gallery) -> dict[str, float]:
    """Name -> score, -1 to 1, of ``embedding`` (D,) of unit length with the person's best row; everybody enrolled."""
    return dict(zip(gallery.people, _by_person(embedding[None], gallery)[0].tolist(), strict=True))


def best(embedding: np.ndarray, gallery: Gallery, most: int = 20) -> dict[str, float]:
    """Name -> score of the ``most`` people who score highest, the highest first and equal ones by name.

    Exact, for any number of people, and faster than ``score`` where there are many. Enough to decide and to show.
    """
    return best_of_each(embedding[None], gallery, most)[0]


def best_of_each(
    embeddings: np.ndarray, gallery: Gallery, most: int = 20, side: Side | None = None
) -> list[dict[str, float]]:
    """``best`` of each of the embeddings (n, D) of unit length: a list of n. ``side``: see ``row_scores``."""
    at_once = max(1, 4_000_000 // max(1, len(gallery.names)))  # a table of 16 MB
    parts = [slice(at, at + at_once) for at in range(0, len(embeddings), at_once)]
    known = [None if side is None else side.at(part) for part in parts]
    rows = (_by_person(embeddings[part], gallery, some) for part, some in zip(parts, known, strict=True))
    return [_highest(row, gallery, most) for table in rows for row in table]


def _highest(scores: np.ndarray, gallery: Gallery, most: int) -> dict[str, float]:
    chosen = np.arange(len(scores))
    if len(scores) > most:
        last = np.partition(scores, len(scores) - most)[len(scores) - most]
        chosen = np.flatnonzero(scores >= last)  # with all that equal the last one: their names decide
    ranked = sorted((-float(scores[i]), gallery.people[i]) for i in chosen)[:most]
    return {name: -negated for negated, name in ranked}


def _by_person(embeddings: np.ndarray, gallery: Gallery, side: Side | None = None) -> np.ndarray:
    """(n, people) the score of each person's best row with embeddings (n, D)."""
    if not gallery.names:  # of no particular dimension
        return np.zeros((len(embeddings), 0))
    scores = gallery.row_scores(embeddings, side)
    if len(gallery.people) == scores.shape[1]:
        return scores
    by_person = np.full((len(gallery.people), len(scores)), -1.0, scores.dtype)
    np.maximum.at(by_person, gallery.owners, scores.T)
    return by_person.T
