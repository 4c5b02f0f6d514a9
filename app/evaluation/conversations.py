"""Conversations made of labelled speech, and how right a screen was while one was heard.

A conversation has a few enrolled people and strangers taking turns, with gaps and background noise. It is played
through the real engine; what counts is what the screen showed at each moment, so being late is being wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.recognition.identification import UNKNOWN, Identification
from app.recognition.speech import keep_speech
from app.recognition.timeline import Turn
from app.training.corpus import Clip
from utils import SAMPLE_RATE, BadInput, read_audio

GRID_S = 0.01


@dataclass(frozen=True)
class ConversationConfig:
    enrolled: int = 5
    strangers: int = 3
    stranger_share: float = 0.25
    """Part of the turns that strangers take."""
    length_s: float = 120.0
    turn_s: tuple[float, float] = (1.5, 8.0)
    gap_s: tuple[float, float] = (0.0, 2.0)
    enrolment_s: float = 20.0
    snr_db: float = 20.0
    """Speech to background noise (pink); infinite for none."""
    seed: int = 1


@dataclass(frozen=True)
class Conversation:
    samples: np.ndarray
    """(n,) float32 at 16 kHz"""
    turns: tuple[Turn, ...]
    """The reference; strangers keep their own names."""
    enrolment: dict[str, np.ndarray]
    """Name -> speech (m,) of other recordings than those in the conversation."""

    @property
    def strangers(self) -> set[str]:
        return {turn.label for turn in self.turns} - self.enrolment.keys()


def build_conversation(clips: Sequence[Clip], config: ConversationConfig) -> Conversation:
    """A conversation of people of ``clips``, the same for the same seed. Raises BadInput if they are too few."""
    rng = np.random.default_rng(config.seed)
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    people = [name for name in sorted(by_speaker) if len(by_speaker[name]) >= 3]
    if len(people) < config.enrolled + config.strangers:
        raise BadInput(f"{len(people)} speakers with three clips are too few for {config.enrolled + config.strangers}.")
    cast = [str(name) for name in rng.permutation(people)[: config.enrolled + config.strangers]]
    enrolled, strangers = cast[: config.enrolled], cast[config.enrolled :]

    enrolment, supply = {}, {}
    for name in cast:
        order = [by_speaker[name][i] for i in rng.permutation(len(by_speaker[name]))]
        heard = np.zeros(0, np.float32)
        while name in enrolled and len(heard) < config.enrolment_s * SAMPLE_RATE and len(order) > 1:
            heard = np.concatenate([heard, keep_speech(_level(_read(order.pop())))])
        if name in enrolled:
            enrolment[name] = heard[: round(config.enrolment_s * SAMPLE_RATE)]
        supply[name] = _Supply([_trim(_level(_read(clip))) for clip in order])

    pieces: list[np.ndarray] = []
    turns: list[Turn] = []
    at, last = 0, ""
    while at < config.length_s * SAMPLE_RATE:
        gap = round(rng.uniform(*config.gap_s) * SAMPLE_RATE)
        group = strangers if strangers and rng.random() < config.stranger_share else enrolled
        name = str(rng.choice([n for n in group if n != last] or group))
        piece = supply[name].take(rng.uniform(*config.turn_s))
        pieces += [np.zeros(gap, np.float32), piece]
        turns.append(Turn((at + gap) / SAMPLE_RATE, (at + gap + len(piece)) / SAMPLE_RATE, name))
        at, last = at + gap + len(piece), name
    sound = np.concatenate(pieces)
    if np.isfinite(config.snr_db):
        speech_power = np.mean(np.concatenate([s for s in pieces if s.any()]) ** 2)
        noise = _pink(len(sound), rng)
        sound = sound + noise * np.sqrt(speech_power / 10 ** (config.snr_db / 10))
    return Conversation(sound.astype(np.float32), tuple(turns), enrolment)


@dataclass(frozen=True)
class ScreenScore:
    """What the screen showed against what was so, over all moments further than a collar from a border of a turn."""

    error: float
    """Part of the reference speech time with the wrong label or none."""
    strangers_named: float
    """Part of the strangers' time with an enrolled person's name on it."""
    enrolled_unknown: float
    """Part of the enrolled people's time shown as unknown or nothing."""
    enrolled_confused: float
    """Part of the enrolled people's time with another enrolled person's name on it."""
    time_to_name_s: tuple[float, float]
    """Median and 95th percentile from an enrolled person's turn to the right name; infinite where it never came."""
    extra_changes_per_min: float
    """Label changes per minute beyond those of the reference."""


