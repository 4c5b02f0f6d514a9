"""Who is in a made conversation: voices of one loudness, enrolment of recordings of their own, tapes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.audio.vad import detect_speech
from app.corpus.clips import Clip
from utils import SAMPLE_RATE, BadInput, read_audio

SPEECH_RMS = 0.05
"""Of an average voice: -26 dB relative to full scale."""
SUPPLY_S = 6.0
"""Speech that somebody must have besides the enrolment."""


@dataclass(frozen=True)
class Voice:
    """Levelled sound (n,) and which of its samples are speech (n,)."""

    samples: np.ndarray
    speech: np.ndarray

    @property
    def speech_s(self) -> float:
        return float(np.count_nonzero(self.speech)) / SAMPLE_RATE


@lru_cache(maxsize=300)
def listen(clip: Clip) -> Voice:
    """A clip at the usual loudness. The last few hundred are remembered: conversations share them."""
    samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
    peak = float(np.abs(samples).max())
    samples = samples * np.float32(0.5 / max(peak, 1e-4))  # voice activity detection does not hear whispers
    speech = detect_speech(samples).mask()
    rms = float(np.sqrt(np.mean(samples[speech] ** 2))) if speech.any() else 1.0
    return Voice(samples * np.float32(SPEECH_RMS / max(rms, 1e-4)), speech)


class Tape:
    """A speaker's clips, one after the other, as often as needed."""

    def __init__(self, voices: Sequence[Voice]):
        self._samples = np.concatenate([voice.samples for voice in voices])
        self._speech = np.concatenate([voice.speech for voice in voices])
        self._at = 0

    def take(self, seconds: float, shortest_s: float) -> Voice:
        """At most so much sound, beginning and ending with speech, and if there is such a piece not much shorter."""
        count, least, tried = round(seconds * SAMPLE_RATE), round(shortest_s * SAMPLE_RATE), 0
        while True:
            ahead = np.flatnonzero(self._speech[self._at :])
            if not len(ahead) or len(self._speech) - self._at - ahead[0] < min(count, len(self._speech)):
                self._at, ahead = 0, np.flatnonzero(self._speech)
            start = self._at + ahead[0]
            last = np.flatnonzero(self._speech[start : start + count])[-1]
            self._at = start + last + 1
            tried += 1
            if last >= least or tried == 20:  # else: a word alone, with silence behind it
                return Voice(self._samples[start : self._at], self._speech[start : self._at])


@dataclass(frozen=True)
class Cast:
    """The people of a conversation."""

    enrolment: dict[str, np.ndarray]
    """Name -> speech (m,) to enrol."""
    strangers: list[str]
    """Names of those who are not enrolled."""
    tapes: dict[str, Tape]
    """What everybody says, by name."""


def choose_cast(
    clips: Sequence[Clip], enrolled: int, strangers: int, enrolment_s: float, rng: np.random.Generator
) -> Cast:
    """People of ``clips`` in a random order. Raises BadInput if too few of them have enough speech."""
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    cast = Cast({}, [], {})
    for name in rng.permutation(sorted(by_speaker)).tolist():
        voices = [listen(by_speaker[name][i]) for i in rng.permutation(len(by_speaker[name]))]
        heard, rest = _split(voices, enrolment_s)
        if len(cast.enrolment) < enrolled and rest:
            cast.enrolment[name], cast.tapes[name] = heard, Tape(rest)
        elif len(cast.strangers) < strangers and sum(voice.speech_s for voice in voices) >= SUPPLY_S:
            cast.strangers.append(name)
            cast.tapes[name] = Tape(voices)
        if len(cast.tapes) == enrolled + strangers:
            return cast
    raise BadInput(
        f"of {len(by_speaker)} people {len(cast.enrolment)} can be enrolled ({enrolment_s:g} s of speech, and"
        f" {SUPPLY_S:g} s more in other recordings) and {len(cast.strangers)} can be strangers;"
        f" {enrolled} and {strangers} are needed."
    )


def _split(voices: list[Voice], enrolment_s: float) -> tuple[np.ndarray, list[Voice]]:
    """Speech to enrol (m,) and what is left; nothing is left if either would be too little."""
    heard: list[np.ndarray] = []
    count, rest = round(enrolment_s * SAMPLE_RATE), list(voices)
    while rest and sum(map(len, heard)) < count:
        voice = rest.pop()
        heard.append(voice.samples[voice.speech])
    enough = sum(map(len, heard)) >= count and sum(voice.speech_s for voice in rest) >= SUPPLY_S
    return np.concatenate([np.zeros(0, np.float32), *heard])[:count], rest if enough else []
