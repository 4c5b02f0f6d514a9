"""What a threshold would cost with the people who are enrolled.

Their own recordings are compared and counted; but they are few, and of one day. So what is expected follows
from what is known of people in general, which the model's card says, moved by each person's own scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np

from app.enrolment.expected_errors import MAX_COMPARED_PEOPLE, predicted_scores, score_distributions, target_scores
from app.enrolment.segments import SEGMENT_S
from app.scoring.gallery import Gallery, score
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.window.engine.context import EngineContext


@dataclass(frozen=True)
class ErrorScores:
    """Cosines between pieces of about three seconds of speech and voiceprints."""

    same: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """(n,): each piece with the voiceprint that the person's other recordings make."""
    different: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """(m,): each piece with the most alike of the other people."""

    def rejected(self, threshold: float) -> float | None:
        """Share of a known person's speech that would be called unknown, 0 to 1; None if nothing can tell."""
        return float(np.mean(self.same < threshold)) if len(self.same) else None

    def accepted(self, threshold: float) -> float | None:
        """Share of a stranger's speech that would get somebody's name, 0 to 1: each person plays the stranger."""
        return float(np.mean(self.different >= threshold)) if len(self.different) else None


def error_scores(gallery: Gallery, samples: dict[str, Sequence[EmbeddedSample]]) -> ErrorScores:
    """Scores among the people of a gallery, ``samples`` being what their voiceprints were made of."""
    same, different = [], []
    for name, recordings in samples.items():
        others = _without(gallery, name)
        for index, sample in enumerate(recordings):
            rest = [other for number, other in enumerate(recordings) if number != index]
            own = _voiceprint(gallery, name, rest) if rest else None
            for vector in sample.vectors:
                if own is not None:
                    same.append(score(vector, own)[name])
                if others.names:
                    different.append(max(score(vector, others).values()))
    return ErrorScores(np.array(same), np.array(different))


@dataclass(frozen=True)
class Expected:
    """How scores are expected to lie, for three seconds of speech."""

    people: tuple[NormalDist, ...] = ()
    """Each person's scores with their own voiceprint."""
    stranger: NormalDist | None = None
    """A stranger's scores with one voiceprint; None if the model's card says too little."""
    recordings: int = 0
    """How many recordings of the people's own this rests on."""

    def rejected(self, threshold: float) -> float | None:
        """Share of a known person's speech that is called unknown, 0 to 1; None if nothing can tell."""
        return sum(one.cdf(threshold) for one in self.people) / len(self.people) if self.people else None

    def accepted(self, threshold: float) -> float | None:
        """Share of a stranger's speech that gets somebody's name, 0 to 1, if no two people sound alike."""
        if self.stranger is None or not self.people:
            return None
        return 1 - self.stranger.cdf(threshold) ** len(self.people)


def expected(gallery: Gallery, samples: Mapping[str, Sequence[EmbeddedSample]], card: Mapping) -> Expected:
    """What to expect of the people of a gallery, by the model's ``card``. See ``app.enrolment.expected_errors``."""
    rows = {row["speech_s"]: row for row in card.get("thresholds", ())}
    general = score_distributions(rows.get(SEGMENT_S, {}))
    if general is None:
        return Expected()
    target, stranger = general
    own = [target_scores(recordings, gallery) for recordings in samples.values() if recordings]
    people = tuple(predicted_scores(target, scores - target.mean) for scores in own)
    return Expected(people, stranger, sum(len(scores) for scores in own))


@dataclass(frozen=True)
class ThresholdCosts:
    """What is known of the people enrolled: scores that were counted, and what to expect."""

    scores: ErrorScores = ErrorScores()
    expected: Expected = Expected()


def measure_costs(context: EngineContext) -> ThresholdCosts:
    """A question to the engine: what would thresholds cost with the people enrolled? Nothing is known of the demo's."""
    encoder = context.encoder()
    if context.options.demo:
        return ThresholdCosts()
    gallery = context.session.load_gallery(encoder)
    with VoiceprintStore(context.data) as store:
        samples = {name: store.samples(name, encoder.sha256) for name in gallery.people[:MAX_COMPARED_PEOPLE]}
    return ThresholdCosts(error_scores(gallery, samples), expected(gallery, samples, encoder.card))


def _without(gallery: Gallery, name: str) -> Gallery:
    rows = [row for row, other in enumerate(gallery.names) if other != name]
    return replace(gallery, names=tuple(gallery.names[row] for row in rows), vectors=gallery.vectors[rows])


def _voiceprint(gallery: Gallery, name: str, recordings: Sequence[EmbeddedSample]) -> Gallery:
    from app.enrolment.segments import pool_embeddings

    vectors = np.concatenate([sample.vectors for sample in recordings])
    seconds = [s for sample in recordings for s in sample.segment_s]
    return replace(gallery, names=(name,), vectors=pool_embeddings(vectors, seconds)[None])
