"""A few people are enrolled, others are not: how often is a short piece of speech given the right name?

That is the program's task without its tracker: name an enrolled voice, and leave a stranger without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.corpus.clips import Clip
from app.embedding.encoder import Embed
from app.enrolment.segments import pool_embeddings, segment_speech
from app.evaluation.pairs import ProgressBar
from app.scoring.calibration import measure_reliability
from app.scoring.cohort import Cohort, similarities
from app.scoring.decision import DecisionRule
from app.scoring.metrics import error_rates
from utils import SAMPLE_RATE, BadInput


@dataclass(frozen=True)
class OpenSetConfig:
    enrolled: int = 5
    """How many people are enrolled at a time."""
    enrolment_s: float = 20.0
    """Speech behind each voiceprint."""
    window_s: float = 2.0
    """Speech in each window that is to be named."""
    false_accepts: float = 0.01
    """Part of the strangers' windows that may get a name."""
    draws: int = 300
    """How many times the enrolled people are drawn among all people."""
    bootstrap_rounds: int = 400
    """How many times all people are drawn again, for the interval."""
    bootstrap_draws: int = 40
    """How many times the enrolled people are drawn in each round for the interval."""
    seed: int = 1


@dataclass(frozen=True)
class SpeakerSpeech:
    """One person's speech, for enrolment and to be named."""

    enrolment: np.ndarray
    """Speech (n,) float32, ``enrolment_s`` of it or what there was."""
    windows: tuple[np.ndarray, ...]
    """Windows of ``window_s`` out of other clips, at least one."""


@dataclass(frozen=True)
class SpeakerEmbeddings:
    """A network's embeddings of one person's speech."""

    voiceprint: np.ndarray
    """Unit vector (D,) of the enrolment."""
    windows: np.ndarray
    """Unit vectors (n, D) of the windows, n at least 1."""


def split_speakers(clips: Sequence[Clip], config: OpenSetConfig, progress: ProgressBar = iter) -> list[SpeakerSpeech]:
    """Each speaker's clips, in a random order, as enrolment until that is long enough, and windows after that.

    Only speech counts (Silero's voice activity). Speakers with too little of it are left out; raises BadInput if
    there are not more of the others than are to be enrolled.
    """
    rng, length = np.random.default_rng(config.seed), round(config.window_s * SAMPLE_RATE)
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    speakers = []
    for name in progress(sorted(by_speaker)):
        enrolment, windows = np.zeros(0, np.float32), []
        for i in rng.permutation(len(by_speaker[name])):
            clip = by_speaker[name][i]
            speech = keep_speech(read_audio(clip.path, start_s=clip.start_s, end_s=clip.end_s))
            if len(enrolment) < config.enrolment_s * SAMPLE_RATE:
                enrolment = np.concatenate((enrolment, speech))
            else:
                windows += [speech[at : at + length] for at in range(0, len(speech) - length + 1, length)]
        if windows:
            speakers.append(SpeakerSpeech(enrolment[: round(config.enrolment_s * SAMPLE_RATE)], tuple(windows)))
    if len(speakers) <= config.enrolled:
        raise BadInput(
            f"{len(speakers)} speakers with {config.enrolment_s:g} s of speech and more are too few "
            f"to enrol {config.enrolled} and have strangers."
        )
    return speakers


def embed_speaker(speaker: SpeakerSpeech, embed: Embed) -> SpeakerEmbeddings:
    """A person's voiceprint, pooled over segments as the program pools it, and the embeddings of the windows."""
    segments = segment_speech(speaker.enrolment)
    voiceprint = pool_embeddings(np.stack([embed(segment) for segment in segments]), [1.0] * len(segments))
    return SpeakerEmbeddings(voiceprint, np.stack([embed(window) for window in speaker.windows]))


def measure_open_set(
    speakers: Sequence[SpeakerEmbeddings],
    config: OpenSetConfig,
    cohort: Cohort | None = None,
    rule: DecisionRule | None = None,
) -> dict:
    """Many draws of enrolled people, all others strangers, one threshold for all; rates are fractions of windows.

    ``threshold`` is where ``false_accepts`` of the strangers' windows get a name. There ``right`` of the enrolled
    people's windows get their own name and ``misnamed`` another's. ``right_interval`` is where ``right`` falls 90 % of
    the time for other speakers of this kind: they are drawn again, see ``bootstrap.py``. ``closed_set`` would be right
    if everybody were known to be enrolled. With a ``rule``, the row has ``measure_reliability`` of its likelihood
    ratios too, over every window and every voiceprint.
    """
    rng = np.random.default_rng(config.seed)
    owner = np.repeat(np.arange(len(speakers)), [len(speaker.windows) for speaker in speakers])
    voiceprints = np.stack([speaker.voiceprint for speaker in speakers])
    table = similarities(np.concatenate([speaker.windows for speaker in speakers]), voiceprints, cohort)
    everybody = np.ones(len(speakers), int)
    row = {
        **_name(table, owner, everybody, config.draws, config, rng),
        "right_interval": _interval(table, owner, config, rng),
        "speakers": len(speakers),
        "windows": len(owner),
    }
    if rule is not None:
        window_rule = rule.at(config.window_s)
        llrs, own = window_rule.scale * table + window_rule.offset, owner[:, None] == np.arange(len(speakers))
        row |= measure_reliability(llrs[own], llrs[~own])
    return row


def _name(
    table: np.ndarray, owner: np.ndarray, times: np.ndarray, draws: int, config: OpenSetConfig, rng: np.random.Generator
) -> dict[str, float]:
    """Rates over ``draws`` draws. ``table`` (windows, people) scores, ``owner`` (windows,); ``times`` (people,) is how
    often each person counts."""
    present = np.flatnonzero(times)
    among = [
        rng.choice(present, size=config.enrolled, replace=False, p=times[present] / times.sum()) for _ in range(draws)
    ]
    enrolled = np.stack(among)  # (draws, enrolled)
    scores = table[:, enrolled]  # (windows, draws, enrolled)
    best, named = scores.max(axis=2), enrolled[np.arange(draws), scores.argmax(axis=2)]
    known = (owner[:, None, None] == enrolled).any(axis=2)
    weight = np.broadcast_to(times[owner][:, None], best.shape)
    hit = named == owner[:, None]
    strangers = ~known & (weight > 0)
    rates = error_rates(best[known], best[strangers], weight[known], weight[strangers])
    threshold = float(rates.thresholds[int(np.argmax(rates.false_accepts <= config.false_accepts))])

    def part(of: np.ndarray, among: np.ndarray) -> float:
        return float(np.average(of[among], weights=weight[among]))

    accepted = best >= threshold
    return {
        "right": part(hit & accepted, known),
        "misnamed": part(~hit & accepted, known),
        "closed_set": part(hit, known),
        "false_accepts": part(accepted, strangers),
        "threshold": threshold,
    }


def _interval(table: np.ndarray, owner: np.ndarray, config: OpenSetConfig, rng: np.random.Generator) -> list[float]:
    """5 % and 95 % quantile of ``right`` over drawings of as many speakers, those with too few left out."""
    people, right = table.shape[1], []
    for _ in range(config.bootstrap_rounds):
        times = np.bincount(rng.integers(people, size=people), minlength=people)
        if np.count_nonzero(times) > config.enrolled:
            right.append(_name(table, owner, times, config.bootstrap_draws, config, rng)["right"])
    return [float(q) for q in np.quantile(right, (0.05, 0.95))] if right else [0.0, 1.0]
