"""Speaker verification: whether one person speaks in two sounds, and how far to trust the answer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.audio.condition import SoundCondition, measure_condition
from app.audio.vad import first_speech
from app.enrolment.quality import Fault, Quality, judge, measure
from app.enrolment.segments import MIN_SPEECH_S, pool_embeddings, segment_speech
from app.scoring.cohort import Cohort, by_telephone, similarities
from app.scoring.condition import Condition, judge_condition
from app.scoring.decision import DecisionRule, decide, probability
from app.scoring.gallery import Gallery, best
from app.scoring.identification import Identification
from app.scoring.labels import label_of
from utils import SAMPLE_RATE, BadInput

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


SPEECH_S = 60.0
"""Seconds of speech that are used of a sound: its first."""
SEARCHED_S = 600.0
"""Seconds of a sound in which speech is looked for."""


@dataclass(frozen=True)
class SpeakerEmbedding:
    """The embedding of one speaker's sound, and how good that sound is."""

    embedding: np.ndarray
    """(D,) float32 of unit length."""
    speech_s: float
    """Seconds of speech behind the embedding: all that is in the sound, or the first minute of it."""
    warnings: tuple[str, ...]
    """Phrases about what makes an answer less sure, such as the hint of ``condition`` or a file that breaks off."""
    condition: Condition = Condition()
    """In what condition the speech was heard."""


@dataclass(frozen=True)
class Verification:
    """The answer for two sounds."""

    score: float
    """Score, -1 to 1: the cosine, normalised against the model's cohort if it has one."""
    cosine: float
    """Cosine of the two embeddings, -1 to 1."""
    probability: float
    """Calibrated probability, 0 to 1, that it is one person; at even odds before."""
    same: bool
    """Whether the score reaches the threshold."""
    threshold: float
    """Score from which the answer is "same", for as much speech as the shorter of the two has."""
    speech_s: tuple[float, float]
    """Seconds of speech used of each sound."""
    warnings: tuple[tuple[str, ...], tuple[str, ...]]
    """Phrases about each sound that make the answer less sure."""
    conditions: tuple[Condition, Condition] = (Condition(), Condition())
    """In what condition the speech of each sound was heard."""

    def as_json(self) -> dict[str, Any]:
        """The answer as plain values, rounded, for JSON."""
        return {
            "score": round(self.score, 4),
            "cosine": round(self.cosine, 4),
            "probability": round(self.probability, 4),
            "same": self.same,
            "threshold": round(self.threshold, 4),
            "speech_s": [round(seconds, 2) for seconds in self.speech_s],
            "warnings": [list(lines) for lines in self.warnings],
            "conditions": [condition.as_json() for condition in self.conditions],
        }


def embed_recordings(
    encoder: Encoder,
    sounds: Sequence[str | os.PathLike[str] | np.ndarray],
    *,
    pipes: bool = False,
    channel: int | None = None,
) -> list[SpeakerEmbedding]:
    """Embed sounds of one speaker each: files, or samples (n,) float32 at 16 kHz. ``pipes``, ``channel``: as in
    ``stream_audio``.

    The first minute of speech within the first ten minutes is used, without its pauses, as for a voiceprint. Sounds
    that come together share batches and give what they give one by one. Raises BadInput, naming the file or the place
    of the samples, for what cannot be read or holds less than a second of speech.
    """
    segments: list[np.ndarray] = []
    found: list[tuple[int, float, SoundCondition, tuple[str, ...], tuple[str, ...]]] = []
    for index, sound in enumerate(sounds):
        detected = first_speech(sound, speech_s=SPEECH_S, searched_s=SEARCHED_S, pipes=pipes, channel=channel)
        speech = detected.speech()
        speech_s = len(speech) / SAMPLE_RATE
        if speech_s < MIN_SPEECH_S:
            name = f"sound {index + 1}" if isinstance(sound, np.ndarray) else os.fspath(sound)
            raise BadInput(f"{name}: only {speech_s:.1f} s of speech; at least {MIN_SPEECH_S:g} s are needed.")
        own = segment_speech(speech)
        segments += own
        faults = quality_warnings(measure(detected))
        found.append((len(own), speech_s, measure_condition(detected), faults, detected.notices))
    vectors = iter(encoder.embed_batch(segments))
    if not found:
        return []
    pooled = [pool_embeddings(np.stack([next(vectors) for _ in range(count)]), [1.0] * count) for count, *_ in found]
    embeddings = []
    for embedding, (_, speech_s, measured, faults, notices) in zip(pooled, found, strict=True):
        condition = find_condition(measured, embedding, encoder.cohort)
        hints = [condition.hint] if condition.hint else []
        embeddings.append(SpeakerEmbedding(embedding, speech_s, (*faults, *hints, *notices), condition))
    return embeddings


