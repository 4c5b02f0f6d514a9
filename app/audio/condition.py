"""In what condition speech is heard: how wide its band is, and how far it stands above the noise. Of the samples alone,
whatever a header says: a telephone call kept at 48 kHz is a telephone call."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.vad import CHUNK, SPEECH, DetectedSpeech
from utils import SAMPLE_RATE

BANDS = 64
"""Bands of 125 Hz that a chunk's spectrum is summed into."""
BAND_HZ = SAMPLE_RATE / 2 / BANDS
NOISE = 0.2
"""A chunk counts as background below this probability of speech."""
GUARD = 2
"""So many chunks on either side of speech are not background: they hold its onset and decay."""
LEAST_BACKGROUND = 10
"""Chunks of background (0.3 s) that are needed before its level is believed."""
LEAST_SPEECH = 16
"""Chunks of speech (0.5 s) that are needed before a band is said."""
ABOVE_NOISE = 2.0
"""How many times the noise's power speech has in a band in which it stands above it."""
DEEPEST_DB = 30.0
"""A band this far below the middle of the voice (the median of 0.5 to 3.25 kHz) carries none of it: the slopes of
filters go on into noise that nobody hears."""
EMPTY_DB, SLOPE_BANDS = 40.0, 8
"""A line has cut a band off if nothing, noise neither, is less than this far below the middle of the voice, from 1 kHz
above its edge on. Else noise may hide what is there."""
SOFTEST = 0.1
"""Part of the speech's chunks that are softer than its softest sounds are taken to be."""
FLOOR_POWER = 1e-10
"""Least power of noise, re full scale: -100 dB, about what 16-bit rounding leaves."""
NOISE_MEMORY, SPEECH_MEMORY = 300, 125
"""Chunks over which noise (10 s) and speech (4 s) are averaged while they go on."""

_MIDDLE = slice(4, 26)
_WINDOW = np.hanning(CHUNK + 1)[:CHUNK].astype(np.float32)
_SCALE = np.float32(2 / (CHUNK * np.sum(np.square(_WINDOW, dtype=np.float64))))


@dataclass(frozen=True)
class SoundCondition:
    """What was measured; None where there was too little to tell."""

    bandwidth_hz: float | None = None
    """Highest frequency, up to 8000 Hz in steps of 125, at which speech still stands above the noise."""
    cut_off: bool = False
    """Whether there is nothing above it, noise neither: a line has no more than that band, which is below 7 kHz."""
    snr_db: float | None = None
    """Signal-to-noise ratio of the speech in dB, -20 to 60."""


class ConditionMeter:
    """Measures a stream, chunk by chunk of 32 ms: what was said since ``forget_speech``, and the background."""

    def __init__(self) -> None:
        self._recent: deque[np.ndarray] = deque(maxlen=GUARD + 1)  # powers of the newest chunks
        self._quiet = 0  # how many of the newest chunks in a row may be background
        self._noise = np.zeros(BANDS + 1)  # mean log power of each band, and of all
        self._noise_chunks = 0
        self.forget_speech()

    def forget_speech(self) -> None:
        """Somebody else may speak from here on. The background stays."""
        self._speech, self._weight = np.zeros(BANDS + 1), 0.0
        self._levels: deque[float] = deque(maxlen=SPEECH_MEMORY)

    @property
    def speech_chunks(self) -> int:
        """Chunks of speech that count now, at most the newest 125."""
        return len(self._levels)

    def add(self, chunks: np.ndarray, probabilities: Sequence[float]) -> None:
        """Take in the next chunks (k, 512) float32 with their probabilities (k,) of speech."""
        for power, probability in zip(_powers(chunks), probabilities, strict=True):
            if probability >= SPEECH:
                self._speech *= 1 - 1 / SPEECH_MEMORY
                self._speech += power
                self._weight = self._weight * (1 - 1 / SPEECH_MEMORY) + 1
                self._levels.append(power[-1])
            self._recent.append(power)
            self._quiet = self._quiet + 1 if probability < NOISE else 0
            if self._quiet > 2 * GUARD:
                self._noise_chunks += 1
                self._noise += (_log(self._recent[0]) - self._noise) / min(self._noise_chunks, NOISE_MEMORY)

    def condition(self) -> SoundCondition:
        """What is known now."""
        if not self._levels:
            return SoundCondition()
        noise = np.exp(self._noise) if self._noise_chunks >= LEAST_BACKGROUND else None
        return _condition(self._speech / self._weight, np.array(self._levels), noise)


