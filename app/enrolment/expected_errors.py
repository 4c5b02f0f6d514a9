"""What to expect of voiceprints: how often a person will be called unknown or a stranger be named, and who is mixed up.

What is known of one person is little: a few recordings of one day. What is known of people in general stands in the
model's card, from people that the model never heard. So a person's scores are taken to be normal, with a mean between
the two (empirical Bayes with a normal prior and normal data; Gelman et al., Bayesian Data Analysis, 2.5):

    mean = prior + n / (n + (1 - r) / r) * (own mean - prior)

where n is the number of recordings and r the part of the variance of all people's scores that lies between people.
A new score deviates from that by what is left within a person, (1 - r) of the variance, and by how uncertain the mean
is, the (n + (1 - r) / r)th part of that.

All of this is told, not used: a threshold of each person's own that was made of such figures gave no better decisions,
since scores are normalised for each person by the model's cohort already (docs/measurements.md, "A threshold each").
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from app.diarisation.session_speakers import SessionSpeakersConfig, live_rule
from app.enrolment.segments import SEGMENT_S, pool_embeddings
from app.scoring.cohort import similarities
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

SPEECH_LENGTHS_S = (1.0, 2.0, 3.0)
"""Lengths of speech that errors are told for."""
BETWEEN_SPEAKER_SHARE = 1 / 3
"""The part r. On people outside the shipped model's training it made the error of the means least."""
PAIR_SPREAD_SHARE = 0.5
"""Of one person's scores with another's voiceprint, as a part of the spread of all strangers' scores."""
CONFUSABLE_FROM = 0.05
"""Two people are confusable if this part, 0 to 1, of what one says would pass for the other (at 3 s of speech)."""
MAX_COMPARED_PEOPLE = 1000
"""Of a larger gallery only these, its first, are compared with each other."""


@dataclass(frozen=True)
class ErrorRates:
    """With one piece of speech of this length; fractions, 0 to 1."""

    speech_s: float
    false_rejects: float
    """Of what the person says: called unknown."""
    false_accepts: float
    """Of what a stranger says: given the person's name."""


@dataclass(frozen=True)
class PersonErrors:
    name: str
    errors: tuple[ErrorRates, ...]
    """In order of the speech; in quiet and in noisy rooms, half and half, as in the model's card."""
    recordings: int
    """That could be compared with each other, behind the false rejects."""


@dataclass(frozen=True)
class ConfusablePair:
    """Two people who may be mixed up."""

    one: str
    other: str
    confused: float
    """Of what one of them says, the part that would pass for the other if that one alone were enrolled, 0 to 1."""


@dataclass(frozen=True)
class ExpectedErrors:
    people: tuple[PersonErrors, ...] = ()
    """In the gallery's order; empty if the model's card says too little."""
    alike: tuple[ConfusablePair, ...] = ()
    """The most alike first."""

    def of(self, name: str) -> PersonErrors | None:
        return next((person for person in self.people if person.name == name), None)


def expected_errors_of_enrolled(
    store: VoiceprintStore, encoder: Encoder, threshold: float | None = None
) -> ExpectedErrors:
    """``expected_errors`` of everybody whom this model knows, as they are identified live.

    ``threshold``: chosen by hand, in place of the model's own.
    """
    gallery = store.gallery(encoder.sha256, encoder.cohort)
    samples = {name: store.samples(name, encoder.sha256) for name in gallery.people[:MAX_COMPARED_PEOPLE]}
    rule = live_rule(encoder.rule(threshold), SessionSpeakersConfig().needed_llr)
    return expected_errors(gallery, samples, encoder.card, rule)


