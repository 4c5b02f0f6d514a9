"""Where the sound card's thread and the reader's meet: a ring buffer without locks, and the callback that fills it."""

from __future__ import annotations

import time

import numpy as np


class RingBuffer:
    """The newest ``capacity`` frames of a stream: one thread writes, one other thread reads, and neither ever waits.

    Every frame is stored twice, ``capacity`` apart, so that any run of up to ``capacity`` frames is one slice and the
    reader copies without looking for the seam. The two threads share nothing but counters of all frames so far. Each
    has one writer and only grows. The reader looks, after it has copied, how far the writer has claimed the buffer
    meanwhile, and throws away what may have been written over: it can lose sound, but never gets a mixture.
    """

    def __init__(self, capacity: int, channels: int = 1):
        if capacity < 1 or channels < 1:
            raise ValueError(f"a ring buffer needs room: capacity {capacity}, channels {channels}")
        self.capacity, self.channels = capacity, channels
        self._frames = np.zeros((2 * capacity, channels), np.float32)
        self._claimed = 0  # frames written, or being written right now: set before a copy
        self._written = 0  # frames that can be read: set after it
        self._read = 0  # frames that were read or skipped

    @property
    def written(self) -> int:
        """All frames written so far."""
        return self._written

    @property
    def position(self) -> int:
        """All frames read or skipped so far: the number, in the stream, of the next frame to be read."""
        return self._read

    def write(self, frames: np.ndarray) -> None:
        """Add frames (n, channels) float32, over the oldest ones. For the writing thread; never blocks."""
        total = self._written + len(frames)
        kept = frames[-self.capacity :]
        at = (total - len(kept)) % self.capacity
        end = at + len(kept)
        before_seam = min(end, self.capacity) - at
        self._claimed = total
        self._frames[at:end] = kept
        self._frames[at + self.capacity : at + self.capacity + before_seam] = kept[:before_seam]
        if end > self.capacity:
            self._frames[: end - self.capacity] = kept[before_seam:]
        self._written = total

    def take(self, limit: int | None = None) -> tuple[np.ndarray, int]:
        """The newest unread frames (n, channels), at most ``limit``, and how many older ones were skipped for them.

        For the reading thread; never blocks. The frames are a copy.
        """
        written = self._written
        start = max(self._read, written - min(self.capacity if limit is None else limit, self.capacity))
        at = start % self.capacity
        frames = self._frames[at : at + written - start].copy()
        lapped = min(max(self._claimed - self.capacity - start, 0), len(frames))
        skipped = start + lapped - self._read
        self._read = written
        return frames[lapped:], skipped


class Capture:
    """The callback of one input stream. It copies and counts; it never waits, and allocates nothing that grows.

    ``rate`` in Hz. The ring holds ``capacity_s`` seconds.
    """

    def __init__(self, rate: int, channels: int, capacity_s: float):
        self.rate = rate
        self.ring = RingBuffer(round(capacity_s * rate), channels)
        self.overflows = 0
        """Times that the sound card reported lost input."""
        self.newest_at = 0.0
        """``time.monotonic()`` when the newest sound came."""
        self.finished = False
        """The stream came to its end, though nobody ended it."""

    def __call__(self, frames: np.ndarray, count: int, times: object, flags: object) -> None:
        """Take ``frames`` (count, channels) float32 from PortAudio, whose buffer is used again afterwards."""
        self.newest_at = time.monotonic()
        self.ring.write(frames)
        if flags.input_overflow:
            self.overflows += 1

    def finish(self) -> None:
        """PortAudio calls this when the stream is over, whatever the reason."""
        self.finished = True

    def discard(self) -> None:
        """Give back the memory of the sound, now that the stream is closed: sounddevice keeps its callbacks in a circle
        of references, which Python may clear up much later."""
        self.ring = RingBuffer(1, self.ring.channels)
