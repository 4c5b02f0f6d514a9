"""What happens in the sound card's thread."""

from __future__ import annotations

import time

import numpy as np

from app.audio.ring_buffer import RingBuffer


class Capture:
    """The callback of one input stream. It copies and counts; it never waits, and allocates nothing that grows.

    ``rate`` in Hz. The ring holds ``capacity_s`` seconds.
    """

    def __init__(self, rate: int, channels: int, capacity_s: float):
        self.rate = rate
        self.ring = RingBuffer(round(capacity_s * rate), channels)
        self.overflows = 0
        """Times that the sound card reported lost input."""
        self.heard_at = 0.0
        """``time.monotonic()`` when the newest sound came."""
        self.finished = False
        """The stream came to its end, though nobody ended it."""

    def __call__(self, frames: np.ndarray, count: int, times: object, flags: object) -> None:
        """Take ``frames`` (count, channels) float32 from PortAudio, whose buffer is used again afterwards."""
        self.heard_at = time.monotonic()
        self.ring.write(frames)
        if flags.input_overflow:
            self.overflows += 1

    def finish(self) -> None:
        """PortAudio calls this when the stream is over, whatever the reason."""
        self.finished = True
