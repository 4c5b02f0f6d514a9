"""What the window shows of the live sound itself: its level, its spectrogram, the last ten minutes, who overlapped."""

from __future__ import annotations

import time

import numpy as np

from app.audio.recent import RecentSound
from app.scoring.identification import Identification
from app.window.engine.levels import LevelTracker
from app.window.engine.overlaps import Overlaps
from app.window.engine.spectrogram import MelSpectrogram


class LiveSound:
    """Filled by the engine's thread. ``levels``, ``recent`` and ``mel`` may be read from any."""

    def __init__(self) -> None:
        self.levels = LevelTracker()
        self.recent = RecentSound()
        self.mel = MelSpectrogram()
        self.overlaps = Overlaps()

    def push(self, samples: np.ndarray, start_s: float) -> None:
        """A block (n,) float32 at 16 kHz that begins at ``start_s`` of everything heard."""
        self.levels.push(samples, time.monotonic())
        self.recent.add(samples, start_s)
        self.mel.add(samples, start_s)

    def observe(self, identification: Identification, hop_s: float) -> None:
        """The answer about the newest ``hop_s`` of sound."""
        if identification.channel in (None, 1):
            self.levels.observe(identification, hop_s)
        self.overlaps.add(identification)

    def clear(self) -> None:
        """Forget all sound but its level, which belongs to the microphone."""
        self.recent.clear()
        self.mel.clear()
        self.overlaps = Overlaps()
