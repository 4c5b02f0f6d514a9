"""Conversations simulated from labelled speech, the same for the same seed.

A few enrolled people and strangers take turns, with gaps and some overlap, in quiet or with noise, near or in a room.
The same seed gives the same turns in every condition. ``docs/conversations.md`` says what is measured on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.acoustics import pink_noise, random_stretch, reverberate, simulated_room
from app.audio.lines.lines import through
from app.corpus.clips import Clip
from app.diarisation.timeline import Turn
from app.evaluation.conversations.reference import Reference
from app.evaluation.conversations.speakers import Speakers, SpeechSource, choose_speakers, load_speech
from utils import SAMPLE_RATE

FLOOR_RMS = 1e-4
"""The level of the sound card's own noise, -80 dB, which is always there."""
TAIL_S = 0.6
"""What a line may add to the end of a turn: the rest of a room's reverberation."""
PAUSE_S = 0.3
"""The length from which on a silence does not count as speech, as in NIST's evaluations."""


@dataclass(frozen=True)
class ConversationConfig:
    enrolled: int = 5
    """How many people are enrolled."""
    strangers: int = 3
    """How many people of the table speak without being enrolled."""
    stranger_share: float = 0.25
    """Part of the speech, about, that strangers say."""
    impostor_share: float = 0.5
    """Part of the strangers' turns that clips of other people fill, if there are any; each clip is a new stranger."""
    length_s: float = 120.0
    """The conversation ends with the first turn that reaches this."""
    turn_s: tuple[float, float] = (1.0, 8.0)
    """Shortest and longest turn."""
    gap_s: tuple[float, float] = (0.0, 2.0)
    """Shortest and longest silence between turns that do not overlap."""
    overlap_share: float = 0.05
    """Part of the speech in which two speak at once: a turn that begins before the one before has ended."""
    overlap_s: tuple[float, float] = (0.3, 1.5)
    """Shortest and longest overlap."""
    level_db: float = 3.0
    """Voices are louder or softer than the average by at most this."""
    enrolment_s: float = 20.0
    """Speech behind each voiceprint, of other recordings than those in the conversation, dry and without noise."""
    snr_db: float = 20.0
    """Speech to background noise; infinite for none."""
    rt60_s: tuple[float, float] | None = None
    """Reverberation time of the simulated room, drawn from this range; None: as it was recorded."""
    line: str = ""
    """What every voice comes through (``app.audio.lines``), each by itself; enrolment does not. Empty for nothing."""
    sessions: bool = False
    """Whether enrolment is of one of a person's sessions, as much as it has, and the conversation of the others."""
    seed: int = 1


@dataclass(frozen=True)
class Conversation:
    samples: np.ndarray
    """(n,) float32 at 16 kHz"""
    turns: tuple[Turn, ...]
    """Who spoke when, in order of the start; strangers keep their own names."""
    speech: tuple[Turn, ...]
    """The turns without their pauses of 0.3 s and more."""
    enrolment: dict[str, np.ndarray]
    """Name -> speech (m,) of other recordings than those in the conversation."""

    @property
    def reference(self) -> Reference:
        """Who spoke when."""
        return Reference(self.turns, self.speech, tuple(self.enrolment), len(self.samples) / SAMPLE_RATE)

    @property
    def strangers(self) -> set[str]:
        """Names of those who speak without being enrolled."""
        return set(self.reference.strangers)

    def with_enrolment(self, seconds: float) -> Conversation:
        """The same conversation with no more than so much enrolment of each person."""
        count = round(seconds * SAMPLE_RATE)
        return dataclasses.replace(self, enrolment={name: speech[:count] for name, speech in self.enrolment.items()})


def build_conversation(
    clips: Sequence[Clip],
    config: ConversationConfig,
    *,
    impostors: Sequence[Clip] = (),
    noises: Sequence[np.ndarray] = (),
) -> Conversation:
    """A conversation of people of ``clips``, the same for the same seed.

    ``impostors``: clips of unlabelled strangers. ``noises``: recordings (n,); every second conversation with noise has
    one of them behind it, the others, and all if there are none, pink noise. Raises BadInput for too few people.
    """
    rng = np.random.default_rng([config.seed, 0])
    speakers = speakers_of(clips, config, rng)
    rooms = np.random.default_rng([config.seed, 1])
    simulated = _take_turns(config, rng, speakers, impostors)
    names = dict.fromkeys(each.turn.label for each in simulated)
    gains = {name: 10 ** (rng.uniform(-config.level_db, config.level_db) / 20) for name in names}
    rt60_s = rooms.uniform(*config.rt60_s) if config.rt60_s else None
    responses = {name: simulated_room(rt60_s, rooms) for name in names} if rt60_s else {}
    places = {name: index for index, name in enumerate(names)}
    sound = np.zeros(round((max(each.turn.end_s for each in simulated) + 0.5) * SAMPLE_RATE), np.float32)
    for each in simulated:
        voice = each.samples * np.float32(gains[each.turn.label])
        if rt60_s:
            response = responses[each.turn.label]
            voice = reverberate(np.concatenate([voice, np.zeros(len(response), np.float32)]), response)
        if config.line:  # a voice is in the same room all the time
            place = np.random.default_rng([config.seed, 3, places[each.turn.label]])
            voice = through(np.pad(voice, (0, round(TAIL_S * SAMPLE_RATE))), config.line, place)
        at = round(each.turn.start_s * SAMPLE_RATE)
        sound[at : at + len(voice)] += voice[: len(sound) - at]
    speech = tuple(segment for each in simulated for segment in each.segments)
    sound = _with_noise(sound, speech, config, noises)
    return Conversation(sound, tuple(each.turn for each in simulated), speech, speakers.enrolment)


