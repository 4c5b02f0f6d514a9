"""What a voice goes through before a microphone hears it: rooms, noise, other talkers, bad lines.

Every random choice comes from the generator that is passed in, so the same seed gives the same sound. One crop is
changed in one pass over its spectrum, which keeps the cost near a millisecond per second of speech.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy import fft

from app.audio.acoustics import (
    coloured_noise,
    direct_first,
    fast_length,
    mix,
    random_stretch,
    reverberate,
    rms,
    simulated_room,
)
from app.audio.lines.lines import lines_named, through
from utils import SAMPLE_RATE

Range = tuple[float, float]
Probability = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True)
class AugmentConfig:
    """How often crops are changed, and how hard. Ranges are drawn from evenly; levels are signal-to-noise ratios."""

    probability: Probability = 0.75
    """Part of the crops that are changed at all. The probabilities below are among these crops, but for the masks."""
    reverb: Probability = 0.4
    """Probability of a room."""
    real_room: Probability = 0.25
    """Probability that a room is a measured response, where there are any, and not a simulated one."""
    rt60_s: Range = (0.1, 0.9)
    """Reverberation times of the simulated rooms."""
    noise: Probability = 0.45
    """Probability of noise."""
    noise_snr_db: Range = (0.0, 22.0)
    babble: Probability = 0.3
    """Probability of other talkers."""
    babble_snr_db: Range = (3.0, 20.0)
    babble_voices: Annotated[int, Meta(ge=1)] = 3
    """Most other talkers at once."""
    colour: Probability = 0.5
    """Probability of an equaliser; half of these also limit the band."""
    clipping: Probability = 0.05
    """Probability of clipped peaks."""
    companding: Probability = 0.04
    """Probability of 8-bit mu-law, as on a telephone line."""
    line: Probability = 0.0
    """Probability of a line: a telephone's band, a codec, lost packets (``lines``)."""
    lines: dict[str, Annotated[float, Meta(gt=0)]] = field(default_factory=dict)
    """Line of app/audio/lines, or several in a row, -> how often it is drawn beside the others."""
    spectral_masks: Probability = 0.6
    """Probability of masks over the features (SpecAugment, Park et al. 2019), among all crops."""
    simulated_rooms: Count = 300
    """Number of rooms to choose from."""
    coloured_noises: Count = 12
    """Number of made noises beside the recordings."""


class Augmenter:
    """Changes one crop at a time; safe to share between processes that only read."""

    def __init__(
        self,
        config: AugmentConfig,
        noises: Sequence[np.ndarray] = (),
        rooms: Sequence[np.ndarray] = (),
        seed: int = 0,
    ):
        """``noises`` and ``rooms``: float32 recordings (n,) and impulse responses (n,) at 16 kHz; both may be empty.

        Simulated rooms and coloured noise are made here, once, from ``seed``.
        """
        rng = np.random.default_rng(seed)
        self.config = config
        self.noises = [*noises, *(coloured_noise(20 * SAMPLE_RATE, rng) for _ in range(config.coloured_noises))]
        self.real_rooms = [direct_first(room) for room in rooms]
        self.rooms = [simulated_room(rng.uniform(*config.rt60_s), rng) for _ in range(config.simulated_rooms)]
        self._lines = [lines_named(names) for names in config.lines]
        self._line_chances = np.array(list(config.lines.values())) / sum(config.lines.values() or [1])

    def __call__(
        self, speech: np.ndarray, rng: np.random.Generator, other_voice: Callable[[], np.ndarray] | None = None
    ) -> np.ndarray:
        """``speech`` (n,) float32 as a microphone might have heard it: (n,) float32, finite, peak at most 1.

        ``other_voice`` gives n samples of someone else, for babble; without it there is none.
        """
        config, n = self.config, len(speech)
        if rng.random() >= config.probability:
            return speech
        room, noise, babble, colour = rng.random(4) < (config.reverb, config.noise, config.babble, config.colour)
        speech = speech / max(rms(speech), 1e-4)  # silence stays silence
        if room:
            speech = reverberate(speech, self._pick_room(rng))
        if babble and other_voice is not None:
            voices = sum(other_voice() for _ in range(rng.integers(1, config.babble_voices + 1)))
            speech = mix(speech, voices, rng.uniform(*config.babble_snr_db))
        if noise and self.noises:
            recording = self.noises[rng.integers(len(self.noises))]
            speech = mix(speech, random_stretch(recording, n, rng), rng.uniform(*config.noise_snr_db))
        if colour:
            speech = equalise(speech, rng)
        if rng.random() < config.clipping:
            limit = rng.uniform(1.0, 3.0) * rms(speech)
            speech = np.clip(speech, -limit, limit)
        peak = max(float(np.abs(speech).max()), 1e-6)
        speech = speech * np.float32(10 ** (rng.uniform(-30.0, 0.0) / 20) / peak)
        if rng.random() < config.companding:
            speech = mu_law(speech)
        if self._lines and rng.random() < config.line:
            speech = through(speech, self._lines[rng.choice(len(self._lines), p=self._line_chances)], rng)
            speech = np.clip(speech, -1, 1)
        return (np.round(speech * 32767) / 32767).astype(np.float32)  # quiet recordings are coarse ones

    def _pick_room(self, rng: np.random.Generator) -> np.ndarray:
        rooms = self.rooms
        if self.real_rooms and (not rooms or rng.random() < self.config.real_room):
            rooms = self.real_rooms
        return rooms[rng.integers(len(rooms))]