def measure_condition(sound: DetectedSpeech) -> SoundCondition:
    """The condition of a whole recording. What does not fill a chunk at its end is left out."""
    count = len(sound.samples) // CHUNK
    powers = _powers(sound.samples[: count * CHUNK].reshape(-1, CHUNK))
    probabilities = sound.probabilities[:count]
    speech, quiet = powers[probabilities >= SPEECH], powers[background(probabilities)]
    if not len(speech):
        return SoundCondition()
    noise = None
    if len(quiet) >= LEAST_BACKGROUND:
        noise = np.exp(_log(quiet).mean(axis=0))
    return _condition(speech.mean(axis=0), speech[:, -1], noise)


def background(probabilities: np.ndarray) -> np.ndarray:
    """(k,) booleans: chunks of background, away from anything that may be speech, by the chunks' probabilities (k,)."""
    taken = np.convolve(probabilities >= NOISE, np.ones(2 * GUARD + 1), mode="full")
    return taken[GUARD : GUARD + len(probabilities)] == 0


def signal_to_noise_db(speech_power: float, noise_power: float) -> float:
    """10 log10((S - N) / N), kept within -20 to 60 dB.

    S is the mean power of the chunks with speech, which hold the noise as well; N is that of the background, whose rare
    breaths and bangs must not rule it. The noise is taken to be the same in both.
    """
    noise_power = max(noise_power, FLOOR_POWER)
    ratio = max(speech_power - noise_power, 0.0) / noise_power
    return min(60.0, max(-20.0, 10 * math.log10(max(ratio, 1e-12))))


def _condition(speech: np.ndarray, levels: np.ndarray, noise: np.ndarray | None) -> SoundCondition:
    """``speech``, ``noise``: power in each of the bands, and in all (BANDS + 1,); ``levels``: of each chunk of speech
    (n,)."""
    snr_db = bandwidth_hz = None
    cut_off = False
    if noise is not None:
        # Gain control raises the noise of pauses, not that beside speech: where there is noise in speech, none of its
        # sounds is softer.
        rank = int(SOFTEST * len(levels))
        snr_db = signal_to_noise_db(float(speech[-1]), min(float(noise[-1]), float(np.partition(levels, rank)[rank])))
    if len(levels) >= LEAST_SPEECH:
        decibels = _log(speech[:-1]) * (10 / math.log(10))
        middle = float(np.sort(decibels[_MIDDLE])[11])  # np.median takes four times as long
        heard = decibels >= middle - DEEPEST_DB
        if noise is not None:
            heard &= speech[:-1] >= ABOVE_NOISE * noise[:-1]
        edge = int(np.flatnonzero(heard)[-1]) + 1 if heard.any() else 0
        bandwidth_hz = edge * BAND_HZ
        above = decibels[edge + SLOPE_BANDS :]
        cut_off = edge > 0 and len(above) > 0 and bool((above <= middle - EMPTY_DB).all())
    return SoundCondition(bandwidth_hz, cut_off, snr_db)


def _powers(chunks: np.ndarray) -> np.ndarray:
    """(k, BANDS + 1): power of chunks (k, 512) in each band, and in all; an offset (DC) is no sound."""
    spectrum = np.fft.rfft(chunks * _WINDOW, axis=1)[:, 1:]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    bands = power.reshape(len(chunks), BANDS, -1).sum(axis=2) * _SCALE
    return np.concatenate([bands, bands.sum(axis=1, keepdims=True)], axis=1)


def _log(power: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(power, 1e-14))
