"""What the window shows of the live sound itself: its level, its spectrogram, the last ten minutes, who overlapped."""

from __future__ import annotations

import time

import numpy as np

from app.audio.recent import RecentSound
from app.diarisation.timeline import Turn
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
        self._channels: dict[int, RecentSound] = {}

    def push(self, samples: np.ndarray, start_s: float, channels: np.ndarray | None = None) -> None:
        """A block (n,) float32 at 16 kHz that begins at ``start_s`` of everything heard, and its ``channels`` (n, k)
        where several are heard each by itself."""
        for number in range(0 if channels is None else channels.shape[1]):
            self._channels.setdefault(number + 1, RecentSound()).add(channels[:, number], start_s)
        self.levels.push(samples, time.monotonic())
        self.recent.add(samples, start_s)
        self.mel.add(samples, start_s)

    def voice(self, turn: Turn) -> np.ndarray:
        """What is in memory of a turn, (n,) int16: of its own channel, if that was heard by itself then."""
        apart = self._channels.get(turn.channel)
        sound = self.recent.between(turn.start_s, turn.end_s)
        if apart is None or not (own := apart.between(turn.start_s, turn.end_s)).any():
            return sound
        return own

    def observe(self, identification: Identification, hop_s: float) -> None:
        """The answer about the newest ``hop_s`` of sound."""
        if identification.channel in (None, 1):
            self.levels.observe(identification, hop_s)
        self.overlaps.add(identification)

    def clear(self) -> None:
        """Forget all sound but its level, which belongs to the microphone."""
        self.recent.clear()
        self._channels.clear()
        self.mel.clear()
        self.overlaps = Overlaps()