def equalise(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``speech`` (n,) through a smooth random tone control of +-8 dB, and half of the time through a narrower band."""
    size = fast_length(len(speech))
    spectrum = fft.rfft(speech, size)
    frequency = fft.rfftfreq(size, 1 / SAMPLE_RATE)
    knots = np.array([0, 150, 400, 1000, 2500, 5000, 8000])
    gain_db = np.interp(frequency, knots, rng.uniform(-8, 8, size=len(knots)))
    if rng.random() < 0.5:
        kind = rng.random()
        if kind < 0.3:  # a telephone
            low, high = rng.uniform(200, 350), rng.uniform(3200, 3800)
        elif kind < 0.7:  # a codec of few bits
            low, high = 0.0, rng.uniform(3500, 7500)
        else:  # a small loudspeaker, a thin microphone
            low, high = rng.uniform(80, 400), 8000.0
        with np.errstate(divide="ignore"):
            gain_db -= 48 * np.maximum(0, np.log2(np.maximum(frequency, 1) / high))
            gain_db -= 24 * np.maximum(0, np.log2(low / np.maximum(frequency, 1))) if low else 0
    return fft.irfft(spectrum * 10 ** (gain_db / 20).astype(np.float32), size)[: len(speech)].astype(np.float32)


def mu_law(speech: np.ndarray, mu: float = 255.0) -> np.ndarray:
    """``speech`` (n,) within +-1 through 8-bit mu-law and back (ITU-T G.711's continuous curve)."""
    compressed = np.sign(speech) * np.log1p(mu * np.abs(speech)) / np.log1p(mu)
    compressed = np.round(compressed * 127) / 127
    return (np.sign(compressed) * np.expm1(np.abs(compressed) * np.log1p(mu)) / mu).astype(np.float32)


def mask_features(features: np.ndarray, rng: np.random.Generator) -> None:
    """Blank one or two bands (up to 10 of 80) and at most two moments (up to 0.15 s) of (bands, frames), in place.

    They become 0, which is the mean of every band, as the front end leaves it.
    """
    bands, frames = features.shape
    for _ in range(rng.integers(1, 3)):
        width = int(rng.integers(1, max(2, bands // 8 + 1)))
        at = int(rng.integers(bands - width + 1))
        features[at : at + width] = 0
    for _ in range(rng.integers(0, 3)):
        width = int(rng.integers(1, max(2, min(15, frames // 4) + 1)))
        at = int(rng.integers(frames - width + 1))
        features[:, at : at + width] = 0
