"""How good the voiceprints are: each person's samples against each other, and everybody against everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.enrolment.quality import SimilarityThresholds
from app.enrolment.segments import pool_embeddings
from app.names import shown_name
from app.scoring.cohort import Cohort, by_telephone, similarities
from app.scoring.condition import Band, Condition
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


@dataclass(frozen=True)
class PersonReport:
    """How good a person's voiceprint is."""

    name: str
    samples: int
    speech_s: float
    """Seconds of speech in all samples."""
    consistency: float | None
    """Mean score, -1 to 1, of each sample with the rest of them pooled (leave one out). A single sample is compared by
    its segments. None for a single segment."""
    outliers: tuple[str, ...] = ()
    """Files of samples unlike the rest. None are named of two samples, since neither is the wrong one."""
    nearest: str | None = None
    """The other person whose voiceprint is the most alike. None if there is nobody else."""
    nearest_score: float | None = None
    """Score with the voiceprint of ``nearest``, -1 to 1."""
    by_telephone: bool = False
    """Whether the model hears the voiceprint as one of speech by telephone."""

    def warnings(self, thresholds: SimilarityThresholds) -> list[str]:
        """Lines about what the user should look into in this person's samples."""
        lines = []
        for file in self.outliers:
            lines.append(
                f"{self.name}: {file} sounds unlike the other samples; listen to it, and remove or replace it."
            )
        if self.consistency is not None and self.consistency < thresholds.different and not self.outliers:
            lines.append(
                f"{self.name}: the samples do not sound like one person ({self.consistency:.2f}, expected"
                f" {thresholds.different:.2f} or more); record them again."
            )
        if self.by_telephone:
            hint = Condition(Band.TELEPHONE).hint
            lines.append(f"{self.name}: samples of {hint}; record some at a microphone, if you can.")
        return lines


def report_people(
    store: VoiceprintStore, encoder: Encoder, names: Iterable[str], thresholds: SimilarityThresholds
) -> list[PersonReport]:
    """Report on each of ``names`` who has a voiceprint of this model, compared with everybody who has one."""
    gallery = store.gallery(encoder.sha256, encoder.cohort)
    index_of = {name: index for index, name in enumerate(gallery.names)}
    alike = gallery.row_scores(gallery.vectors)
    np.fill_diagonal(alike, -np.inf)
    called = by_telephone(gallery.vectors, encoder.cohort)
    reports = []
    for name in names:
        if name not in index_of:
            continue
        samples = store.samples(name, encoder.sha256)
        scores = leave_one_out(samples, encoder.cohort)
        row = alike[index_of[name]]
        nearest = int(row.argmax()) if len(row) > 1 else None
        odd = [s.file for s, score in zip(samples, scores, strict=False) if score < thresholds.different]
        reports.append(
            PersonReport(
                name=name,
                samples=len(samples),
                speech_s=sum(sample.speech_s for sample in samples),
                consistency=float(np.mean(scores)) if len(scores) else None,
                outliers=tuple(odd) if len(samples) >= 3 else (),
                nearest=None if nearest is None else gallery.names[nearest],
                nearest_score=None if nearest is None else float(row[nearest]),
                by_telephone=bool(called[index_of[name]]),
            )
        )
    return reports


def report_warnings(reports: Sequence[PersonReport], thresholds: SimilarityThresholds) -> list[str]:
    """Lines about what the user should look into: in each person's samples, and two people who sound alike."""
    lines = [line for person in reports for line in person.warnings(thresholds)]
    alike = {}
    for person in reports:
        if person.nearest_score is not None and person.nearest_score >= thresholds.same:
            alike[tuple(sorted((person.name, person.nearest)))] = person.nearest_score
    for (one, other), score in alike.items():
        pair = f"{shown_name(one)} and {shown_name(other)} sound alike ({score:.2f})"
        lines.append(f"{pair}: one person under two names, or two who will be mixed up.")
    return lines


def leave_one_out(samples: Sequence[EmbeddedSample], cohort: Cohort | None = None) -> list[float]:
    """Scores, -1 to 1, of each sample with the rest of them pooled. A single sample is compared by its segments.

    [] for a single segment.
    """
    parts = [(sample.vectors, list(sample.segment_s)) for sample in samples]
    if len(parts) == 1:
        (only,) = samples
        parts = [(vector[None], [seconds]) for vector, seconds in zip(only.vectors, only.segment_s, strict=True)]
    if len(parts) < 2:
        return []
    scores = []
    for index, (vectors, seconds) in enumerate(parts):
        rest = [part for other, part in enumerate(parts) if other != index]
        others = pool_embeddings(np.concatenate([v for v, _ in rest]), [s for _, part_s in rest for s in part_s])
        scores.append(float(similarities(pool_embeddings(vectors, seconds)[None], others[None], cohort)[0, 0]))
    return scores
