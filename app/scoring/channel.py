"""What a channel (a telephone, a codec, a distance) does to every voice alike, and what that means for a comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.scoring.vectors import NotComparable, check_finite, check_unit, unit
from app.threads import product

WIDE, TELEPHONE = 0, 1
"""How a voice is heard: in the whole band, or through a telephone's, 300 to 3400 Hz."""


@dataclass(frozen=True)
class Channel:
    """What was measured of a model's embeddings when many voices went through many lines (``app.audio.lines``).

    Lines move all voices in a few common directions, in which voices themselves hardly differ: these are taken out
    (nuisance attribute projection, Solomonoff et al. 2005). What a stranger scores depends on the line of both sides
    still, so it is known which of two ways an embedding was heard, and there is a cohort for each.
    """

    directions: np.ndarray
    """(k, D) float32, orthonormal: what lines do to all voices."""
    telephone: np.ndarray
    """(D,) float32: with ``offset``, above 0 for an embedding of speech in a telephone's band (linear discriminant)."""
    offset: float
    voices: np.ndarray
    """(n, D) float32 of unit length: the cohort's people by telephone."""
    weight: np.ndarray
    """(D,) float32, 0 to 1: how much each component counts for a voice by telephone."""

    def __post_init__(self) -> None:
        """Raises NotComparable for numbers that are not finite or do not belong together."""
        check_finite("a channel", self.offset, *(float(np.sum(part)) for part in (self.directions, self.telephone)))
        dim = self.telephone.shape[-1]
        shapes = self.telephone.ndim == 1 == self.weight.ndim and self.directions.ndim == 2 == self.voices.ndim
        if not shapes or {self.directions.shape[1], self.voices.shape[1], len(self.weight)} != {dim}:
            raise NotComparable("a channel of other sizes")
        if len(self.voices) < 2 or not ((self.weight >= 0) & (self.weight <= 1)).all():
            raise NotComparable("a channel of other values")
        check_unit(self.voices)
        if not np.allclose(self.directions @ self.directions.T, np.eye(len(self.directions)), atol=1e-2):
            raise NotComparable("the directions of a channel are not orthonormal")

    def heard(self, embeddings: np.ndarray) -> np.ndarray:
        """(n,) WIDE or TELEPHONE for each of the embeddings (n, D) of unit length."""
        with np.errstate(invalid="ignore"):
            return (product(embeddings, self.telephone) + self.offset > 0).astype(np.intp)

    def without(self, embeddings: np.ndarray, heard: np.ndarray) -> np.ndarray:
        """Embeddings (n, D) of unit length, heard as ``heard`` (n,) says, without what the channel adds: of unit
        length."""
        along = product(embeddings, self.directions.T)
        rest = embeddings - product(along, self.directions)
        return unit(np.where((heard == TELEPHONE)[:, None], rest * self.weight, rest)).astype(np.float32)
