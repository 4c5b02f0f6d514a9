"""What is known of the channels of a stream: how loud each one's voice and noise are, and which of them are copies."""

from __future__ import annotations

import numpy as np

SPEECH_HZ = (200.0, 4000.0)
"""Where the energy of voices is measured."""
COMPARED_HZ = (200.0, 7000.0)
"""Where channels are compared: the wider, the sharper the lag."""
LONGEST_LAG_S = 0.022
HISTORY = 160
"""Hops whose levels are remembered: 5 s."""
NOISE_PERCENTILE, SPEECH_PERCENTILE = 10, 97
"""Of the levels remembered: the noise lies at the one, the voice at the other. Steady noise has them 2 dB apart."""
FLOOR = 1e-10
"""Least power that counts, re full scale: -100 dB."""
HOLD_HOPS = 3750
"""A voice that pauses is remembered: its level falls by half in so many hops (2 minutes)."""
ACTIVE = 4.0
"""A hop with so many times the power of the noise (6 dB) says something of how channels belong together."""
PAIR_MEMORY = 64
"""Active hops that pairs of channels are averaged over: 2 s."""
FIRST_LOOKS = 4
"""The first hops with sound are judged one by one, later ones every ``JUDGED_EVERY``."""
JUDGED_EVERY = 4


class ChannelEvidence:
    """Gathers evidence hop by hop.

    Levels are powers in the speech band. Pairs are compared by their cross-spectrum, averaged over active hops of
    equal weight. Its inverse transform, with each bin divided by the root of its amplitude (between plain correlation
    and the phase transform of Knapp and Carter, 1976), peaks at the lag of a copy; the sign of the plain one at lag 0
    says whether two channels would cancel.
    """

    def __init__(self, rate: int, channels: int, hop: int):
        size = 2 * hop
        bin_hz = rate / size
        top = min(COMPARED_HZ[1], 0.45 * rate)
        first = max(1, int(min(COMPARED_HZ[0], top / 4) / bin_hz))
        last = max(first + 1, int(top / bin_hz) + 1)
        self._bins = slice(first, last)
        self._speech = max(1, min(int(SPEECH_HZ[1] / bin_hz) + 1, last) - first)
        self._window = np.hanning(size + 1)[:-1].astype(np.float32)[:, None]
        self._scale = 2 / (size * float(np.sum(self._window**2)))
        self._transform = 1 << int(np.ceil(np.log2(2 * last)))
        self._lags = max(1, round(LONGEST_LAG_S * self._transform * bin_hz))
        self._channels = channels
        self._left, self._right = np.triu_indices(channels, 1)
        self._levels = np.full((HISTORY, channels), FLOOR)
        self._looks = self._active_looks = 0
        self._held = np.full(channels, FLOOR)
        self._auto = np.zeros((channels, last - first))
        self._cross = np.zeros((len(self._left), last - first), np.complex128)
        self._ratio = np.zeros(len(self._left))
        self._ratio_spread = np.zeros(len(self._left))
        self._every = 1 + len(self._left) // 120  # of many channels pairs are compared less often
        self.noise = np.full(channels, FLOOR)
        """Power of the noise of each channel."""
        self.voice = np.full(channels, FLOOR)
        """Power of the loudest that was heard from each channel lately, a voice if it is well above the noise."""
        self.correlation = np.eye(channels)
        """Correlation at lag 0 of each pair, -1 to 1."""
        self.aligned = np.eye(channels)
        """The same, whitened: -1 to 1."""
        self.peak = np.eye(channels)
        """The whitened correlation at the best lag, 0 to 1."""
        self.spread_db = np.zeros((channels, channels))
        """Standard deviation of the difference in level of each pair over time."""

    @property
    def looks(self) -> int:
        """Hops with sound so far."""
        return self._looks

    def look(self, window: np.ndarray) -> bool:
        """Take in two hops (2 * hop, channels); whether there is something new to be judged."""
        spectra = np.fft.rfft(window * self._window, axis=0)[self._bins].T
        power = np.maximum(self._scale * np.sum(np.abs(spectra[:, : self._speech]) ** 2, axis=1), FLOOR)
        self._levels[self._looks % HISTORY] = power
        self._looks += 1
        judged = self._looks <= FIRST_LOOKS or self._looks % JUDGED_EVERY == 0
        if judged:
            self._measure_levels()
        if (power > ACTIVE * self.noise).any() or self._looks <= FIRST_LOOKS:
            self._active_looks += 1
            if self._active_looks <= FIRST_LOOKS or self._active_looks % self._every == 0:
                self._compare(spectra, power)
        if judged:
            self._judge_pairs()
        return judged

    def _measure_levels(self) -> None:
        levels = self._levels[: min(self._looks, HISTORY)]
        self.noise, loudest = np.percentile(levels, (NOISE_PERCENTILE, SPEECH_PERCENTILE), axis=0)
        self._held = np.maximum(self._held * 0.5 ** (JUDGED_EVERY / HOLD_HOPS), loudest)
        self.voice = self._held

    def _compare(self, spectra: np.ndarray, power: np.ndarray) -> None:
        count = -(-self._active_looks // self._every)
        share = max(1 / count, 1 / PAIR_MEMORY)
        spectra = spectra / np.sqrt(power.max())
        self._auto += share * (np.abs(spectra) ** 2 - self._auto)
        self._cross += share * (spectra[self._left] * spectra[self._right].conj() - self._cross)
        level_db = 10 * np.log10(power)
        apart = level_db[self._left] - level_db[self._right] - self._ratio
        self._ratio += share * apart
        self._ratio_spread = (1 - share) * (self._ratio_spread + share * apart**2)

    def _judge_pairs(self) -> None:
        left, right = self._left, self._right
        total = np.sqrt(self._auto.sum(axis=1)) + 1e-12
        self._fill(self.correlation, self._cross.real.sum(axis=1) / (total[left] * total[right]))
        amplitude = np.sqrt(np.sqrt(self._auto)) + 1e-9
        both = amplitude[left] * amplitude[right]
        whitened = self._cross / both
        weight = both.sum(axis=1)
        found = np.zeros((len(left), self._transform // 2 + 1), np.complex128)
        found[:, self._bins] = whitened
        by_lag = np.fft.irfft(found, axis=1) * (self._transform / 2 / weight[:, None])
        near = np.concatenate([by_lag[:, : self._lags + 1], by_lag[:, -self._lags :]], axis=1)
        self._fill(self.aligned, whitened.real.sum(axis=1) / weight)
        self._fill(self.peak, np.abs(near).max(axis=1))
        self._fill(self.spread_db, np.sqrt(self._ratio_spread))

    def _fill(self, matrix: np.ndarray, values: np.ndarray) -> None:
        matrix[self._left, self._right] = matrix[self._right, self._left] = values
