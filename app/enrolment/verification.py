"""Whether one person speaks in two pieces of sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.enrolment.pieces import SHORTEST_S, cut, pooled
from app.recognition.decision import probability
from app.recognition.scoring import similarities
from app.recognition.speech import keep_speech
from utils import SAMPLE_RATE, BadInput

if TYPE_CHECKING:
    from app.recognition.encoder import Encoder


@dataclass(frozen=True)
class Voice:
    """What was heard of one person."""

    embedding: np.ndarray
    """(D,) float32 of unit length."""
    speech_s: float
    """Seconds of speech behind it."""


@dataclass(frozen=True)
class Verification:
    """Two voices compared."""

    score: float
    """-1 to 1: the cosine, normalised against the model's cohort if it brings one."""
    cosine: float
    """-1 to 1: the plain one."""
    probability: float
    """0 to 1: calibrated, at even odds before."""
    same: bool
    """Whether the score reaches the threshold."""
    threshold: float
    """The score that is needed with so much speech."""
    speech_s: tuple[float, float]
    """Seconds of speech used of each."""


class TooLittleSpeech(BadInput):
    """A sound holds too little speech for a voice."""

    def __init__(self, index: int, speech_s: float):
        super().__init__(f"{speech_s:.1f} s of speech are too little (at least {SHORTEST_S:g} s).")
        self.index = index
        """Which of the sounds it is."""


def hear(encoder: Encoder, sounds: Sequence[np.ndarray]) -> list[Voice]:
    """The voice in each of some sounds (n,), float32 at 16 kHz, each of one person.

    Pauses are left out, the speech is cut into pieces of at most 3 s, and their embeddings are pooled: what a
    voiceprint is made of. Pieces of all sounds share batches. Raises TooLittleSpeech for less than a second of speech.
    """
    if not sounds:
        return []
    pieces: list[np.ndarray] = []
    counts, seconds = [], []
    for index, sound in enumerate(sounds):
        speech = keep_speech(sound)
        seconds.append(len(speech) / SAMPLE_RATE)
        if seconds[-1] < SHORTEST_S:
            raise TooLittleSpeech(index, seconds[-1])
        own = cut(speech)
        pieces += own
        counts.append(len(own))
    vectors = np.split(encoder.embed_batch(pieces), np.cumsum(counts)[:-1])
    return [
        Voice(pooled(own, np.full(len(own), spoken / len(own))), spoken)
        for own, spoken in zip(vectors, seconds, strict=True)
    ]


def compare(encoder: Encoder, a: Voice, b: Voice, threshold: float | None = None) -> Verification:
    """Compare two voices of this encoder. ``threshold``: a score in place of the model's own."""
    score = float(similarities(a.embedding[None], b.embedding[None], encoder.cohort)[0, 0])
    rule = encoder.rule(threshold).at(min(a.speech_s, b.speech_s))
    return Verification(
        score=score,
        cosine=float(a.embedding @ b.embedding),
        probability=probability(score, rule),
        same=score >= rule.threshold,
        threshold=rule.threshold,
        speech_s=(a.speech_s, b.speech_s),
    )
