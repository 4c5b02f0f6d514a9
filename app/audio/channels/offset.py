"""A constant offset (DC) of each channel: found, and taken off."""

from __future__ import annotations

import numpy as np

LEAST = 5e-4
"""Offsets below this (-66 dB re full scale) are left alone: sound without one stays as it is, bit for bit."""
MEMORY = 64
"""Hops that an offset is averaged over: 2 s."""
SURE_AFTER = 8
"""Hops until an offset is believed: 0.25 s."""
CONSTANT = 4.0
"""It is so many times larger than its standard deviation from look to look. The mean of a voice with lopsided waves is
not zero either; it comes and goes with the voice, and is a part of it."""


class OffsetTracker:
    """Follows the offset of each channel, from looks at the last two hops (2 * hop, channels).

    Not a high-pass filter: that changes the phase of low voices, and a recording that is kept and read again would be
    filtered twice. The mean under a Hann window of two hops (64 ms) is blind to all of a voice.
    """

    def __init__(self, channels: int, hop: int):
        self._window = _hann(2 * hop)
        self._looks = 0
        self._mean = np.zeros(channels)
        self._spread = np.zeros(channels)  # variance of what single looks find
        self._taken = np.zeros(channels, bool)
        self._from = self._to = np.zeros(channels, np.float32)

    @property
    def active(self) -> bool:
        """Whether anything is to be taken off."""
        return bool(self._from.any() or self._to.any())

    def between(self, at: np.ndarray) -> np.ndarray:
        """The offsets (n, channels) at the parts ``at`` (n, 1) of this hop, 0 to 1."""
        return self._from + (self._to - self._from) * at

    def begin_again(self) -> None:
        """The next hop is the first one of what has been looked at already."""
        self._from = self._to

    def look(self, window: np.ndarray) -> None:
        """The last two hops (2 * hop, channels), before anything was taken off."""
        self._looks += 1
        share = max(1 / self._looks, 1 / MEMORY)
        apart = self._window @ window - self._mean
        self._mean = self._mean + share * apart
        self._spread = (1 - share) * (self._spread + share * apart**2)
        constant = np.abs(self._mean) > CONSTANT * np.sqrt(self._spread)
        if self._looks >= SURE_AFTER:
            self._taken |= constant & (np.abs(self._mean) >= LEAST)
        self._from = self._to
        if self._taken.any():
            self._to = np.where(self._taken, self._mean, 0).astype(np.float32)


def _hann(count: int) -> np.ndarray:
    """Weights that sum to 1."""
    window = np.hanning(count + 1)[:-1].astype(np.float32)
    return window / window.sum()
