"""What of one channel is only the echo of another: a voice that leaks from it is not to be heard twice.

A frequency-domain Kalman filter in partitions (Enzner & Vary, "Frequency-domain adaptive Kalman filter for acoustic
echo control in hands-free telephones", Signal Processing 86, 2006; in partitions: Kuech, Mabande & Enzner, ICASSP 2014)
learns the path from the reference to the channel, half a second long. It also knows how far it may be wrong, so that an
echo is taken for one before the path is well known, and a voice that speaks at the same time does not spoil it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 512
"""Samples at 16 kHz taken at a time: a chunk of the speech detector."""


@dataclass(frozen=True)
class EchoConfig:
    partitions: int = 16
    """Length of the path, in blocks of 32 ms."""
    coupling: float = 4.0
    """Power of an echo in times that of its origin that is thought possible before anything is known."""
    memory: float = 0.9995
    """How much of what is known of the path holds a block later."""
    local_share: float = 0.2
    """Share of a block's power that must be no echo for the block to be heard."""
    loud_ratio: float = 0.0
    """Times that the origin must be more powerful than the channel for it to be learned from and counted as an origin:
    0 where echoes go one way only, such as from a loudspeaker to a microphone."""
    floor: float = 3e-6
    """Power of a sample, -55 dB, below which there is no origin: the noise of a line teaches nothing about echoes."""


class EchoFilter:
    """``filter(channel, reference)`` takes consecutive blocks (512,) float32 of both, on one clock.

    It returns the block without the echo: what is left of it where somebody speaks here, or zeros where nobody does.
    """

    def __init__(self, config: EchoConfig = EchoConfig()):
        self.config = config
        count, bins = config.partitions, BLOCK + 1
        self._spectra = np.zeros((count, bins), np.complex128)  # of the reference, the newest first
        self._path = np.zeros((count, bins), np.complex128)
        decay = 10 ** (-np.arange(count) / count)  # late parts of an echo are weaker
        self._doubt = np.repeat((config.coupling * decay / decay.sum())[:, None], bins, axis=1)
        self._local = np.zeros(bins)  # power of what is no echo
        self._before = np.zeros(BLOCK, np.float64)
        self._levels = np.zeros(count)  # power of the reference's blocks, the newest first
        self._shares = np.zeros(3)  # of the newest blocks that may have been echoes

    def __call__(self, channel: np.ndarray, reference: np.ndarray) -> np.ndarray:
        config = self.config
        reference = reference.astype(np.float64)
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(np.concatenate([self._before, reference]))
        self._before = reference
        self._levels = np.roll(self._levels, 1)
        self._levels[0] = np.mean(reference**2)
        power = float(np.mean(np.square(channel, dtype=np.float64)))
        loudest = self._levels.max()
        if loudest < config.floor or loudest < config.loud_ratio * power:
            return channel
        echo = np.fft.irfft((self._spectra * self._path).sum(axis=0))[BLOCK:]
        rest = channel - echo
        error = np.fft.rfft(np.concatenate([np.zeros(BLOCK), rest]))
        energy = np.abs(self._spectra) ** 2
        doubtful = (energy * self._doubt).sum(axis=0)
        here = self._share_here(np.abs(error) ** 2, doubtful, power)
        self._learn(error, energy, doubtful)
        return rest.astype(np.float32) if here else np.zeros(BLOCK, np.float32)

    def _share_here(self, error: np.ndarray, doubtful: np.ndarray, power: float) -> bool:
        """Whether somebody speaks here: what is neither echo nor may be, in parts of all that is heard. Over three
        blocks, for a voice is not weak in one of them only."""
        local = np.maximum(error - 0.5 * doubtful, 0.0).sum()  # half of a frame is zeros
        whole = power * BLOCK * (BLOCK + 1)
        self._shares = np.roll(self._shares, 1)
        self._shares[0] = local / whole if whole > 0 else 1.0
        return bool(self._shares.mean() >= self.config.local_share)

    def _learn(self, error: np.ndarray, energy: np.ndarray, doubtful: np.ndarray) -> None:
        self._local = 0.8 * self._local + 0.2 * np.abs(error) ** 2 if self._local.any() else np.abs(error) ** 2
        gain = self._doubt / (doubtful + 2 * self._local + 1e-12)
        step = np.fft.irfft(gain * self._spectra.conj() * error, axis=1)
        step[:, BLOCK:] = 0
        memory = self.config.memory
        self._path = memory * (self._path + np.fft.rfft(step, axis=1))
        kept = np.maximum(1 - 0.5 * gain * energy, 0.0)
        self._doubt = memory**2 * kept * self._doubt + (1 - memory**2) * np.abs(self._path) ** 2
