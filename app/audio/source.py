"""What a source of sound looks like to the rest of the program: a microphone and a file are the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np


class SourceState(Enum):
    WAITING = "waiting"
    """Not started, or being opened."""
    RUNNING = "running"
    SILENT = "silent"
    """Running, but nothing but exact zeros for a second: muted, or no permission to listen."""
    LOST = "lost"
    """The device went away; the source is looking for it and resumes by itself."""
    ENDED = "ended"
    """No more sound will come: the file is over, or the source was stopped."""


@dataclass(frozen=True)
class SourceStatus:
    """How a source is doing, at one moment."""

    state: SourceState
    message: str = ""
    """One line for the user; empty while all is well."""
    device: str = ""
    rate: int = 0
    """Hz, as the device was opened."""
    overflows: int = 0
    """Times the sound card reported lost input."""
    dropped_s: float = 0.0
    """Seconds of sound skipped in all because the reader was too slow."""
    notice: str = ""
    """What the user should know of its channels, such as "channel 2 is heard; channel 1 holds only noise"."""


@dataclass(frozen=True)
class AudioBlock:
    """Consecutive sound, mono float32 at 16 kHz, full scale +-1."""

    samples: np.ndarray
    """(n,) float32"""
    start_s: float
    """Time of the first sample on the source's own clock: seconds of sound since it started, skipped ones counted.

    While a device is gone the clock goes by the wall. So blocks follow each other without a gap exactly if one starts
    where the last one ended, to the millisecond."""
    dropped_s: float = 0.0
    """Seconds skipped right before this block because the reader was too slow."""
    channels: np.ndarray | None = None
    """(n, k) float32: channels to be heard each by itself, of which ``samples`` is the mean; None: there is one."""

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.samples) / 16_000


class AudioSource(Protocol):
    """Sound that arrives at its own pace. One thread reads; ``status`` may be read from any."""

    name: str

    @property
    def status(self) -> SourceStatus: ...

    def start(self) -> None:
        """Begin. May block while the device is opened. Raises HeardError if it cannot be had at all."""

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """The newest sound not read yet: at least ``min_s`` seconds (less only at the end), at most ``max_s``.

        If more than ``max_s`` is waiting the oldest of it is skipped and counted: a slow reader falls behind in
        nothing but detail. A file that is not played at its natural pace never skips. None if ``min_s`` did not
        arrive within ``timeout_s``, when the device goes away (``status.state`` is LOST), or at the end (ENDED).
        """

    def stop(self) -> None:
        """End it and free the device; safe to call twice and from another thread."""
