"""Where sound that is made and a device that plays it meet: a queue without locks that never waits."""

from __future__ import annotations

import numpy as np

from utils import SAMPLE_RATE, StreamResampler

CAPACITY_S = 2.0
PREFILL_S = 0.25
"""Sound that waits before any is played, so that a block that comes late on a busy machine is not heard as a hole."""
SPARE_S = 0.6
"""More than this waits if the clock of the microphone is the faster one: then silence is left out."""


class Playback:
    """Mono sound for one device of ``rate`` Hz: one thread writes, one other reads, and neither ever waits.

    The threads share counters of all samples so far, each of which has one writer and only grows.
    """

    def __init__(self, rate: int):
        self.rate = rate
        self.dropped_s = 0.0
        """Sound that found no room, because the device plays more slowly than sound comes, or not at all."""
        self.missed = 0
        """Times that the device wanted sound and there was none."""
        self._capacity = round(CAPACITY_S * rate)
        self._ring = np.zeros(self._capacity, np.float32)
        self._written = self._read = 0
        self._flowing = False
        self._resample = StreamResampler(SAMPLE_RATE, rate)

    @property
    def waiting_s(self) -> float:
        return (self._written - self._read) / self.rate

    def write(self, samples: np.ndarray, *, last: bool = False) -> None:
        """Add sound (n,) float32 at 16 kHz. For the writing thread."""
        if self.waiting_s > SPARE_S and not samples.any():
            return
        block = self._resample(samples, last=last)
        room = self._capacity - (self._written - self._read)
        if len(block) > room:
            self.dropped_s += (len(block) - room) / self.rate
            block = block[:room]
        at = self._written % self._capacity
        before_seam = min(len(block), self._capacity - at)
        self._ring[at : at + before_seam] = block[:before_seam]
        self._ring[: len(block) - before_seam] = block[before_seam:]
        self._written += len(block)

    def fill(self, out: np.ndarray) -> None:
        """Fill (n,) float32 with what is next, or silence. For the reading thread: it copies, and allocates nothing."""
        ready = self._written - self._read
        if not self._flowing and ready < PREFILL_S * self.rate:
            out[:] = 0
            return
        self._flowing = True
        count = min(ready, len(out))
        at = self._read % self._capacity
        before_seam = min(count, self._capacity - at)
        out[:before_seam] = self._ring[at : at + before_seam]
        out[before_seam:count] = self._ring[: count - before_seam]
        out[count:] = 0
        self._read += count
        if count < len(out):
            self._flowing = False
            self.missed += 1
