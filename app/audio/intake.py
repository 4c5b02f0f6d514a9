"""From what the sound card left behind to sound on one clock: the reader's side of a microphone."""

from __future__ import annotations

import math

import numpy as np

from app.audio.backlog import Backlog
from app.audio.mixing import Mixer
from app.audio.ring_buffer import Capture
from utils import SAMPLE_RATE, StreamResampler

SILENT_AFTER_S = 1.0


class Intake:
    """Takes in one stream after another, of any rate and any number of channels, as mono sound at 16 kHz.

    The clock counts the samples of a stream, the skipped ones too; from one stream to the next it goes by the wall.
    For the reading thread alone.
    """

    def __init__(self, channel: int | None = None) -> None:
        """``channel``: the only one that is heard, from 1; None mixes all."""
        self.backlog = Backlog()
        self.channel = channel
        self._epoch: float | None = None  # what time.monotonic() was at 0 s of the clock
        self._capture: Capture | None = None
        self._resampler: StreamResampler | None = None
        self._began_s = 0.0  # time of the stream's first frame
        self._mixer: Mixer | None = None
        self._still = 0  # frames of one and the same value, up to now
        self._last: np.ndarray | None = None  # the newest frame

    @property
    def epoch(self) -> float | None:
        """What ``time.monotonic()`` was at 0 s of the clock; None before the first sound."""
        return self._epoch

    @property
    def silent(self) -> bool:
        """Whether the last second, or more, was one and the same value: zero, or an offset (DC) without any sound."""
        return self._capture is not None and self._still >= SILENT_AFTER_S * self._capture.rate

    @property
    def notice(self) -> str:
        """What the user should know of the channels; see ``Mixer.notice``."""
        return self._mixer.notice if self._mixer else ""

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
        self._watch(frames)
        self.backlog.append(self._resampler(self._mixer(frames)))
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
        self._mixer = Mixer(capture.rate, capture.ring.channels, self.channel)
        self._still, self._last = 0, None
        self._capture = capture

    def _watch(self, frames: np.ndarray) -> None:
        """Count for how long the sound has been one and the same value, on the channel that is heard."""
        if self.channel is not None:
            frames = frames[:, self.channel - 1 : self.channel]
        before = frames[0] if self._last is None else self._last
        moving = np.flatnonzero((np.diff(frames, axis=0, prepend=before[None]) != 0).any(axis=1))
        self._still = len(frames) - int(moving[-1]) if len(moving) else self._still + len(frames)
        self._last = frames[-1].copy()
