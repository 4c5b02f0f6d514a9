"""The input level for the eye: fed by the engine's thread a block at a time, read by the window thirty times a second.

A block of sound is cut into short pieces which come due one after the other, so that the meter moves
evenly. The window's own clock decides how far it falls.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from app.audio.level import FLOOR_DB, ClippingMeter, level_db
from app.scoring.identification import Identification
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class LevelConfig:
    piece_s: float = 1 / 30
    """Length of the pieces that come due one after the other."""
    fall_db_per_s: float = 60.0
    """How fast the bar falls after a loud piece; it rises at once."""
    peak_hold_s: float = 1.5
    clipped: float = 0.0005
    """Part of a second from which on sound is clipped: three equal samples at the top are in any voice now and then."""
    clip_hold_s: float = 2.0
    """How long clipping stays on the screen."""
    ceiling_s: float = 10.0
    """Sound is clipped at the maximum of so many seconds."""
    quiet_db: float = -45.0
    """RMS of speech below which the microphone counts as too far away, or turned down too far."""
    quiet_after_s: float = 1.5
    """How long speech must stay below ``quiet_db`` before the user is told."""
    quiet_hold_s: float = 3.0
    """How long the hint "too quiet" stays in a pause of the speech."""


@dataclass(frozen=True)
class Level:
    """What the meter shows at one moment; dB relative to full scale, -120 to 0."""

    db: float = FLOOR_DB
    peak_db: float = FLOOR_DB
    """The loudest of the last moments."""
    clipping: bool = False
    too_quiet: bool = False


class LevelTracker:
    """Fed by the engine's thread (``push``, ``observe``), read by the window's (``read``)."""

    def __init__(self, config: LevelConfig = LevelConfig()):
        self.config = config
        self._lock = threading.Lock()
        self._due: deque[tuple[float, float, bool]] = deque(maxlen=round(4 / config.piece_s))
        self.reset()

    def reset(self) -> None:
        """Forget everything: another input, or none."""
        with self._lock:
            self._due.clear()
            self._clipping = ClippingMeter(memory=round(self.config.ceiling_s / self.config.piece_s))
            self._db = self._peak_db = FLOOR_DB
            self._read_s = self._peak_s = self._clip_s = -np.inf
            self._quiet_speech_s = 0.0
            self._pause_s = 0.0

    def push(self, samples: np.ndarray, now_s: float) -> None:
        """A block (n,) float32 that arrived at ``now_s``; its pieces come due from then on."""
        size = round(self.config.piece_s * SAMPLE_RATE)
        second = round(1 / self.config.piece_s)
        pieces = [samples[at : at + size] for at in range(0, len(samples), size)]
        with self._lock:
            for index, piece in enumerate(pieces):
                self._clipping.add(piece)
                due_s = now_s + index * self.config.piece_s
                self._due.append((due_s, level_db(piece), self._clips(second)))

    def _clips(self, second: int) -> bool:
        meter = self._clipping
        return meter.at_full_scale or (meter.newest() > 0 and meter.newest(second) >= self.config.clipped)

    def observe(self, identification: Identification, hop_s: float) -> None:
        """Take note of how loud speech is, from one answer about ``hop_s`` of sound."""
        speech = identification.speech_probability >= 0.5
        with self._lock:
            if speech:
                self._quiet_speech_s = (
                    self._quiet_speech_s + hop_s if identification.level_db < self.config.quiet_db else 0.0
                )
                self._pause_s = 0.0
            else:
                self._pause_s += hop_s
                if self._pause_s >= self.config.quiet_hold_s:
                    self._quiet_speech_s = 0.0

    def read(self, now_s: float) -> Level:
        """The meter at ``now_s``, which is not before the time of the last read."""
        config = self.config
        with self._lock:
            fallen = config.fall_db_per_s * max(0.0, now_s - self._read_s) if np.isfinite(self._read_s) else 0.0
            self._db = max(FLOOR_DB, self._db - fallen)
            self._read_s = now_s
            while self._due and self._due[0][0] <= now_s:
                _, db, clipped = self._due.popleft()
                self._db = max(self._db, db)
                self._clip_s = now_s if clipped else self._clip_s
            if self._db >= self._peak_db or now_s - self._peak_s > config.peak_hold_s:
                self._peak_db, self._peak_s = self._db, now_s
            return Level(
                self._db,
                self._peak_db,
                clipping=now_s - self._clip_s <= config.clip_hold_s,
                too_quiet=self._quiet_speech_s >= config.quiet_after_s,
            )
