"""What somebody says between ``audio-start`` and ``audio-stop``: 16-bit PCM comes, samples of 16 kHz are made of it."""

from __future__ import annotations

import numpy as np

from app.audio.mixing import mix
from utils import BadInput, resample

LONGEST_S = 60.0
"""Of a longer one the rest is not looked at."""
RATES = (8_000, 192_000)
MOST_CHANNELS = 8


class Utterance:
    """Collects the sound of one."""

    def __init__(self, rate: int, width: int, channels: int):
        """``rate`` in Hz, ``width`` in bytes. Raises BadInput for what is no 16-bit PCM."""
        fits = width == 2 and RATES[0] <= rate <= RATES[1] and 1 <= channels <= MOST_CHANNELS
        if not fits:
            raise BadInput(
                f"sound is 16-bit PCM of 8 to 192 kHz; this is {8 * width}-bit, {rate} Hz, {channels} channels."
            )
        self._rate, self._channels = rate, channels
        self._most_bytes = round(LONGEST_S * rate) * 2 * channels
        self._pcm = bytearray()

    def add(self, pcm: bytes) -> None:
        self._pcm += pcm[: self._most_bytes - len(self._pcm)]

    def samples(self) -> np.ndarray:
        """All of it, (n,) float32 at 16 kHz, of several channels mixed."""
        whole = len(self._pcm) // (2 * self._channels) * 2 * self._channels
        frames = np.frombuffer(bytes(self._pcm[:whole]), "<i2").reshape(-1, self._channels).astype(np.float32) / 32768
        return resample(mix(frames, self._rate), self._rate) if len(frames) else np.zeros(0, np.float32)
