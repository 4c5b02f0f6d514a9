"""The last minutes of sound, kept in memory so that they can be played again; never written to a disk."""

from __future__ import annotations

import threading

import numpy as np

from utils import SAMPLE_RATE


class RecentSound:
    """A ring of 16-bit samples on a clock of its own: ``add`` from one thread, ``between`` from any.

    At 16 kHz a minute takes 1.9 MB. Memory grows up to ``capacity_s``, a block at a time, and stays there.
    """

    def __init__(self, capacity_s: float = 600.0):
        self.capacity = round(capacity_s * SAMPLE_RATE)
        self._lock = threading.Lock()
        self._blocks: dict[int, np.ndarray] = {}  # number of a second -> its samples; gaps have none
        self._end = 0

    @property
    def start_s(self) -> float:
        """The oldest moment that can still be heard."""
        return max(0, self._end - self.capacity) / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        return self._end / SAMPLE_RATE

    def add(self, samples: np.ndarray, start_s: float) -> None:
        """Samples (n,) float32, full scale +-1, that begin at ``start_s``; what lies between is silence."""
        sound = np.round(np.clip(samples, -1.0, 32767 / 32768) * 32768).astype(np.int16)
        at = round(start_s * SAMPLE_RATE)
        with self._lock:
            while len(sound):
                number, offset = divmod(at, SAMPLE_RATE)
                part = sound[: SAMPLE_RATE - offset]
                block = self._blocks.get(number)
                if block is None:
                    block = self._blocks[number] = np.zeros(SAMPLE_RATE, np.int16)
                block[offset : offset + len(part)] = part
                at += len(part)
                sound = sound[len(part) :]
            self._end = max(self._end, at)
            oldest = (self._end - self.capacity) // SAMPLE_RATE
            for number in [number for number in self._blocks if number < oldest]:
                del self._blocks[number]

    def between(self, start_s: float, end_s: float) -> np.ndarray:
        """Samples (n,) int16 from ``start_s`` to ``end_s``, as far as they are still there; empty if they are not."""
        with self._lock:
            first = max(round(start_s * SAMPLE_RATE), self._end - self.capacity, 0)
            last = min(round(end_s * SAMPLE_RATE), self._end)
            out = np.zeros(max(0, last - first), np.int16)
            for number in range(first // SAMPLE_RATE, -(-last // SAMPLE_RATE) if len(out) else 0):
                block = self._blocks.get(number)
                if block is not None:
                    begin = number * SAMPLE_RATE
                    low, high = max(first, begin), min(last, begin + SAMPLE_RATE)
                    out[low - first : high - first] = block[low - begin : high - begin]
            return out

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._blocks.clear()
            self._end = 0
