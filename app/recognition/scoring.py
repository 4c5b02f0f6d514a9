"""Embedding against voiceprints: cosine scores by name."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Gallery:
    """The enrolled people as one matrix. A person may have several rows (near, far, soft)."""

    names: tuple[str, ...] = ()
    """Name of the person of each row."""
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 192), np.float32))
    """(rows, D) float32 of unit length."""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.names) != len(self.vectors):
            raise ValueError(f"{len(self.names)} names for vectors of shape {self.vectors.shape}")

    @property
    def people(self) -> list[str]:
        """Each name once, in the order of the rows."""
        return list(dict.fromkeys(self.names))


def unit(vector: np.ndarray) -> np.ndarray:
    """``vector`` (..., D) scaled to length 1 along its last axis; zeros stay zeros."""
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.maximum(norm, 1e-12)


def score(embedding: np.ndarray, gallery: Gallery) -> dict[str, float]:
    """Name -> cosine, -1 to 1, between ``embedding`` (D,) of unit length and the person's best row."""
    if not gallery.names:  # of no particular dimension
        return {}
    scores: dict[str, float] = {}
    for name, value in zip(gallery.names, gallery.vectors @ embedding, strict=True):
        scores[name] = max(scores.get(name, -1.0), float(value))
    return scores
