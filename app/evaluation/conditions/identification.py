"""Identification as the program does it, of recordings: some people are enrolled, all the others are strangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.embedding.encoder import Encoder
from app.enrolment.segments import MIN_SPEECH_S, embed_clean_and_noisy, pool_embeddings
from app.evaluation.conditions.recordings import CROP_S, Embeddings, Recording
from app.evaluation.conditions.verification import LENGTHS, thresholds
from app.scoring.cohort import Cohort, similarities
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from utils import SAMPLE_RATE

ENROLLED = (2, 5, 20)
"""How many people are enrolled."""
ENROLMENT_S = 20.0
"""Seconds of speech behind each voiceprint, if a person has as much and one recording besides."""
DRAWS = 200
"""How many times the enrolled people are drawn."""
BOOTSTRAP_ROUNDS = 400
"""How many times the strangers are drawn again, for the interval."""


@dataclass(frozen=True)
class People:
    """Voiceprints of everybody in a corpus, and who speaks in which recording."""

    voiceprints: np.ndarray
    """(people, D) of unit length."""
    owner: np.ndarray
    """(recordings,) place of the speaker among the people."""
    behind: np.ndarray
    """(recordings,) booleans: whether it is in its owner's voiceprint; others' are compared with it all the same."""


def enrol_everybody(recordings: Sequence[Recording], encoder: Encoder, seed: int = 1) -> People:
    """Voiceprints as enrolment makes them, of recordings in a random order up to 20 s of speech.

    Where sessions are told, all of a voiceprint is of one session, and so are all recordings that are behind it.
    Somebody with one recording has it in the voiceprint, and is never heard as its owner.
    """
    rng = np.random.default_rng(seed)
    speakers, owner = np.unique([recording.clip.speaker for recording in recordings], return_inverse=True)
    behind, voiceprints = np.zeros(len(recordings), bool), []
    for place in range(len(speakers)):
        own = rng.permutation(np.flatnonzero(owner == place))
        session = recordings[own[0]].clip.session
        chosen = [i for i in own if recordings[i].clip.session == session]
        behind[chosen if session else []] = True
        vectors, seconds, left_s = [], [], ENROLMENT_S
        for index in chosen[: max(1, len(chosen) - (not session))]:
            speech = recordings[index].through((), "")[: round(left_s * SAMPLE_RATE)]
            if len(speech) < MIN_SPEECH_S * SAMPLE_RATE:
                break
            of_speech, segment_s = embed_clean_and_noisy(encoder, speech)
            behind[index] = True
            vectors.append(of_speech)
            seconds += segment_s
            left_s -= len(speech) / SAMPLE_RATE
        voiceprints.append(pool_embeddings(np.concatenate(vectors), seconds))
    return People(np.stack(voiceprints), owner, behind)


def measure_identification(
    people: People,
    recordings: Sequence[Recording],
    embeddings: Embeddings,
    enrolled: int,
    rule: DecisionRule,
    cohort: Cohort | None,
    seed: int = 1,
) -> dict[str, dict]:
    """Length -> what ``decide`` says at the rule as shipped, over many draws of the enrolled people.

    "strangers_named" is the part of the strangers' recordings that get a name, with "strangers_interval", 90 % over
    strangers; "owners_unnamed" and "owners_misnamed" are parts of the recordings of enrolled people, None where none of
    them has any besides the enrolment. The same with "certain" in the key: where the name was given as certain.
    """
    speech_s = np.array([recording.speech_s for recording in recordings])
    figures = {}
    sides = ((embeddings.whole, np.inf), (embeddings.cropped, CROP_S))
    for length, (vectors, most_s) in zip(LENGTHS, sides, strict=True):
        table = similarities(vectors, people.voiceprints, cohort)
        heard_s = np.minimum(speech_s, most_s)
        rng = np.random.default_rng(seed)
        figures[length] = _measure(table, heard_s, rule, people, cohort, enrolled, rng)
    return figures


def names(scores: np.ndarray, needed: np.ndarray, margin: float) -> np.ndarray:
    """Who is named, as ``decide`` has it: (n,) places among the people, -1 for nobody.

    ``scores`` (n, people), at least one; ``needed`` (n,) the thresholds.
    """
    ranked = np.sort(scores, axis=-1)
    best = ranked[..., -1]
    ahead = best - ranked[..., -2] >= margin - 1e-9 if scores.shape[-1] > 1 else np.ones(best.shape, bool)
    return np.where((best >= needed) & (best > -1) & ahead, scores.argmax(axis=-1), -1)


def _measure(
    table: np.ndarray,
    speech_s: np.ndarray,
    rule: DecisionRule,
    people: People,
    cohort: Cohort | None,
    enrolled: int,
    rng: np.random.Generator,
) -> dict:
    """Rates over all draws. ``table`` (recordings, people) scores, of ``speech_s`` (recordings,) seconds each."""
    count = table.shape[1]
    strangers, named, surely = np.zeros(count), np.zeros(count), np.zeros(count)
    owners = unnamed = misnamed = certain = wrong = 0
    names_of = tuple(map(str, range(enrolled)))
    for _ in range(DRAWS):
        among = rng.choice(count, size=enrolled, replace=False)
        own_rule = rule.among(Gallery(names_of, people.voiceprints[among], cohort))
        needed, certainly = thresholds(speech_s, own_rule)
        scores = table[:, among]
        place = names(scores, needed, rule.margin)
        said = np.where(place >= 0, among[place], -1)
        sure = (said >= 0) & (scores.max(axis=1) >= certainly)
        known = np.isin(people.owner, among)
        strangers += np.bincount(people.owner[~known], minlength=count)
        named += np.bincount(people.owner[~known & (said >= 0)], minlength=count)
        surely += np.bincount(people.owner[~known & sure], minlength=count)
        own = known & ~people.behind
        owners += np.count_nonzero(own)
        unnamed += np.count_nonzero(own & (said < 0))
        misnamed += np.count_nonzero(own & (said >= 0) & (said != people.owner))
        certain += np.count_nonzero(own & sure & (said == people.owner))
        wrong += np.count_nonzero(own & sure & (said != people.owner))
    again = rng.integers(count, size=(BOOTSTRAP_ROUNDS, count))
    interval = np.quantile(named[again].sum(axis=1) / strangers[again].sum(axis=1), (0.05, 0.95))
    return {
        "strangers_named": float(named.sum() / strangers.sum()),
        "strangers_interval": interval.tolist(),
        "owners_unnamed": unnamed / owners if owners else None,
        "owners_misnamed": misnamed / owners if owners else None,
        "strangers_certain": float(surely.sum() / strangers.sum()),
        "owners_certain": certain / owners if owners else None,
        "owners_certainly_misnamed": wrong / owners if owners else None,
    }
