"""From what the sound card left behind to sound on one clock: the reader's side of a microphone."""

from __future__ import annotations

import math

import numpy as np

from app.audio.backlog import Backlog
from app.audio.reading.mono import mono
from app.audio.ring_buffer import Capture
from utils import SAMPLE_RATE, StreamResampler

SILENT_AFTER_S = 1.0


class Intake:
    """Takes in one stream after another, of any rate and any number of channels, as mono sound at 16 kHz.

    The clock counts the samples of a stream, the skipped ones too; from one stream to the next it goes by the wall.
    For the reading thread alone.
    """

    def __init__(self) -> None:
        self.backlog = Backlog()
        self._epoch: float | None = None  # what time.monotonic() was at 0 s of the clock
        self._capture: Capture | None = None
        self._resampler: StreamResampler | None = None
        self._began_s = 0.0  # time of the stream's first frame
        self._zeros = 0  # frames of nothing but zeros, up to now

    @property
    def silent(self) -> bool:
        """Whether the last second, or more, was exact zeros."""
        return self._capture is not None and self._zeros >= SILENT_AFTER_S * self._capture.rate

    def receive(self, capture: Capture, most: int) -> bool:
        """Move what came to the backlog, of which the newest ``most`` samples are kept; whether anything came."""
        ring = capture.ring
        frames, skipped = ring.take(math.ceil(most * capture.rate / SAMPLE_RATE))
        if not len(frames):
            return False
        if capture is not self._capture:
            self._begin(capture)
        if skipped:
            first = ring.position - len(frames)
            self._resampler = StreamResampler(capture.rate)
            self.backlog.jump(self._began_s + first / capture.rate, dropped=True)
        sounding = np.flatnonzero(frames.any(axis=1))
        self._zeros = len(frames) - 1 - int(sounding[-1]) if len(sounding) else self._zeros + len(frames)
        self.backlog.append(self._resampler(mono(frames)))
        self.backlog.drop(max(0, len(self.backlog) - most))
        return True

    def _begin(self, capture: Capture) -> None:
        """With the first sound of a stream: what is left of the one before can no longer be part of a block."""
        began = capture.newest_at - capture.ring.written / capture.rate
        if self._epoch is None:
            self._epoch = began
        self.backlog.jump(began - self._epoch, dropped=False)
        self._began_s = self.backlog.end_s
        self._resampler = StreamResampler(capture.rate)
        self._zeros = 0
        self._capture = capture
