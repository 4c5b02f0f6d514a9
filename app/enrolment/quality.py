"""How good a recording is, in figures, and what is wrong with it, in words. Pure functions over arrays and values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum

import numpy as np

from app.audio.condition import background, signal_to_noise_db
from app.audio.level import FLOOR_DB, ClippingMeter, decibels, is_still, power
from app.audio.vad import CHUNK, CHUNK_S, SPEECH, DetectedSpeech
from app.scoring.decision import DecisionRule

MIN_NOISE_S = 0.3
"""Seconds of background that are needed before its level is believed."""
SETTLING = 20
"""So many chunks at the beginning (0.64 s) may hold the step of an offset that is being taken off."""
SILENT = 30
"""So many chunks (1 s) of one and the same value after them are no sound at all."""


@dataclass(frozen=True)
class SimilarityThresholds:
    """Cosines from which two recordings are judged to be of one person or of two. Every model has its own."""

    different: float
    """A cosine below this makes two people more likely than one."""
    same: float
    """A cosine of this or more is taken for one person: the threshold for a name."""

    @classmethod
    def of(cls, rule: DecisionRule) -> SimilarityThresholds:
        """The thresholds of a model: ``different`` is where its calibration gives even odds.

        The person being enrolled is known to be in front of the microphone. So a doubt needs more than a score below
        the threshold for a name, which is set where hardly any stranger comes through.
        """
        return cls(different=min(-rule.offset / rule.scale, rule.threshold), same=rule.threshold)


@dataclass(frozen=True)
class SpeakerMatch:
    """Whose voice a recording holds, by its embedding."""

    thresholds: SimilarityThresholds
    same_voice: float | None = None
    """Cosine to the other samples of this person, -1 to 1. None for the first."""
    nearest: str | None = None
    """The enrolled person of another name whose voice is the most alike. None if there is nobody else."""
    nearest_score: float | None = None
    """Cosine to the voiceprint of ``nearest``, -1 to 1."""


@dataclass(frozen=True)
class Quality:
    """The figures of a recording."""

    sound_s: float = 0.0
    """Length of the recording in seconds."""
    speech_s: float = 0.0
    """Seconds of the recording in which somebody speaks."""
    level_db: float = FLOOR_DB
    """RMS of the speech without its offset (DC), in dB re full scale."""
    noise_db: float | None = None
    """RMS of the background between the speech in dB re full scale. None if there is too little of it."""
    snr_db: float | None = None
    """Signal-to-noise ratio in dB, -20 to 60: ``signal_to_noise_db``. None if there is too little background."""
    clipped: float = 0.0
    """Fraction of the speech samples that are clipped, 0 to 1: see ``ClippingMeter``."""
    all_zero: bool = False
    """Whether there is no sound in it, zeros or an offset alone: muted, or no permission to listen."""
    speaker_match: SpeakerMatch | None = None
    """Whose voice it is. None while the model is not loaded, or when there is too little speech."""


@dataclass(frozen=True)
class Limits:
    """The figures from which on a recording is good enough."""

    speech_s: float = 4.0
    """Least speech, in seconds."""
    usable_speech_s: float = 1.0
    """Least speech that can be used at all; a recording with more is kept if no better one comes."""
    level_db: float = -50.0
    """Least RMS of the speech in dB re full scale. Below it the rounding to 16 bits begins to cost."""
    clipped: float = 0.01
    """Most of the speech samples that may be clipped, 0 to 1."""
    snr_db: float = 10.0
    """Least signal-to-noise ratio in dB."""


LIMITS = Limits()


class Fault(Enum):
    """What can be wrong with a recording."""

    MUTE = "mute"
    SHORT = "short"
    QUIET = "quiet"
    CLIPPED = "clipped"
    NOISY = "noisy"
    OTHER_VOICE = "other voice"
    ENROLLED = "already enrolled"
    NOT_SOFTER = "not softer"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a recording."""

    fault: Fault
    text: str
    """What is wrong and what to do about it, for the person."""
    usable: bool = True
    """Whether the recording may be kept if no better one can be had."""
    again: bool = True
    """Whether recording again can help."""
    who: str = ""
    """Of a voice that is enrolled already: under which name."""


