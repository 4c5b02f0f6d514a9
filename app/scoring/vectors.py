"""Vectors that can be compared, and what becomes of those that cannot: they never name anybody."""

from __future__ import annotations

import math

import numpy as np

from utils import HeardError


class NotComparable(HeardError, ValueError):
    """Numbers that nothing can be compared with: not finite, of no length, or of another dimension."""


def unit(vector: np.ndarray) -> np.ndarray:
    """``vector`` (..., D) scaled to length 1 along its last axis; zeros stay zeros."""
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.maximum(norm, 1e-12)


def finite_unit(vectors: np.ndarray, dimension: int | None = None) -> np.ndarray:
    """Vectors (..., D), one for each sound, as float32 of unit length.

    ``dimension``: the D that they must have. Raises NotComparable if one has another, holds a value that is not finite,
    or is too short to have a direction.
    """
    vectors = np.asarray(vectors)
    if not vectors.ndim or (dimension is not None and vectors.shape[-1] != dimension):
        raise NotComparable(f"vectors have {vectors.shape[-1] if vectors.ndim else 0} numbers in place of {dimension}.")
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = unit(vectors.astype(np.float64)).astype(np.float32)
    _check_length(scaled)
    return scaled


def check_unit(vectors: np.ndarray) -> None:
    """Raise NotComparable unless all of ``vectors`` (..., D) are finite and of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        _check_length(vectors)


def check_finite(what: str, *values: float | None) -> None:
    """Raise NotComparable, naming ``what`` it is, unless all values are finite numbers."""
    try:
        finite = all(map(math.isfinite, values))
    except (TypeError, OverflowError):  # not a number at all, or an integer beyond what a float can be
        finite = False
    if not finite:
        raise NotComparable(f"{what} is not a finite number.")


def from_bytes(blob: bytes, dimension: int | None = None) -> np.ndarray:
    """An embedding (D,) float32 of unit length as a database keeps it. Raises NotComparable like ``finite_unit``."""
    if not isinstance(blob, bytes) or not blob or len(blob) % 4:
        raise NotComparable("a vector is damaged.")
    return finite_unit(np.frombuffer(blob, "<f4"), dimension)


def usable(vectors: np.ndarray) -> np.ndarray:
    """Embeddings (n, D) of unit length as they are, but zeros for those that are not finite: nothing is known of these
    sounds, whatever the model was given."""
    good = np.isfinite(vectors).all(axis=-1)
    return vectors if good.all() else np.where(good[..., None], vectors, np.float32(0))


def comparable_scores(scores: np.ndarray, *sides: np.ndarray) -> np.ndarray:
    """Scores as they are, but -1, which is nobody's, where they are not finite or a side has no direction.

    ``sides``: vectors (..., D) behind the scores, shaped like ``scores`` but for the last axis, or broadcast to it.
    """
    good = np.isfinite(scores)
    for side in sides:
        good &= np.einsum("...d,...d->...", side, side) > 0.25  # NaN is not
    return scores if good.all() else np.where(good, scores, scores.dtype.type(-1))


def _check_length(vectors: np.ndarray) -> None:
    squares = np.einsum("...d,...d->...", vectors, vectors)
    if not np.all(np.abs(squares - 1) < 0.02):  # NaN is not
        raise NotComparable("a vector is damaged: it holds values that are not finite, or none.")
