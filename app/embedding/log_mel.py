"""``model.LogMel`` without torch, frame by frame: what of it does not depend on which window a frame belongs to."""

from __future__ import annotations

import numpy as np

from app.embedding.ecapa_onnx import FLOOR_POWER, HOP, N_FFT
from app.threads import product
from utils import mel_filters

AT_ONCE = 4096
"""Frames whose spectra are in memory at once."""


class LogMel:
    """Frames of sound -> decibels by band, before the floor and the mean of a window are taken off."""

    def __init__(self, mels: int):
        self.mels = mels
        """Bands."""
        self._hamming = (0.54 - 0.46 * np.cos(2 * np.pi / N_FFT * np.arange(N_FFT))).astype(np.float32)  # periodic
        self._filters = np.ascontiguousarray(mel_filters(mels, N_FFT).T, np.float32)

    def frames(self, frames: np.ndarray) -> np.ndarray:
        """(..., N_FFT) samples at 16 kHz -> (..., mels) float32."""
        flat = frames.reshape(-1, N_FFT)
        out = np.empty((len(flat), self.mels), np.float32)
        for at in range(0, len(flat), AT_ONCE):
            spectrum = np.fft.rfft(flat[at : at + AT_ONCE] * self._hamming, axis=1)
            power = product(spectrum.real**2 + spectrum.imag**2, self._filters)
            out[at : at + AT_ONCE] = np.log(np.maximum(power, FLOOR_POWER)) * (10 / np.log(10))
        return out.reshape(*frames.shape[:-1], self.mels)

    def waves(self, waves: np.ndarray) -> np.ndarray:
        """All frames of waves (B, n), centred every HOP samples, with zeros around: (B, n // HOP + 1, mels)."""
        padded = np.pad(waves, ((0, 0), (N_FFT // 2, N_FFT // 2)))
        return self.frames(np.lib.stride_tricks.sliding_window_view(padded, N_FFT, axis=1)[:, ::HOP])
