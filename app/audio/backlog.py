"""Sound that waits to be read, and its place on the source's clock: what microphones and files have in common."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.audio.source import AudioBlock
from utils import SAMPLE_RATE


class Backlog:
    """A queue of 16 kHz samples that can lose its oldest end. ``len`` is the number of samples waiting. One thread."""

    def __init__(self) -> None:
        self._parts: deque[np.ndarray] = deque()
        self._waiting = 0
        self._origin_s = 0.0  # the clock is counted from here in whole samples: no rounding adds up over hours
        self._passed = 0  # samples taken or skipped since then
        self._dropped_s = 0.0
        self._reported_s = 0.0  # part of dropped_s that blocks have reported

    def __len__(self) -> int:
        return self._waiting

    @property
    def start_s(self) -> float:
        """Time of the oldest sample waiting, or of the next one to come."""
        return self._origin_s + self._passed / SAMPLE_RATE

    @property
    def end_s(self) -> float:
        """Time of the next sample to come."""
        return self._origin_s + (self._passed + self._waiting) / SAMPLE_RATE

    @property
    def dropped_s(self) -> float:
        """Seconds dropped in all."""
        return self._dropped_s

    def append(self, samples: np.ndarray) -> None:
        """Add samples (n,) float32. They are not copied."""
        if len(samples):
            self._parts.append(samples)
            self._waiting += len(samples)

    def drop(self, count: int) -> None:
        """Forget the oldest ``count`` samples; the next block reports them."""
        self._dropped_s += len(self._pop(count)) / SAMPLE_RATE

    def jump(self, to_s: float, *, dropped: bool) -> None:
        """Forget all that waits and go on at another time, never an earlier one; ``dropped``: the gap was sound."""
        to_s = max(to_s, self.end_s)
        if dropped:
            self._dropped_s += to_s - self.start_s
        self._parts.clear()
        self._origin_s, self._passed, self._waiting = to_s, 0, 0

    def take(self, count: int) -> AudioBlock:
        """The oldest ``count`` samples, or as many as wait, as a block of their own."""
        start_s, dropped_s = self.start_s, self._dropped_s - self._reported_s
        self._reported_s = self._dropped_s
        return AudioBlock(self._pop(count), start_s, dropped_s)

    def _pop(self, count: int) -> np.ndarray:
        wanted = min(count, self._waiting)
        self._waiting -= wanted
        self._passed += wanted
        return pop_samples(self._parts, wanted)


def pop_samples(parts: deque[np.ndarray], count: int) -> np.ndarray:
    """(n,) float32: the oldest ``count`` samples of ``parts``, which has them no more; fewer if there are no more."""
    popped = []
    while count > 0 and parts:
        part = parts.popleft()
        if len(part) > count:
            parts.appendleft(part[count:])
            part = part[:count]
        popped.append(part)
        count -= len(part)
    return np.concatenate(popped) if popped else np.zeros(0, np.float32)


def sample_counts(min_s: float, max_s: float) -> tuple[int, int]:
    """The bounds of ``AudioSource.read`` in samples. Raises ValueError unless 0 < min_s <= max_s."""
    if not 0 < min_s <= max_s:
        raise ValueError(f"between {min_s} and {max_s} seconds cannot be read")
    least = max(1, round(min_s * SAMPLE_RATE))
    return least, max(least, round(max_s * SAMPLE_RATE))