def score_screen(conversation: Conversation, said: Sequence[Identification], *, collar_s: float = 0.25) -> ScreenScore:
    """Score live answers, each of which is on the screen from its ``time_s`` until the next."""
    steps = round(len(conversation.samples) / SAMPLE_RATE / GRID_S)
    shown: list[str | None] = [None] * steps
    for now, then in zip(said, [*said[1:], None], strict=True):
        end = steps if then is None else min(steps, round(then.time_s / GRID_S))
        for step in range(round(now.time_s / GRID_S), end):
            shown[step] = now.label
    strangers = conversation.strangers
    moments = {"all": 0, "wrong": 0, "stranger": 0, "named": 0, "enrolled": 0, "missed": 0, "confused": 0}
    delays = []
    for turn in conversation.turns:
        want = UNKNOWN if turn.label in strangers else turn.label
        first, last = round(turn.start_s / GRID_S), min(steps, round(turn.end_s / GRID_S))
        if want != UNKNOWN:
            delays.append(next((i - first for i in range(first, last) if shown[i] == want), np.inf) * GRID_S)
        collar = round(collar_s / GRID_S)
        for got in shown[first + collar : last - collar]:
            moments["all"] += 1
            moments["wrong"] += got != want
            named = got not in (None, UNKNOWN)
            if want == UNKNOWN:
                moments["stranger"] += 1
                moments["named"] += named
            else:
                moments["enrolled"] += 1
                moments["missed"] += not named
                moments["confused"] += named and got != want
    labels = [label for label in shown if label is not None]
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    wanted = [UNKNOWN if turn.label in strangers else turn.label for turn in conversation.turns]
    due = sum(a != b for a, b in itertools.pairwise(wanted))
    return ScreenScore(
        error=moments["wrong"] / max(1, moments["all"]),
        strangers_named=moments["named"] / max(1, moments["stranger"]),
        enrolled_unknown=moments["missed"] / max(1, moments["enrolled"]),
        enrolled_confused=moments["confused"] / max(1, moments["enrolled"]),
        time_to_name_s=tuple(float(q) for q in np.quantile(delays or [np.inf], [0.5, 0.95], method="nearest")),
        extra_changes_per_min=max(0, changes - due) / (steps * GRID_S / 60),
    )


class _Supply:
    """A speaker's clips as one endless tape."""

    def __init__(self, clips: list[np.ndarray]):
        self._tape, self._at = np.concatenate(clips), 0

    def take(self, seconds: float) -> np.ndarray:
        count = min(round(seconds * SAMPLE_RATE), len(self._tape))
        if self._at + count > len(self._tape):
            self._at = 0
        self._at += count
        return self._tape[self._at - count : self._at]


def _read(clip: Clip) -> np.ndarray:
    return read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s)


def _level(samples: np.ndarray, rms: float = 0.05) -> np.ndarray:
    return samples * (rms / max(float(np.sqrt(np.mean(samples**2))), 1e-6))


def _trim(samples: np.ndarray) -> np.ndarray:
    """Without the silence before and after the speech, so that the reference's borders are true."""
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def _pink(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) of unit power, falling 3 dB an octave."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    noise = np.fft.irfft(spectrum, count)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)
