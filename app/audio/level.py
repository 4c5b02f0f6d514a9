"""Measures of sound that is heard: how loud it is, whether it is clipped, whether there is any.

The meter, the figures of a recording and all warnings are made of these. An offset (DC), which nobody hears, is no
sound; and clipping is told by its shape, at whatever level it is now.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

FLOOR_DB = -120.0
FULL_SCALE = (0.999, 1.0 + 1e-6)
"""Where the converters of all widths have their last value. Floats above have headroom, and are not clipped for it."""
FLAT = (0.01, 0.04, 0.12)
"""The samples of a flat top differ by less than one of these parts of its height: the harder the clipping, the more
ripples resampling leaves on it."""
CORNER = 4.5
"""Beside a flat top the sound falls by so many times that much from one sample to the next. A smooth top, such as a
low tone has, falls by four times at the most where three samples of it are so close together (a parabola does)."""
SHORTEST_TOP = 3
"""Samples. The last values of a converter count one by one."""
LEAST_PEAK, LEAST_STEPS = 0.001, 64
"""Below this height, or below so many steps of its own quantisation, sound has flat tops that are no clipping."""


def power(samples: np.ndarray) -> float:
    """Mean square of samples (n,) about their mean, 1 for a square wave of full scale; 0 for none."""
    return float(np.var(samples, dtype=np.float64)) if len(samples) else 0.0


def decibels(mean_square: float) -> float:
    """A power in dB re full scale, -120 at least."""
    return max(FLOOR_DB, 10 * float(np.log10(max(mean_square, 1e-12))))


def level_db(samples: np.ndarray) -> float:
    """RMS level of samples (n,) without their offset, in dB re full scale, -120 to about 0; -120 for none."""
    return decibels(power(samples))


def is_still(samples: np.ndarray) -> bool:
    """Whether there is no sound in the samples (n,): zeros, or one other value all the time."""
    return not len(samples) or bool((samples == samples[0]).all())


class ClippingMeter:
    """Finds flat tops at the maximum of a recording, piece by piece."""

    def __init__(self, memory: int | None = None) -> None:
        """``memory``: pieces that count; None all."""
        self._pieces: deque[_Piece] = deque(maxlen=memory)

    def add(self, samples: np.ndarray) -> None:
        """Take in the next piece (n,), of 100 samples at least."""
        height = np.abs(samples)
        last = int(np.count_nonzero((height >= FULL_SCALE[0]) & (height <= FULL_SCALE[1])))
        self._pieces.append(_Piece(len(samples), (_tops(samples), _tops(-samples)), last))

    def fractions(self) -> np.ndarray:
        """Part of the samples of each piece that is clipped, 0 to 1, as far as is known by now."""
        highest = self._highest()
        return np.array([piece.clipped(highest) for piece in self._pieces])

    def newest(self, pieces: int = 1) -> float:
        """The same of the newest pieces together; those that are not there yet count as clean ones."""
        highest = self._highest()
        newest = [self._pieces[-n] for n in range(1, min(pieces, len(self._pieces)) + 1)]
        clipped, count = sum(piece.clipped(highest) * piece.count for piece in newest), sum(p.count for p in newest)
        return clipped / count * len(newest) / pieces if count else 0.0

    @property
    def at_full_scale(self) -> bool:
        """Whether the newest piece has samples at a converter's last values."""
        return bool(self._pieces and self._pieces[-1].last and max(self._highest()) <= FULL_SCALE[1])

    def _highest(self) -> tuple[float, float]:
        return tuple(max((piece.tops[side].peak for piece in self._pieces), default=0.0) for side in (0, 1))


@dataclass(frozen=True)
class _Tops:
    peak: float = 0.0
    flat: tuple[int, ...] = (0,) * len(FLAT)
    """Samples on flat tops at the peak, by how flat they are."""


@dataclass(frozen=True)
class _Piece:
    count: int
    tops: tuple[_Tops, _Tops]
    """Upwards and downwards."""
    last: int
    """Samples at full scale, none above it."""

    def clipped(self, highest: tuple[float, float]) -> float:
        flat = 0
        for tops, high in zip(self.tops, highest, strict=True):
            flat += max(n if tops.peak >= (1 - 2 * part) * high else 0 for n, part in zip(tops.flat, FLAT, strict=True))
        last = self.last if max(highest) <= FULL_SCALE[1] else 0
        return max(flat, last) / max(1, self.count)


def _tops(samples: np.ndarray) -> _Tops:
    if len(samples) < SHORTEST_TOP:
        return _Tops()
    peak = float(samples.max())
    if peak < LEAST_PEAK:
        return _Tops(peak)
    flat = tuple(_on_flat_tops(samples, peak, part) for part in FLAT)
    if any(flat):
        steps = np.diff(np.unique(samples))
        if len(steps) and peak < LEAST_STEPS * float(steps.min()):
            return _Tops(peak)
    return _Tops(peak, flat)


def _on_flat_tops(samples: np.ndarray, peak: float, part: float) -> int:
    high = samples >= (1 - part) * peak
    edges = np.flatnonzero(np.diff(high, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]  # [start, end)
    long = ends - starts >= SHORTEST_TOP
    if not long.any():
        return 0
    starts, ends = starts[long], ends[long]
    before = np.where(starts > 0, samples[np.maximum(starts - 1, 0)], peak)
    after = np.where(ends < len(samples), samples[np.minimum(ends, len(samples) - 1)], peak)
    sharp = np.minimum(before, after) < (1 - CORNER * part) * peak
    return int(np.sum((ends - starts)[sharp]))
