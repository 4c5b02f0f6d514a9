"""A log-mel spectrogram that grows with the sound: only new frames are computed, with NumPy alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from app.threads import product
from utils import SAMPLE_RATE, mel_edges_hz


@dataclass(frozen=True)
class MelConfig:
    hop_s: float = 0.02
    fft: int = 512
    bands: int = 48
    lowest_hz: float = 60.0
    highest_hz: float = 7600.0
    floor_db: float = -85.0
    """A band's power, in dB relative to full scale, that is drawn as nothing."""
    ceiling_db: float = -20.0
    """A band's power, in dB relative to full scale, that is drawn as the strongest."""
    capacity_s: float = 600.0


class MelSpectrogram:
    """Columns of ``bands`` values 0 to 255, the lowest band first, one for each hop of a clock.

    ``add`` from one thread, the rest from any. Memory: 2.4 kB a second, up to ``capacity_s``.
    """

    def __init__(self, config: MelConfig = MelConfig()):
        self.config = config
        self._hop = round(config.hop_s * SAMPLE_RATE)
        self._window = np.hanning(config.fft).astype(np.float32)
        self._filters = mel_filters(config)
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget all of it."""
        first = min(1024, round(self.config.capacity_s / self.config.hop_s))
        with self._lock:
            self._columns = np.zeros((first, self.config.bands), np.uint8)  # a ring, once it has grown to its capacity
            self._rest = np.zeros(0, np.float32)
            self._next = 0  # number of the next column
            self._next_s = 0.0  # where the next block is expected

    @property
    def nbytes(self) -> int:
        """Memory of the columns, in bytes; it grows up to what ``capacity_s`` takes."""
        return self._columns.nbytes

    @property
    def end_s(self) -> float:
        return self._next * self.config.hop_s

    def add(self, samples: np.ndarray, start_s: float) -> None:
        """Samples (n,) that begin at ``start_s``; what lies between is drawn as silence."""
        if abs(start_s - self._next_s) > 0.001:
            self._rest = self._rest[:0]
            self._append(np.zeros((max(0, round(start_s / self.config.hop_s) - self._next), self.config.bands)))
        self._next_s = start_s + len(samples) / SAMPLE_RATE
        sound = np.concatenate([self._rest, samples])
        count = (len(sound) - self.config.fft) // self._hop + 1
        if count < 1:
            self._rest = sound
            return
        frames = np.lib.stride_tricks.sliding_window_view(sound, self.config.fft)[:: self._hop][:count]
        spectrum = np.abs(np.fft.rfft(frames * self._window, axis=1)) / self._window.sum()
        power = product(spectrum.astype(np.float32) ** 2, self._filters)
        span = self.config.ceiling_db - self.config.floor_db
        level = (10 * np.log10(np.maximum(power, 1e-12)) - self.config.floor_db) / span
        self._append(255 * np.clip(level, 0.0, 1.0))
        self._rest = sound[count * self._hop :].copy()

    def picture(self, start_s: float, end_s: float, width: int) -> np.ndarray:
        """(bands, width) uint8 of that stretch, the highest band on top: of each pixel's columns the strongest."""
        hop_s = self.config.hop_s
        edges = np.linspace(start_s / hop_s, end_s / hop_s, width + 1)
        first, last = int(np.floor(edges[0])), int(np.ceil(edges[-1]))
        with self._lock:
            columns = self._read(first, last + 1)
        at = np.floor(edges[:-1]).astype(int) - first
        return np.ascontiguousarray(np.maximum.reduceat(columns, at, axis=0).T[::-1])

    def _read(self, first: int, last: int) -> np.ndarray:
        """Columns number ``first`` to ``last``; those that are not there (any more, or yet) are zero."""
        out = np.zeros((last - first, self.config.bands), np.uint8)
        size = len(self._columns)
        low, high = max(first, self._next - size, 0), min(last, self._next)
        if low < high:
            out[low - first : high - first] = self._columns[np.arange(low, high) % size]
        return out

    def _append(self, columns: np.ndarray) -> None:
        capacity = round(self.config.capacity_s / self.config.hop_s)
        with self._lock:
            self._next += max(0, len(columns) - capacity)  # a long gap
            columns = columns[-capacity:]
            needed, size = self._next + len(columns), len(self._columns)
            if needed > size < capacity:
                grown = np.zeros((min(capacity, max(needed, 2 * size)), self.config.bands), np.uint8)
                kept = self._read(max(0, self._next - size), self._next)
                grown[np.arange(self._next - len(kept), self._next) % len(grown)] = kept
                self._columns = grown
            numbers = np.arange(self._next, self._next + len(columns)) % len(self._columns)
            self._columns[numbers] = columns.astype(np.uint8)
            self._next += len(columns)


def mel_filters(config: MelConfig) -> np.ndarray:
    """(fft // 2 + 1, bands): triangles on the mel scale, 2595 log10(1 + f / 700), the highest value of each 1."""
    hz = np.fft.rfftfreq(config.fft, 1 / SAMPLE_RATE)
    edges = mel_edges_hz(config.bands, config.lowest_hz, config.highest_hz)
    rising = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0.0, np.minimum(rising, falling))
    # A band narrower than the distance of two bins may miss them all: it takes the nearest.
    for band in np.flatnonzero(filters.max(axis=0) == 0):
        filters[np.abs(hz - edges[band + 1]).argmin(), band] = 1.0
    return filters.astype(np.float32)