def find_condition(measured: SoundCondition, embedding: np.ndarray, cohort: Cohort | None) -> Condition:
    """The condition of a sound of one speaker: as its samples were ``measured``, and as the model heard the voice (D,)
    in it."""
    called = bool(by_telephone(embedding[None], cohort)[0])
    return judge_condition(measured.bandwidth_hz, measured.cut_off, measured.snr_db, by_telephone=called)


def verify_embeddings(
    a: SpeakerEmbedding, b: SpeakerEmbedding, rule: DecisionRule, cohort: Cohort | None
) -> Verification:
    """Decide whether two embeddings of one encoder are of one person.

    ``rule`` and ``cohort``: the encoder's. The rule is taken for as much speech as the shorter sound has.
    """
    score = float(similarities(a.embedding[None], b.embedding[None], cohort)[0, 0])
    rule = rule.at(min(a.speech_s, b.speech_s))
    return Verification(
        score=score,
        cosine=float(a.embedding @ b.embedding),
        probability=probability(score, rule),
        same=score >= rule.threshold,
        threshold=rule.threshold,
        speech_s=(a.speech_s, b.speech_s),
        warnings=(a.warnings, b.warnings),
        conditions=(a.condition, b.condition),
    )


def identify_embedding(
    embedded: SpeakerEmbedding, gallery: Gallery, encoder: Encoder, threshold: float | None = None
) -> Identification:
    """Who speaks in a sound of one person: somebody of the gallery, or "unknown".

    ``threshold``: a score in place of the model's own.
    """
    rule = encoder.rule(threshold).among(gallery).at(embedded.speech_s)
    scores = best(embedded.embedding, gallery)
    decision = decide(scores, rule)
    gender, gender_confidence = encoder.gender(embedded.embedding)
    return Identification(
        time_s=embedded.speech_s,
        label=label_of(decision.speaker),
        speaker=decision.speaker,
        confidence=decision.confidence,
        scores=scores,
        threshold=rule.threshold,
        certainty=decision.certainty,
        reason=decision.reason,
        gender=gender,
        gender_confidence=gender_confidence,
        speech_probability=1.0,
        speech_s=embedded.speech_s,
        condition=embedded.condition,
    )


class Verifier:
    """Verifies pairs of files. Each file is embedded once, however many pairs it is in."""

    def __init__(
        self, encoder: Encoder, threshold: float | None = None, *, pipes: bool = False, channel: int | None = None
    ):
        """``threshold``: score in place of the model's own. ``pipes``, ``channel``: as in ``stream_audio``."""
        self._encoder, self._rule = encoder, encoder.rule(threshold)
        self._pipes, self._channel = pipes, channel
        self._embedded: dict[str, SpeakerEmbedding | BadInput] = {}

    def embed(self, path: str | os.PathLike[str]) -> SpeakerEmbedding:
        """Embed a recording of any format, rate and channels.

        Raises BadInput like ``embed_recordings``.
        """
        path = os.fspath(path)
        if path not in self._embedded:
            try:
                (self._embedded[path],) = embed_recordings(
                    self._encoder, [path], pipes=self._pipes, channel=self._channel
                )
            except BadInput as error:
                self._embedded[path] = error
        if isinstance(embedded := self._embedded[path], BadInput):
            raise embedded
        return embedded

    def verify(self, a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Verification:
        """Decide whether one person speaks in both files. Raises BadInput like ``embed_recordings``."""
        return verify_embeddings(self.embed(a), self.embed(b), self._rule, self._encoder.cohort)


def quality_warnings(quality: Quality) -> tuple[str, ...]:
    """Phrases about what is wrong with a recording that cannot be made again; of noise, its condition speaks."""
    phrases = {
        Fault.SHORT: f"little speech ({quality.speech_s:.1f} s)",
        Fault.CLIPPED: f"clipped ({quality.clipped:.0%} of the speech)",
        Fault.QUIET: f"very quiet ({quality.level_db:.0f} dB)",
    }
    return tuple(phrases[problem.fault] for problem in judge(quality) if problem.fault in phrases)
