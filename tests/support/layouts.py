"""One voice as stereo microphones, balanced lines, broken cables and interfaces with eight inputs give it."""

from __future__ import annotations

import numpy as np

from utils import SAMPLE_RATE


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def db(value: float) -> float:
    return 10 ** (value / 20)


def later(samples: np.ndarray, ms: float) -> np.ndarray:
    """The same, ``ms`` milliseconds later: parts of a sample too."""
    size = 2 * len(samples)
    phase = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size * ms / 1000 * SAMPLE_RATE)
    return np.fft.irfft(np.fft.rfft(samples, size) * phase, size)[: len(samples)]


def hum(count: int) -> np.ndarray:
    """Mains hum of 50 Hz with its harmonics, of RMS 1."""
    times = np.arange(count) / SAMPLE_RATE
    sound = sum(np.sin(2 * np.pi * 50 * k * times + k) / k for k in (1, 2, 3, 4, 5, 7, 9, 11))
    return sound / level(sound)


def babble(voices: list[np.ndarray], count: int) -> np.ndarray:
    """Many voices at once, without pauses, of RMS 1."""
    sound = sum(np.resize(np.roll(voice / level(voice), 4001 * index), count) for index, voice in enumerate(voices))
    return sound / level(sound)


def layouts(voice: np.ndarray, crowd: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """``voice`` (n,), with ``crowd`` (n,) of RMS 1 as the noise of people, as (n, channels) float32 by layout."""
    random, count, loud = np.random.default_rng(seed), len(voice), level(voice)
    white, nothing = random.standard_normal(count) * loud, np.zeros(count)

    def hiss(dbfs: float) -> np.ndarray:
        return db(dbfs) * random.standard_normal(count)

    made = {
        "L = R": [voice, voice],
        "L = -R": [voice, -voice],
        "L = -0.97 R": [-0.97 * voice, voice],
        "0.1 ms later": [voice, later(voice, 0.1)],
        "0.3 ms later": [voice, later(voice, 0.3)],
        "1 ms later": [voice, later(voice, 1)],
        "1 ms later, inverted": [voice, -later(voice, 1)],
        "5 ms later, 6 dB softer": [voice, later(voice, 5) / 2],
        "20 ms later": [voice, later(voice, 20)],
        "right dead": [voice, nothing],
        "left dead": [nothing, voice],
        "right constant": [voice, nothing + 0.1],
        "white noise, as loud": [voice, white],
        "white noise, 20 dB louder": [white * db(20), voice],
        "hum, 20 dB louder": [voice, hum(count) * loud * db(20)],
        "crowd, as loud": [voice, crowd * loud],
        "crowd, 10 dB louder": [voice, crowd * loud * db(10)],
        "offsets": [voice + 0.02, voice - 0.05],
        "one of 8": [*(hiss(-30) for _ in range(5)), voice, hiss(-30), nothing],
        "5.1, centre": [hiss(-45), hiss(-45), voice, hum(count) * 0.003, hiss(-50), hiss(-50)],
        "4, two inverted, two later": [voice, -voice, later(voice, 3), -later(voice, 3)],
    }
    return {name: np.stack(channels, axis=1).astype(np.float32) for name, channels in made.items()}
