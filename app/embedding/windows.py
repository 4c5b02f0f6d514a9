"""Windows of one sound, of which many overlap. Whatever they share need not be computed for each of them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

Span = tuple[int, int]
"""From one sample until before another, counted from the first that was ever taken in."""


class EmbedsBatches(Protocol):
    """What ``Windows`` asks of an ``Encoder``."""

    def embed_batch(self, signals: Sequence[np.ndarray]) -> np.ndarray: ...

    def embed_batch_with_overlap(self, signals: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]: ...


class Windows:
    """The newest part of a sound that grows, and embeddings of windows of it. One thread.

    ``Encoder.windows`` makes the fastest kind that an encoder has.
    """

    def __init__(self, encoder: EmbedsBatches):
        self._encoder = encoder
        self._sound = np.zeros(0, np.float32)
        self._first = 0  # samples before those that are kept

    def __len__(self) -> int:
        """Samples that are kept."""
        return len(self._sound)

    def append(self, samples: np.ndarray) -> None:
        """Take in what comes next, (n,) float32 at 16 kHz."""
        self._sound = np.concatenate([self._sound, samples])

    def forget(self, before: int) -> None:
        """Drop the samples before this one: no window will begin there."""
        drop = max(0, before - self._first)
        self._sound = self._sound[drop:].copy()
        self._first += drop

    def embed(self, spans: Sequence[Span]) -> np.ndarray:
        """The embeddings (len(spans), D) of windows; see ``Encoder.embed_batch``. They begin at multiples of 32."""
        return self._encoder.embed_batch([self._cut(span) for span in spans])

    def embed_with_overlap(self, spans: Sequence[Span]) -> tuple[np.ndarray, np.ndarray]:
        """As ``Encoder.embed_batch_with_overlap``; windows as in ``embed``."""
        return self._encoder.embed_batch_with_overlap([self._cut(span) for span in spans])

    def _cut(self, span: Span) -> np.ndarray:
        return self._sound[span[0] - self._first : span[1] - self._first]
