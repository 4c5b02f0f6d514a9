"""Who speaks in a simulated conversation: speech of one loudness, for enrolment and for the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.audio.reading.reader import read_audio
from app.audio.vad import detect_speech
from app.corpus.clips import Clip
from utils import SAMPLE_RATE, BadInput

SPEECH_RMS = 0.05
"""The level of an average voice: -26 dB relative to full scale."""
SUPPLY_S = 6.0
"""Speech that everybody must have for the conversation, besides the enrolment."""


@dataclass(frozen=True)
class LevelledSpeech:
    """Sound at the usual loudness, and where in it there is speech."""

    samples: np.ndarray
    """(n,) float32 at 16 kHz"""
    speech: np.ndarray
    """(n,) booleans: which samples are speech."""

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it."""
        return float(np.count_nonzero(self.speech)) / SAMPLE_RATE


@lru_cache(maxsize=300)
def load_speech(clip: Clip) -> LevelledSpeech:
    """A clip at the usual loudness. The last few hundred are remembered: conversations share them."""
    samples = read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)
    peak = float(np.abs(samples).max())
    samples = samples * np.float32(0.5 / max(peak, 1e-4))  # voice activity detection does not find whispers
    speech = detect_speech(samples).mask()
    rms = float(np.sqrt(np.mean(samples[speech] ** 2))) if speech.any() else 1.0
    return LevelledSpeech(samples * np.float32(SPEECH_RMS / max(rms, 1e-4)), speech)


class SpeechSource:
    """A speaker's clips, one after the other, as often as needed."""

    def __init__(self, clips: Sequence[LevelledSpeech]):
        self._samples = np.concatenate([clip.samples for clip in clips])
        self._speech = np.concatenate([clip.speech for clip in clips])
        self._position = 0

    def take(self, seconds: float, shortest_s: float) -> LevelledSpeech:
        """The next stretch of at most ``seconds``, beginning and ending with speech.

        It is at least ``shortest_s`` long if there is such a stretch among the next twenty.
        """
        count, least, tried = round(seconds * SAMPLE_RATE), round(shortest_s * SAMPLE_RATE), 0
        while True:
            ahead = np.flatnonzero(self._speech[self._position :])
            if not len(ahead) or len(self._speech) - self._position - ahead[0] < min(count, len(self._speech)):
                self._position, ahead = 0, np.flatnonzero(self._speech)
            start = self._position + ahead[0]
            last = np.flatnonzero(self._speech[start : start + count])[-1]
            self._position = start + last + 1
            tried += 1
            if last >= least or tried == 20:  # else: a word alone, with silence behind it
                return LevelledSpeech(self._samples[start : self._position], self._speech[start : self._position])


@dataclass(frozen=True)
class Speakers:
    """The people of a conversation."""

    enrolment: dict[str, np.ndarray]
    """Name -> speech (m,) to enrol."""
    strangers: list[str]
    """Names of those who are not enrolled."""
    sources: dict[str, SpeechSource]
    """Name -> what the person says, of enrolled people and strangers."""


def choose_speakers(
    clips: Sequence[Clip],
    enrolled: int,
    strangers: int,
    enrolment_s: float,
    rng: np.random.Generator,
    *,
    sessions: bool = False,
) -> Speakers:
    """People of ``clips`` in a random order. Raises BadInput if too few of them have enough speech.

    ``sessions``: enrol people who have several, from one of them, with as much as it has up to ``enrolment_s``.
    """
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    chosen = Speakers({}, [], {})
    for name in rng.permutation(sorted(by_speaker)).tolist():
        own = [by_speaker[name][i] for i in rng.permutation(len(by_speaker[name]))]
        loaded = [load_speech(clip) for clip in own]
        enrolment, rest = _split_sessions(own, enrolment_s) if sessions else _split(loaded, enrolment_s)
        if len(chosen.enrolment) < enrolled and rest:
            chosen.enrolment[name], chosen.sources[name] = enrolment, SpeechSource(rest)
        elif len(chosen.strangers) < strangers and sum(clip.speech_s for clip in loaded) >= SUPPLY_S:
            chosen.strangers.append(name)
            chosen.sources[name] = SpeechSource(loaded)
        if len(chosen.sources) == enrolled + strangers:
            return chosen
    needed = f"{enrolment_s:g} s of speech, and {SUPPLY_S:g} s more in other recordings"
    if sessions:
        needed = f"{SUPPLY_S:g} s of speech in one session, and as much in others"
    raise BadInput(
        f"of {len(by_speaker)} people {len(chosen.enrolment)} can be enrolled ({needed}) and"
        f" {len(chosen.strangers)} can be strangers; {enrolled} and {strangers} are needed."
    )


def _split(clips: list[LevelledSpeech], enrolment_s: float) -> tuple[np.ndarray, list[LevelledSpeech]]:
    """Speech to enrol (m,) and the clips that are left; none are left if either would be too little."""
    enrolment: list[np.ndarray] = []
    count, rest = round(enrolment_s * SAMPLE_RATE), list(clips)
    while rest and sum(map(len, enrolment)) < count:
        clip = rest.pop()
        enrolment.append(clip.samples[clip.speech])
    enough = sum(map(len, enrolment)) >= count and sum(clip.speech_s for clip in rest) >= SUPPLY_S
    return np.concatenate([np.zeros(0, np.float32), *enrolment])[:count], rest if enough else []


def _split_sessions(clips: list[Clip], enrolment_s: float) -> tuple[np.ndarray, list[LevelledSpeech]]:
    """Speech to enrol (m,) of the session of the first clip, and the clips of the others; none are left if either would
    be too little."""
    first = [load_speech(clip) for clip in clips if clip.session == clips[0].session]
    rest = [load_speech(clip) for clip in clips if clip.session != clips[0].session]
    enrolment = np.concatenate([clip.samples[clip.speech] for clip in first])[: round(enrolment_s * SAMPLE_RATE)]
    least = round(SUPPLY_S * SAMPLE_RATE)
    return enrolment, rest if len(enrolment) >= least and sum(clip.speech_s for clip in rest) >= SUPPLY_S else []
