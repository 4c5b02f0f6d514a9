"""A few people are enrolled, others are not: how often is a short piece of speech given the right name?

What the program has to do, without its tracker: name an enrolled voice, and leave a stranger without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.enrolment.pieces import cut, pooled
from app.evaluation.metrics import threshold_at
from app.evaluation.references import Embed
from app.evaluation.trials import Progress
from app.recognition.scoring import Cohort, similarities
from app.recognition.speech import keep_speech
from app.training.corpus import Clip
from utils import SAMPLE_RATE, BadInput, read_audio


@dataclass(frozen=True)
class OpenSetConfig:
    enrolled: int = 5
    enrolment_s: float = 20.0
    """Speech behind each voiceprint."""
    window_s: float = 2.0
    """Speech that is to be named."""
    false_accepts: float = 0.01
    """Part of the strangers' windows that get a name."""
    casts: int = 300
    """How many times other people are the enrolled ones."""
    seed: int = 1


@dataclass(frozen=True)
class Part:
    """What one person says."""

    enrolment: np.ndarray
    """(n,) float32 of speech: ``enrolment_s`` of it, or what there was."""
    windows: tuple[np.ndarray, ...]
    """Pieces of ``window_s`` of other clips, at least one."""


@dataclass(frozen=True)
class Voice:
    """A part as a network hears it."""

    voiceprint: np.ndarray
    """(D,) of unit length."""
    windows: np.ndarray
    """(n, D) of unit length, n of at least 1."""


def cast_parts(clips: Sequence[Clip], config: OpenSetConfig, progress: Progress = iter) -> list[Part]:
    """Each speaker's clips, in a random order, as enrolment until that is long enough, and windows after that.

    Only speech counts (Silero's voice activity). Speakers with too little of it are left out; raises BadInput if
    there are not more of the others than are to be enrolled.
    """
    rng, length = np.random.default_rng(config.seed), round(config.window_s * SAMPLE_RATE)
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    parts = []
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
            parts.append(Part(enrolment[: round(config.enrolment_s * SAMPLE_RATE)], tuple(windows)))
    if len(parts) <= config.enrolled:
        raise BadInput(
            f"{len(parts)} speakers with {config.enrolment_s:g} s of speech and more are too few "
            f"to enrol {config.enrolled} and have strangers."
        )
    return parts


def hear(part: Part, embed: Embed) -> Voice:
    """A part's voiceprint, made in pieces as the program makes it, and its windows."""
    pieces = cut(part.enrolment)
    voiceprint = pooled(np.stack([embed(piece) for piece in pieces]), [1.0] * len(pieces))
    return Voice(voiceprint, np.stack([embed(window) for window in part.windows]))


def measure_open_set(voices: Sequence[Voice], config: OpenSetConfig, cohort: Cohort | None = None) -> dict:
    """Many casts of enrolled people, all others strangers, one threshold for all; rates are fractions of windows.

    ``right``: of the enrolled people's windows, those with the right name at ``threshold``, at which
    ``false_accepts`` of the strangers' windows get a name. ``right_spread``: its 5 % and 95 % quantile over casts.
    ``misnamed``: with another's name. ``closed_set``: right if everybody is known to be enrolled.
    """
    rng = np.random.default_rng(config.seed)
    owner = np.repeat(np.arange(len(voices)), [len(voice.windows) for voice in voices])
    voiceprints = np.stack([voice.voiceprint for voice in voices])
    table = similarities(np.concatenate([voice.windows for voice in voices]), voiceprints, cohort)
    casts = [rng.choice(len(voices), size=config.enrolled, replace=False) for _ in range(config.casts)]
    best = [table[:, cast].max(axis=1) for cast in casts]
    known = [np.isin(owner, cast) for cast in casts]
    hits = [cast[table[:, cast].argmax(axis=1)] == owner for cast in casts]
    own = np.concatenate([scores[mask] for scores, mask in zip(best, known, strict=True)])
    strangers = np.concatenate([scores[~mask] for scores, mask in zip(best, known, strict=True)])
    threshold = threshold_at(own, strangers, config.false_accepts)
    right = [
        float(np.mean(hit[mask] & (scores[mask] >= threshold)))
        for hit, scores, mask in zip(hits, best, known, strict=True)
    ]
    hit = np.concatenate([hit[mask] for hit, mask in zip(hits, known, strict=True)])
    return {
        "right": float(np.mean(hit & (own >= threshold))),
        "right_spread": [float(q) for q in np.quantile(right, (0.05, 0.95))],
        "misnamed": float(np.mean(~hit & (own >= threshold))),
        "closed_set": float(np.mean(hit)),
        "false_accepts": float(np.mean(strangers >= threshold)),
        "threshold": threshold,
        "speakers": len(voices),
        "windows": len(owner),
    }
