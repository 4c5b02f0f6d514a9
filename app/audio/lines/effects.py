"""What speech meets on its way that is no codec: narrow bands, gain control, lost packets, distance, noise.

Nothing here shifts speech in time. Every class is called with samples (n,) float32 at 16 kHz and a random generator,
and gives (n,) float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy import fft

from app.audio.acoustics import coloured_noise, fast_length, mix, random_stretch, reverberate, rms, simulated_room
from app.audio.lines.codecs import fit
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class Band:
    """Only some frequencies: as an eighth-order Butterworth filter, but without its delay."""

    high_hz: float
    low_hz: float = 0.0
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        size = fast_length(len(samples) + SAMPLE_RATE // 10)  # what rings on does not come round to the beginning
        frequency = np.maximum(fft.rfftfreq(size, 1 / SAMPLE_RATE), 1e-3)
        gain = 1 / np.sqrt(1 + (frequency / self.high_hz) ** 16)
        if self.low_hz:
            gain /= np.sqrt(1 + (self.low_hz / frequency) ** 8)
        return fft.irfft(fft.rfft(samples, size) * gain, size)[: len(samples)].astype(np.float32)


@dataclass(frozen=True)
class Resampled:
    """Sound that was kept at a lower rate: nothing is left above half of it."""

    rate: int
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        import soxr

        low = soxr.resample(samples, SAMPLE_RATE, self.rate)
        return fit(soxr.resample(low, self.rate, SAMPLE_RATE), len(samples))


@dataclass(frozen=True)
class GainControl:
    """Automatic gain: what is soft comes up towards ``target_db``, pauses with it; what is loud comes down at once."""

    target_db: float = -20.0
    """RMS level of 10 ms at full effect, relative to full scale."""
    most_db: float = 30.0
    fall_s: float = 0.02
    """Time constant in which the gain falls when speech begins..."""
    rise_s: float = 0.6
    """...and in which it rises again."""
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        hop = SAMPLE_RATE // 100
        frames = np.pad(samples, (0, -len(samples) % hop)).reshape(-1, hop)
        level_db = 10 * np.log10(np.maximum(np.mean(np.square(frames, dtype=np.float64), axis=1), 1e-12))
        wanted = np.minimum(self.target_db - level_db, self.most_db).tolist()
        falls, rises = (1 - np.exp(-0.01 / seconds) for seconds in (self.fall_s, self.rise_s))
        gain, gains = wanted[0], []
        for each in wanted:
            gain += (each - gain) * (falls if each < gain else rises)
            gains.append(gain)
        at = np.interp(np.arange(len(samples)), np.arange(len(gains)) * hop + hop / 2, gains)
        return np.clip(samples * 10 ** (at / 20), -1, 1).astype(np.float32)


@dataclass(frozen=True)
class PacketLoss:
    """Packets of 20 ms, some of which do not come: silence instead of each, or the one before once more, softer."""

    share: float
    """0 to 1: part of the packets that are lost, each by itself."""
    repeat: bool = False
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = SAMPLE_RATE // 50
        packets = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size).astype(np.float32)
        lost = rng.random(len(packets)) < self.share
        for index in np.flatnonzero(lost):
            packets[index] = 0.7 * packets[index - 1] if self.repeat and index else 0
        return packets.reshape(-1)[: len(samples)]


@dataclass(frozen=True)
class Room:
    """A talker so far from the microphone in a simulated room of 60 cubic metres, as loud as before.

    Reverberation is as strong as direct sound at the critical distance, 0.057 * sqrt(volume / RT60) metres after
    Sabine, and direct sound falls by 6 dB as the distance doubles.
    """

    distance_m: float
    rt60_s: tuple[float, float] = (0.25, 0.6)
    volume_m3: float = 60.0
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rt60_s = rng.uniform(*self.rt60_s)
        critical_m = 0.057 * np.sqrt(self.volume_m3 / rt60_s)
        direct_db = float(20 * np.log10(critical_m / self.distance_m))
        heard = reverberate(samples.astype(np.float32), simulated_room(rt60_s, rng, direct_db=direct_db))
        return heard * np.float32(rms(samples) / max(rms(heard), 1e-9))


@dataclass(frozen=True)
class Noise:
    """Noise so far below the speech: a stretch of one of ``recordings``, each (n,) at 16 kHz, or coloured noise."""

    snr_db: float
    recordings: tuple[np.ndarray, ...] = ()
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.recordings:
            noise = random_stretch(self.recordings[int(rng.integers(len(self.recordings)))], len(samples), rng)
        else:
            noise = coloured_noise(len(samples), rng)
        return mix(samples, noise, self.snr_db).astype(np.float32)