def expected_errors(
    gallery: Gallery, samples: Mapping[str, Sequence[EmbeddedSample]], card: Mapping, rule: DecisionRule
) -> ExpectedErrors:
    """What to expect of the people of a gallery.

    ``samples``: by name, what their voiceprints were made of; people without are left out. ``card``: of the model.
    ``rule``: how it is decided.
    """
    general = {row["speech_s"]: found for row in card.get("thresholds", ()) if (found := score_distributions(row))}
    names = [name for name in gallery.people if samples.get(name)][:MAX_COMPARED_PEOPLE]
    if not names or any(seconds not in general for seconds in (*SPEECH_LENGTHS_S, SEGMENT_S)):
        return ExpectedErrors()
    usual = general[SEGMENT_S][0].mean
    people = []
    for name in names:
        own, errors = target_scores(samples[name], gallery), []
        for seconds in SPEECH_LENGTHS_S:
            target, other = general[seconds]
            threshold = rule.at(seconds).threshold
            errors.append(
                ErrorRates(seconds, predicted_scores(target, own - usual).cdf(threshold), 1 - other.cdf(threshold))
            )
        people.append(PersonErrors(name, tuple(errors), len(own)))
    spread = PAIR_SPREAD_SHARE * general[SEGMENT_S][1].stdev
    return ExpectedErrors(tuple(people), _alike(gallery, names, samples, spread, rule.at(SEGMENT_S).threshold))


def score_distributions(row: Mapping) -> tuple[NormalDist, NormalDist] | None:
    """(scores of a person's speech with the own voiceprint, with another's), from a model's card for one length of
    speech; None if it says too little.

    The card gives the threshold t with its false accepts and rejects, and the equal error rate, which is taken to be
    where the calibration gives even odds: each is the normal distribution with these two quantiles.
    """
    try:
        even, t = -row["offset"] / row["scale"], row["threshold"]
        rates = (min(max(row[key], 1e-4), 1 - 1e-4) for key in ("eer", "false_accepts", "false_rejects"))
        equal, accepts, rejects = map(NormalDist().inv_cdf, rates)
        target, other = (t - even) / (rejects - equal), (t - even) / (equal - accepts)
        return NormalDist(t - rejects * target, target), NormalDist(t + accepts * other, other)
    except (KeyError, ZeroDivisionError, ValueError):
        return None


def predicted_scores(prior: NormalDist, shifts: np.ndarray, between: float = BETWEEN_SPEAKER_SHARE) -> NormalDist:
    """How a person's next score lies, after recordings whose scores were ``shifts`` (n,) above the prior's mean."""
    worth = (1 - between) / between  # of the prior, in recordings
    count, within = len(shifts), (1 - between) * prior.variance
    mean = prior.mean + float(shifts.sum()) / (count + worth)
    return NormalDist(mean, math.sqrt(within + within / (count + worth)))


def target_scores(samples: Sequence[EmbeddedSample], gallery: Gallery) -> np.ndarray:
    """(n,) of each recording the mean score of its pieces with the voiceprint that the person's others make.

    Of a single recording its later half with its first, n is 1; n is 0 for a single piece.
    """
    parts = [(sample.vectors, list(sample.segment_s)) for sample in samples]
    if len(parts) == 1:
        vectors, seconds = parts[0]
        half = len(vectors) // 2
        parts = [(vectors[half:], seconds[half:]), (vectors[:half], seconds[:half])] if half else []
    found = []
    for index, (vectors, _) in enumerate(parts[:1] if len(samples) == 1 else parts):
        rest = [part for number, part in enumerate(parts) if number != index]
        own = pool_embeddings(np.concatenate([v for v, _ in rest]), [s for _, part_s in rest for s in part_s])
        found.append(float(similarities(vectors, own[None], gallery.cohort).mean()))
    return np.array(found)


def _alike(
    gallery: Gallery,
    names: Sequence[str],
    samples: Mapping[str, Sequence[EmbeddedSample]],
    spread: float,
    threshold: float,
) -> tuple[ConfusablePair, ...]:
    rows = [gallery.names.index(name) for name in names]
    scores = [
        gallery.row_scores(np.concatenate([sample.vectors for sample in samples[name]])).mean(axis=0)[rows]
        for name in names
    ]
    means = (np.stack(scores) + np.stack(scores).T) / 2
    found = []
    for a, b in itertools.combinations(range(len(names)), 2):
        confused = 1 - NormalDist(float(means[a, b]), spread).cdf(threshold)
        if confused >= CONFUSABLE_FROM:
            found.append(ConfusablePair(names[a], names[b], confused))
    return tuple(sorted(found, key=lambda pair: -pair.confused))