def speakers_of(clips: Sequence[Clip], config: ConversationConfig, rng: np.random.Generator | None = None) -> Speakers:
    """The people of the conversation of ``config``. Raises BadInput for too few people with enough speech."""
    rng = rng or np.random.default_rng([config.seed, 0])
    return choose_speakers(clips, config.enrolled, config.strangers, config.enrolment_s, rng, sessions=config.sessions)


@dataclass(frozen=True)
class _SimulatedTurn:
    turn: Turn
    segments: tuple[Turn, ...]
    """The turn without its longer pauses."""
    samples: np.ndarray


def _take_turns(
    config: ConversationConfig, rng: np.random.Generator, speakers: Speakers, impostors: Sequence[Clip]
) -> list[_SimulatedTurn]:
    """Who says what when."""
    unused = [impostors[i] for i in rng.permutation(len(impostors))]
    turns: list[_SimulatedTurn] = []
    speech_s = strange_s = both_s = end_s = 0.0
    while end_s < config.length_s:
        behind_s = config.stranger_share * speech_s - strange_s  # keeps a short conversation near the share, too
        strange = rng.random() < config.stranger_share * (1 + behind_s / 4) and bool(speakers.strangers or unused)
        group = speakers.strangers if strange else list(speakers.enrolment)
        want_s, last = rng.uniform(*config.turn_s), turns[-1].turn.label if turns else ""
        if strange and unused and (not speakers.strangers or rng.random() < config.impostor_share):
            clip = unused.pop()
            name, speech = f"impostor-{Path(clip.path).stem}", load_speech(clip)
            if speech.speech_s < config.turn_s[0]:
                continue
            source = SpeechSource([speech])
        else:
            name = str(rng.choice([name for name in group if name != last] or group))
            source = speakers.sources[name]
        excerpt = source.take(want_s, config.turn_s[0])
        length_s = len(excerpt.samples) / SAMPLE_RATE
        gap_s = rng.uniform(*config.gap_s)
        overlap_s = rng.uniform(*config.overlap_s)
        if turns and name != last and both_s < config.overlap_share * speech_s:
            gap_s = -min(overlap_s, length_s / 2, turns[-1].turn.duration_s / 2)
            both_s -= gap_s
        start_s = round(max(0.0, end_s + gap_s) * 1000) / 1000
        turn = Turn(start_s, start_s + length_s, name)
        turns.append(_SimulatedTurn(turn, _segments(excerpt.speech, turn), _faded(excerpt.samples)))
        speech_s, strange_s = speech_s + length_s, strange_s + length_s * strange
        end_s = max(end_s, turn.end_s)
    return turns


def _segments(speech: np.ndarray, turn: Turn) -> tuple[Turn, ...]:
    """The turn without silences of ``PAUSE_S`` and more."""
    edges = np.flatnonzero(np.diff(speech.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    kept = [edges[0]]
    for start, stop in edges[1:]:
        if start - kept[-1][1] < PAUSE_S * SAMPLE_RATE:
            kept[-1] = np.array([kept[-1][0], stop])
        else:
            kept.append(np.array([start, stop]))
    return tuple(
        Turn(turn.start_s + float(start) / SAMPLE_RATE, turn.start_s + float(stop) / SAMPLE_RATE, turn.label)
        for start, stop in kept
    )


def _faded(samples: np.ndarray, fade_s: float = 0.01) -> np.ndarray:
    """Samples (n,) without a click at either end."""
    count = min(round(fade_s * SAMPLE_RATE), len(samples) // 2)
    ramp = np.ones(len(samples), np.float32)
    ramp[:count] = np.linspace(0, 1, count)
    ramp[len(samples) - count :] = np.linspace(1, 0, count)
    return samples * ramp


def _with_noise(
    sound: np.ndarray, speech: Sequence[Turn], config: ConversationConfig, noises: Sequence[np.ndarray]
) -> np.ndarray:
    """Sound (n,) with the sound card's noise, and other noise ``snr_db`` below the sound while somebody speaks."""
    rng = np.random.default_rng([config.seed, 2])
    sound = sound + (FLOOR_RMS * rng.standard_normal(len(sound))).astype(np.float32)
    if np.isfinite(config.snr_db):
        voiced = np.zeros(len(sound), bool)
        for turn in speech:
            voiced[round(turn.start_s * SAMPLE_RATE) : round(turn.end_s * SAMPLE_RATE)] = True
        noise = pink_noise(len(sound), rng)
        if len(noises) and config.seed % 2:
            noise = random_stretch(noises[rng.integers(len(noises))], len(sound), rng)
        noise = noise / max(float(np.sqrt(np.mean(noise**2))), 1e-6)
        level = float(np.sqrt(np.mean(sound[voiced] ** 2))) * 10 ** (-config.snr_db / 20)
        sound = sound + noise * np.float32(level)
    return (sound * np.float32(min(1.0, 0.99 / float(np.abs(sound).max())))).astype(np.float32)
