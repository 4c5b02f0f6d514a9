"""What happens to sound before a microphone hears it: rooms, noise, speed; from a seeded generator."""

from __future__ import annotations

import numpy as np
from numpy import fft

from utils import SAMPLE_RATE


def rms(signal: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(signal), dtype=np.float64)))


def mix(speech: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """``speech`` (n,) with ``noise`` (n,) that many decibels below it."""
    level = rms(noise)
    if level < 1e-6:
        return speech
    return speech + noise * np.float32(rms(speech) / level * 10 ** (-snr_db / 20))


def random_stretch(recording: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """``length`` samples from anywhere in a recording, which starts again when it is over."""
    start = int(rng.integers(len(recording)))
    return np.take(recording, np.arange(start, start + length), mode="wrap")


def reverberate(speech: np.ndarray, room: np.ndarray) -> np.ndarray:
    """``speech`` (n,) in a room with this impulse response, cut to (n,)."""
    size = fast_length(len(speech) + len(room) - 1)
    return fft.irfft(fft.rfft(speech, size) * fft.rfft(room, size), size)[: len(speech)].astype(np.float32)


def noisy_room(speech: np.ndarray, room: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """``speech`` (n,) in a room with this impulse response, with coloured noise that far below it: (n,) float32."""
    speech = reverberate(speech.astype(np.float32), room)
    return mix(speech, coloured_noise(len(speech), rng), snr_db).astype(np.float32)


def fast_length(least: int) -> int:
    """The first length from ``least`` on whose only prime factors are 2, 3 and 5: a transform of it is quick."""
    length = least
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1


def direct_first(room: np.ndarray) -> np.ndarray:
    """A measured response from its direct sound on, at most 0.8 s of it: reverberation then does not shift speech."""
    start = int(np.abs(room).argmax())
    return room[start : start + int(0.8 * SAMPLE_RATE)].astype(np.float32)


def simulated_room(rt60_s: float, rng: np.random.Generator, direct_db: float | None = None) -> np.ndarray:
    """The impulse response of an imagined room, at most 0.8 s: the direct sound, a few echoes, a decaying tail.

    The tail is noise that falls by 60 dB in ``rt60_s`` (Polack 1988), faster for high frequencies as air and
    curtains make it; direct sound to tail ``direct_db``, or between -3 and 15 dB, as from a far to a near talker.
    """
    length = min(int(rt60_s * SAMPLE_RATE), int(0.8 * SAMPLE_RATE))
    time_s = np.arange(length) / SAMPLE_RATE
    spectrum = fft.rfft(rng.standard_normal(length))
    low = 1 / (1 + (fft.rfftfreq(length, 1 / SAMPLE_RATE) / rng.uniform(800, 3000)) ** 2)
    decay = -6.908 * time_s / rt60_s  # ln(1000): 60 dB
    tail = fft.irfft(spectrum * low, length) * np.exp(decay)
    tail += fft.irfft(spectrum * (1 - low), length) * np.exp(decay / rng.uniform(0.4, 1.0))
    tail[: int(rng.uniform(0.002, 0.02) * SAMPLE_RATE)] = 0  # nothing reaches the microphone before the first echo
    for at in rng.integers(int(0.001 * SAMPLE_RATE), int(0.04 * SAMPLE_RATE), size=rng.integers(2, 7)):
        if at < length:
            tail[at] += rng.choice((-1, 1)) * rng.uniform(0.1, 0.7) * np.abs(tail).max()
    energy = float(np.sum(np.square(tail))) or 1.0
    direct_db = rng.uniform(-3, 15) if direct_db is None else direct_db
    response = tail * np.sqrt(10 ** (-direct_db / 10) / energy)
    response[0] += 1.0
    return response.astype(np.float32)


def coloured_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise (n,) whose power falls (or rises) with frequency ** slope, slope -2 to 0.5, with a slow swell."""
    frequency = np.maximum(fft.rfftfreq(length, 1 / SAMPLE_RATE), 20.0)
    spectrum = fft.rfft(rng.standard_normal(length)) * frequency ** (rng.uniform(-2.0, 0.5) / 2)
    noise = fft.irfft(spectrum, length)
    swell = 1 + rng.uniform(0, 0.8) * np.sin(2 * np.pi * rng.uniform(0.1, 2) * np.arange(length) / SAMPLE_RATE)
    noise *= swell
    return (noise / rms(noise)).astype(np.float32)


def pink_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    """Noise (n,) of unit power that falls by 3 dB an octave, steady: the measured conversations have it behind them."""
    spectrum = fft.rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = fft.irfft(spectrum, length)
    return (noise / rms(noise)).astype(np.float32)


def change_speed(speech: np.ndarray, length: int) -> np.ndarray:
    """``speech`` (n,) played faster or slower so that it fills ``length`` samples: pitch and formants move with it."""
    import soxr

    if len(speech) == length:
        return speech
    out = soxr.resample(speech, len(speech), length, quality="LQ").astype(np.float32, copy=False)
    return np.resize(out, length) if len(out) < length else out[:length]