class SoundMeter:
    """Measures a recording while it grows, chunk by chunk of 32 ms."""

    def __init__(self) -> None:
        self._power: list[float] = []
        self._clipping = ClippingMeter()
        self._probability: list[float] = []
        self._moving = self._still = 0  # chunks with sound; those without any since then

    def add(self, chunk: np.ndarray, probability: float) -> None:
        """Take in a chunk (512,) float32, full scale +-1, with its probability of speech, 0 to 1."""
        self._power.append(power(chunk))
        self._clipping.add(chunk)
        self._probability.append(float(probability))
        still = is_still(chunk)
        self._moving, self._still = self._moving + (not still), self._still + 1 if still else 0

    @property
    def speech_s(self) -> float:
        """Seconds of speech so far."""
        return sum(p >= SPEECH for p in self._probability) * CHUNK_S

    @property
    def _all_zero(self) -> bool:
        return not self._moving or (self._moving <= SETTLING and self._still >= SILENT)

    def quality(self, match: SpeakerMatch | None = None) -> Quality:
        """The figures so far."""
        if not self._power:
            return Quality(speaker_match=match)
        power, probability = np.array(self._power), np.array(self._probability)
        speech, noise = power[probability >= SPEECH], power[background(probability)]
        enough = len(noise) * CHUNK_S >= MIN_NOISE_S
        noise_power = float(np.median(noise)) if enough else None
        return Quality(
            sound_s=len(power) * CHUNK_S,
            speech_s=len(speech) * CHUNK_S,
            level_db=decibels(float(speech.mean())) if len(speech) else FLOOR_DB,
            noise_db=None if noise_power is None else decibels(noise_power),
            snr_db=signal_to_noise_db(float(speech.mean()), noise_power)
            if len(speech) and noise_power is not None
            else None,
            clipped=float(np.mean(self._clipping.fractions()[probability >= SPEECH])) if len(speech) else 0.0,
            all_zero=self._all_zero,
            speaker_match=match,
        )


def measure(sound: DetectedSpeech) -> Quality:
    """Measure a whole recording. What does not fill a chunk at its end is left out."""
    meter = SoundMeter()
    for index in range(len(sound.samples) // CHUNK):
        meter.add(sound.samples[index * CHUNK : (index + 1) * CHUNK], sound.probabilities[index])
    return meter.quality()


def judge(quality: Quality, limits: Limits = LIMITS) -> list[Problem]:
    """Say what is wrong with a recording, the worst first. Nothing if it is good."""
    if quality.all_zero:
        text = "the microphone gives only silence: unmute it, or allow this program to use it in the system's settings."
        return [Problem(Fault.MUTE, text, usable=False)]
    problems = []
    if quality.speech_s < limits.speech_s:
        text = f"only {quality.speech_s:.1f} s of speech: keep talking until the bar is full."
        problems.append(Problem(Fault.SHORT, text, usable=quality.speech_s >= limits.usable_speech_s))
        if not problems[0].usable:
            return problems  # the other figures rest on too little
    if quality.speaker_match:
        problems += _judge_match(quality.speaker_match)
    if quality.clipped > limits.clipped:
        text = (
            f"the microphone clips ({quality.clipped:.1%} of the speech): lower its input level, or move away a little."
        )
        problems.append(Problem(Fault.CLIPPED, text))
    if quality.level_db < limits.level_db:
        text = f"too quiet ({quality.level_db:.0f} dB): move closer, or raise the microphone's input level."
        problems.append(Problem(Fault.QUIET, text))
    if quality.snr_db is not None and quality.snr_db < limits.snr_db:
        text = f"too much noise ({quality.snr_db:.0f} dB over it): move closer, or make the room quieter."
        problems.append(Problem(Fault.NOISY, text))
    return problems


def _judge_match(match: SpeakerMatch) -> list[Problem]:
    problems = []
    if match.same_voice is not None and match.same_voice < match.thresholds.different:
        text = (
            f"this sounds like somebody else than the samples before ({match.same_voice:.2f}, one voice has"
            f" {match.thresholds.different:.2f} or more): only the person being enrolled should speak."
        )
        problems.append(Problem(Fault.OTHER_VOICE, text, usable=False))
    if match.nearest is not None and match.nearest_score >= match.thresholds.same:
        text = f"this voice is already enrolled as {match.nearest} ({match.nearest_score:.2f})."
        problems.append(Problem(Fault.ENROLLED, text, again=False, who=match.nearest))
    return problems


def quality_figures(quality: Quality) -> dict[str, object]:
    """A recording's figures as JSON values."""
    out = {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(quality).items()}
    out.pop("speaker_match")  # it compares with other people: none of their names belongs into this person's folder
    if quality.speaker_match and quality.speaker_match.same_voice is not None:
        out["same_voice"] = round(quality.speaker_match.same_voice, 4)
    return out
