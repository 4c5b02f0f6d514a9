"""What the speakers of a session sound like here: the mean embedding of each one's turns (online clustering)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.scoring.cohort import unit
from app.scoring.gallery import Gallery
from app.scoring.labels import Kind, Label, person, unknown_voice

NOTHING_S = 0.01
"""Seconds of speech that are none: what rounding leaves of sums."""


@dataclass(frozen=True)
class Centroid:
    """The embeddings of a speaker's turns in sum."""

    total: np.ndarray
    """(D,) sum of the embeddings, each times its seconds of speech."""
    speech_s: float
    """Seconds of speech in all."""
    last_s: float
    """When the last of it ended, on the source's clock."""

    @property
    def embedding(self) -> np.ndarray:
        """(D,) float32 of unit length."""
        return unit(self.total).astype(np.float32)


class SessionCentroids:
    """Label -> centroid: a name, or "Unknown 1", "Unknown 2" ..."""

    def __init__(self) -> None:
        self._centroids: dict[Label, Centroid] = {}
        self._next, self._step = 1, 1
        self._gallery: Gallery | None = None  # made when asked for

    def __getitem__(self, label: Label) -> Centroid:
        return self._centroids[label]

    def number_unknowns(self, first: int, step: int) -> None:
        """Number new speakers ``first``, ``first + step`` and so on, so that no other session has the same numbers."""
        self._next, self._step = first, step

    @property
    def next_unknown(self) -> Label:
        """The label of the next new speaker. A number is never given twice."""
        return unknown_voice(self._next)

    def unknown_labels(self) -> list[Label]:
        """The labels of speakers without a name, in the order in which they were last taken in."""
        return [label for label in self._centroids if label.kind is Kind.VOICE]

    def gallery(self, like: Gallery) -> Gallery:
        """All centroids as a gallery, with the cohort and the dimension of another one."""
        if self._gallery is None:
            rows = [centroid.embedding for centroid in self._centroids.values()]
            vectors = np.stack(rows) if rows else like.vectors[:0]
            self._gallery = Gallery(tuple(self._centroids), vectors, like.cohort)
        return self._gallery

    def add(self, label: Label, embedding: np.ndarray, speech_s: float, end_s: float) -> None:
        """Add a turn's embedding (D,) of unit length. ``end_s``: when the turn ended."""
        self._add(label, Centroid(embedding * speech_s, speech_s, end_s))

    def add_unknown(self, embedding: np.ndarray, speech_s: float, end_s: float) -> Label:
        """Make a turn's embedding (D,) of unit length a new speaker, and return the speaker's label."""
        label = self.next_unknown
        self._next += self._step
        self.add(label, embedding, speech_s, end_s)
        return label

    def subtract(self, label: Label, embedding: np.ndarray, speech_s: float) -> None:
        """Take a turn out that was added. Without any speech left there is no centroid; nothing happens without one."""
        known = self._centroids.get(label)
        if known is None:
            return
        left_s = known.speech_s - speech_s
        left = Centroid(known.total - embedding * speech_s, left_s, known.last_s)
        self.put(label, left if left_s > NOTHING_S else None)

    def merge(self, old: Label, new: Label) -> None:
        """Add an unknown voice's centroid to another label's, which may have none yet.

        Afterwards there is one unknown voice less or, where the other had no centroid, ``old`` is gone for good: no
        number is given twice. KeyError if ``old`` has no centroid, ValueError if the two cannot be one.
        """
        if old.kind is not Kind.VOICE or new.kind is Kind.UNKNOWN or old == new:
            raise ValueError(f"{old} cannot become {new}")
        self._add(new, self._centroids.pop(old))

    def get(self, label: Label) -> Centroid | None:
        """A label's centroid; None if it has none."""
        return self._centroids.get(label)

    def put(self, label: Label, centroid: Centroid | None) -> None:
        """Give a label this centroid in place of any it has; None: it has none."""
        self._centroids.pop(label, None)
        if centroid is not None:
            self._centroids[label] = centroid
        self._gallery = None

    def forget(self, label: Label) -> None:
        """Drop a label's centroid: the voice is not known again."""
        self._centroids.pop(label, None)
        self._gallery = None

    def keep_people(self, names: Iterable[str]) -> None:
        """Drop the centroids of all people but these; unknown voices stay. The gallery is made anew."""
        kept = {person(name) for name in names}
        self._centroids = {
            label: centroid for label, centroid in self._centroids.items() if label.kind is Kind.VOICE or label in kept
        }
        self._gallery = None

    def _add(self, label: Label, more: Centroid) -> None:
        if known := self._centroids.get(label):
            more = Centroid(known.total + more.total, known.speech_s + more.speech_s, max(known.last_s, more.last_s))
        self._centroids[label] = more
        self._gallery = None
