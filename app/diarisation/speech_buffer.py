"""The newest speech of a stream, without its pauses, by how many chunks were heard before it."""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

from app.audio.vad import CHUNK_S


class SpeechBuffer:
    """Keeps the newest ``kept_s`` seconds of speech."""

    def __init__(self, kept_s: float):
        self._chunks: deque[np.ndarray] = deque(maxlen=round(kept_s / CHUNK_S))
        self._heard = 0

    def append(self, chunk: np.ndarray) -> None:
        """Take in a chunk (CHUNK,) float32."""
        self._chunks.append(chunk)
        self._heard += 1

    def newest(self, count: int) -> np.ndarray:
        """(count * CHUNK,) float32: the newest chunks, fewer if there are not so many."""
        return self._joined(max(0, len(self._chunks) - count), len(self._chunks))

    def between(self, first: int, last: int) -> np.ndarray:
        """int16 (n,): the chunks from ``first`` until before ``last``, counted from the first ever, as far as kept."""
        oldest = self._heard - len(self._chunks)
        sound = self._joined(max(0, first - oldest), max(0, last - oldest))
        return (sound * 32767).astype(np.int16)

    def _joined(self, start: int, stop: int) -> np.ndarray:
        parts = list(islice(self._chunks, start, stop))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
