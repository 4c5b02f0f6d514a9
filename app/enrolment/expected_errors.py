"""The errors to expect of voiceprints: how often a person is called unknown or a stranger named, and who is mixed up.

A few recordings of one day say little about a person. The model's card says what people in general score, measured on
people that the model never heard. So a person's target scores are taken to be normal, with a mean between the two
(empirical Bayes with a normal prior and normal data; Gelman et al., Bayesian Data Analysis, 2.5):

    mean = prior + n / (n + (1 - r) / r) * (own mean - prior)

where n is the number of recordings and r the share of the variance of all people's scores that lies between people.
The variance of a new score is what is left within a person, (1 - r) of all, and the uncertainty of the mean, which is
that divided by n + (1 - r) / r.

These figures are shown and decide nothing. A threshold of each person's own that was made of them gave no better
decisions, since the model's cohort normalises the scores of each person already (docs/research.md, "A threshold of
each person's own").
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
"""Seconds of speech that error rates are given for."""
BETWEEN_SPEAKER_SHARE = 1 / 3
"""Share of the variance of all people's target scores that lies between people: r in this module's formula."""
PAIR_SPREAD_SHARE = 0.5
"""Spread of one person's scores with another's voiceprint, as a share of that of all non-target scores."""
CONFUSABLE_FROM = 0.05
"""Two people are confusable if this part, 0 to 1, of what one says would pass for the other (at 3 s of speech)."""
MAX_COMPARED_PEOPLE = 1000
"""Only so many people, the first of a gallery, are compared with each other."""


@dataclass(frozen=True)
class ErrorRates:
    """Error rates to expect of one person with one piece of speech. Fractions, 0 to 1."""

    speech_s: float
    """Length of the piece in seconds."""
    false_rejects: float
    """Share of what the person says that is called unknown."""
    false_accepts: float
    """Share of what a stranger says that is given the person's name."""


@dataclass(frozen=True)
class PersonErrors:
    """The error rates to expect of one person."""

    name: str
    errors: tuple[ErrorRates, ...]
    """Rates for growing lengths of speech, half of it in quiet and half in noisy rooms, as in the model's card."""
    recordings: int
    """Recordings that could be compared with each other; the false rejects rest on them."""


@dataclass(frozen=True)
class ConfusablePair:
    """Two people who may be mixed up."""

    one: str
    other: str
    confused: float
    """Share of what one of them says that would pass for the other if that one alone were enrolled, 0 to 1."""


@dataclass(frozen=True)
class ExpectedErrors:
    """What to expect of the people of a gallery."""

    people: tuple[PersonErrors, ...] = ()
    """People in the gallery's order. Empty if the model's card says too little."""
    alike: tuple[ConfusablePair, ...] = ()
    """Pairs who may be mixed up, the most alike first."""

    def of(self, name: str) -> PersonErrors | None:
        """What to expect of one person. None for somebody who is not there."""
        return next((person for person in self.people if person.name == name), None)


def expected_errors_of_enrolled(
    store: VoiceprintStore, encoder: Encoder, threshold: float | None = None
) -> ExpectedErrors:
    """``expected_errors`` of everybody whom this model knows, as they are identified live.

    ``threshold``: chosen by hand, in place of the model's own.
    """
    gallery = store.gallery(encoder.sha256, encoder.cohort)
    samples = {name: store.samples(name, encoder.sha256) for name in gallery.people[:MAX_COMPARED_PEOPLE]}
    rule = live_rule(encoder.rule(threshold), SessionSpeakersConfig().needed_llr).among(gallery)
    return expected_errors(gallery, samples, encoder.card, rule)


def expected_errors(
    gallery: Gallery, samples: Mapping[str, Sequence[EmbeddedSample]], card: Mapping, rule: DecisionRule
) -> ExpectedErrors:
    """The errors to expect of the people of a gallery.

    ``samples``: by name, what the voiceprints were made of; people without samples are left out. ``card``: the
    model's. ``rule``: the decision rule in force.
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
            other += rule.crowd.shift  # strangers, too, are as alike as the people enrolled
            rejects = predicted_scores(target, own - usual).cdf(threshold)
            errors.append(ErrorRates(seconds, rejects, 1 - other.cdf(threshold)))
        people.append(PersonErrors(name, tuple(errors), len(own)))
    spread = PAIR_SPREAD_SHARE * general[SEGMENT_S][1].stdev
    return ExpectedErrors(tuple(people), _alike(gallery, names, samples, spread, rule.at(SEGMENT_S).threshold))


def score_distributions(row: Mapping) -> tuple[NormalDist, NormalDist] | None:
    """The distributions of (target, non-target) scores that a row of a model's card, for one length of speech, implies.

    The row gives the threshold t with its false accepts and rejects, and the equal error rate, which is taken to lie
    where the calibration gives even odds. Each distribution is the normal one with these two quantiles. None if the
    row says too little.
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
    """The distribution of a person's next score, after recordings that scored ``shifts`` (n,) above the prior's mean.

    ``between``: the share r of the module's formula, 0 to 1.
    """
    prior_recordings = (1 - between) / between  # the prior counts like so many
    count, within = len(shifts), (1 - between) * prior.variance
    mean = prior.mean + float(shifts.sum()) / (count + prior_recordings)
    return NormalDist(mean, math.sqrt(within + within / (count + prior_recordings)))


def target_scores(samples: Sequence[EmbeddedSample], gallery: Gallery) -> np.ndarray:
    """Leave-one-out target scores (n,): of each recording with the voiceprint that the person's other recordings make.

    A recording's score is the mean over its segments. A single recording gives one score, of its later half with its
    first; a single segment gives none.
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
