"""A live connection's sound as an ``AudioSource``: 16-bit PCM of any rate and several channels in, mixed blocks
of 16 kHz out, never a backlog."""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np

from app.audio.backlog import Backlog, sample_counts
from app.audio.mixing import Mixer
from app.audio.source import AudioBlock, SourceState, SourceStatus
from utils import SAMPLE_RATE, StreamResampler

NO_SOUND_S = 2.0
"""Without sound for so long the listener is told: who spoke last does so no more."""

LEAST_FLOATS = 64
"""Samples from which on something can be said about their kind."""
CONTAINERS = (
    ((b"RIFF", b"RF64"), "WAV"),
    ((b"OggS",), "Ogg"),
    ((b"fLaC",), "FLAC"),
    ((b"\x1aE\xdf\xa3",), "WebM"),
    ((b"ID3",), "MP3"),
)
"""First bytes of what is sent by mistake, such as what a browser's MediaRecorder gives."""


class SocketSource:
    """``feed`` is for the network's thread and never waits; ``read`` is for the engine's."""

    name = "the connection"

    def __init__(self, rate: int, backlog_s: float, channels: int = 1):
        """``rate`` in Hz; sound that waits longer than ``backlog_s`` is dropped, the oldest first."""
        self.rate, self.channels = rate, channels
        self._frame_bytes = 2 * channels
        self._max_waiting = round(backlog_s * rate)
        self._changed = threading.Condition()
        self._pcm: deque[bytes] = deque()
        self._waiting = 0  # frames in _pcm
        self._frames_passed = 0  # frames read or dropped before those
        self._fed_at = time.monotonic()
        self._known = False  # that it is PCM: sound that was not silence has come
        self._gap = False  # frames were dropped right before those that wait
        self._ended = self._stopped = False
        self._backlog = Backlog()
        self._mixer = Mixer(rate, channels)
        self._resampler = StreamResampler(rate)

    @property
    def status(self) -> SourceStatus:
        with self._changed:
            ended = self._stopped or (self._ended and not self._waiting and not len(self._backlog))
            lost = time.monotonic() - self._fed_at > NO_SOUND_S and not self._ended
            state = SourceState.ENDED if ended else SourceState.LOST if lost else SourceState.RUNNING
        message = f"No sound has come for {NO_SOUND_S:g} s." if state is SourceState.LOST else ""
        dropped_s, notice = self._backlog.dropped_s, self._mixer.notice
        return SourceStatus(state, message, device=self.name, rate=self.rate, dropped_s=dropped_s, notice=notice)

    def feed(self, pcm: bytes) -> None:
        """More sound: little-endian 16-bit samples, those of a frame's channels side by side. Raises ValueError, with
        what to tell the sender, for part of a frame, and if the first sound to come is of another kind."""
        if not self._known:
            if kind := other_kind(pcm):
                raise ValueError(f"this is a {kind}; ")
            self._known = any(pcm) and len(pcm) >= 4 * LEAST_FLOATS
        size = self._frame_bytes
        if len(pcm) % size:
            raise ValueError("half a sample came; " if self.channels == 1 else "a part of a frame came; ")
        if not pcm:
            return
        with self._changed:
            self._fed_at = time.monotonic()
            self._pcm.append(pcm)
            self._waiting += len(pcm) // size
            while self._waiting > self._max_waiting:
                oldest = self._pcm.popleft()
                excess = min(len(oldest) // size, self._waiting - self._max_waiting)
                if excess < len(oldest) // size:
                    self._pcm.appendleft(oldest[size * excess :])
                self._waiting -= excess
                self._frames_passed += excess
                self._gap = True
            self._changed.notify()

    def start(self) -> None:
        """It runs as soon as it is connected."""

    def end(self) -> None:
        """No more sound will come; what is here is still read."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def stop(self) -> None:
        """End it at once."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        least, most = sample_counts(min_s, max_s)
        needed = -(-(least - len(self._backlog)) * self.rate // SAMPLE_RATE)
        with self._changed:
            self._changed.wait_for(lambda: self._waiting >= needed or self._ended or self._stopped, timeout_s)
            if self._stopped:
                return None
            self._take()
            ended = self._ended
        if ended and self._resampler is not None:
            self._backlog.append(self._resampler(np.zeros(0, np.float32), last=True))
            self._resampler = None
        self._backlog.drop(max(0, len(self._backlog) - most))
        if len(self._backlog) >= least or (ended and len(self._backlog)):
            return self._backlog.take(most)
        return None

    def _take(self) -> None:
        """Move what came to the backlog, as samples at 16 kHz."""
        if not self._waiting or self._resampler is None:
            return
        samples = np.frombuffer(b"".join(self._pcm), "<i2").astype(np.float32) / 32768
        frames = samples.reshape(-1, self.channels)
        if self._gap:
            self._resampler = StreamResampler(self.rate)
            self._backlog.jump(self._frames_passed / self.rate, dropped=True)
            self._gap = False
        self._frames_passed += len(frames)
        self._pcm.clear()
        self._waiting = 0
        self._backlog.append(self._resampler(self._mixer(frames)))


def other_kind(pcm: bytes) -> str:
    """What bytes that were sent as 16-bit PCM seem to be; empty for PCM.

    Files begin with their name. Of 32-bit float samples nearly all lie between 1e-7 and 2; pairs of 16-bit samples,
    read as floats, are spread over 76 powers of ten.
    """
    for names, kind in CONTAINERS:
        if pcm.startswith(names):
            return f"{kind} file"
    if pcm[4:8] == b"ftyp":
        return "MP4 file"
    if len(pcm) < 4 * LEAST_FLOATS or len(pcm) % 4:
        return ""
    floats = np.frombuffer(pcm, "<f4")
    sizes = np.abs(floats[floats != 0])
    if len(sizes) < LEAST_FLOATS:
        return ""
    plausible = np.isfinite(sizes) & (sizes > 1e-7) & (sizes <= 2.0)
    return "stream of 32-bit float samples" if plausible.mean() > 0.98 else ""
