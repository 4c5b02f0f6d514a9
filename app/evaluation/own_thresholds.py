"""Would a threshold of each person's own be better than one for all? False rejects at equal false accepts, and how
unequally the false accepts fall on people.

Casts of a few enrolled people are drawn, everybody else is a stranger; half of what is heard is in a noisy room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.embedding.encoder import Encoder
from app.enrolment.expected_errors import BETWEEN, own_scores
from app.enrolment.segments import embed_robustly, in_a_noisy_room, pooled
from app.evaluation.open_set import Part
from app.scoring.cohort import Cohort, similarities
from app.scoring.gallery import Gallery
from app.voiceprints.store import Sample
from utils import SAMPLE_RATE

SAMPLE_S = 7.0
"""Of one recording, as the recorder asks for them."""
OTHERS_WORTH = 9.0
"""How many other people's scores the mean of all people is worth: a tenth of the variance of strangers' scores lies
between the people they are compared with."""
OWN_PART = 0.3
"""Of a person's mean score that the threshold moves by. At 1 % false accepts equal likelihood ratios ask for about so
much when the mean moves and nothing else."""
CASTS = 60
Moved = Callable[[int, np.ndarray], float]
"""(person, who is enrolled) -> by how much the person's threshold lies higher."""


@dataclass(frozen=True)
class Known:
    """A person as the network hears them."""

    samples: tuple[Sample, ...]
    voiceprint: np.ndarray
    """(D,)"""
    heard: np.ndarray
    """(n, D) windows of other recordings, half of them in a noisy room."""


@dataclass(frozen=True)
class Row:
    way: str
    false_rejects: float
    false_accepts: float
    spread: float
    """Standard deviation of the false accepts over enrolled people."""
    worst: float
    """False accepts of the person whose name is given to strangers most often, over all casts."""

    def __str__(self) -> str:
        return (
            f"{self.way:<42}{self.false_rejects:>9.1%}{self.false_accepts:>9.2%}{self.spread:>9.2%}{self.worst:>9.2%}"
        )


def know(part: Part, encoder: Encoder) -> Known:
    """Recordings of 7 s out of a person's enrolment, and what else is said."""
    length, speech = round(SAMPLE_S * SAMPLE_RATE), part.enrolment
    starts = range(0, max(1, len(speech) - SAMPLE_RATE), length)
    samples = tuple(Sample(str(at), *embed_robustly(encoder, speech[at : at + length])) for at in starts)
    voiceprint = pooled(np.concatenate([s.vectors for s in samples]), [p for s in samples for p in s.piece_s])
    windows = list(part.windows)
    return Known(samples, voiceprint, encoder.embed_batch([*windows, *in_a_noisy_room(windows)]))


def compare(
    people: Sequence[Known], cohort: Cohort, threshold: float, *, enrolled: int = 5, seed: int = 1
) -> list[Row]:
    """Each way at the false accepts that one ``threshold`` for all has with normalised scores."""
    rng = np.random.default_rng(seed)
    casts = [rng.choice(len(people), enrolled, replace=False) for _ in range(CASTS)]
    plain, normal = (_table(people, given) for given in (None, cohort))
    tails, own, hindsight = _by_cohort(people, cohort), _by_own(people, cohort), _in_hindsight(normal)
    pairs = _pairs(people, cohort)

    def others(person: int, cast: np.ndarray) -> float:
        scores = pairs[person, [other for other in cast if other != person]]
        return float(scores.sum()) / (len(scores) + OTHERS_WORTH)

    ways: list[tuple[str, list, Moved]] = [
        ("normalised by the cohort, one threshold", normal, lambda person, cast: 0.0),
        ("plain cosines, one threshold", plain, lambda person, cast: 0.0),
        ("one each, by the cohort's highest", normal, lambda person, cast: tails[person]),
        ("one each, by the others enrolled", normal, others),
        ("one each, by the own recordings", normal, lambda person, cast: own[person]),
        ("one each, known afterwards", normal, lambda person, cast: hindsight[person]),
    ]
    rows, accepts, at = [], None, threshold
    for way, table, moved in ways:
        trials = list(_trials(table, casts, moved))
        strangers = np.concatenate([scores for *_, scores in trials])
        if accepts is None:
            accepts = float(np.mean(strangers >= at))
        else:
            at = float(np.quantile(strangers, 1 - accepts, method="higher"))
        accepted = np.array([np.mean(scores >= at) for *_, scores in trials])
        rejected = np.array([np.mean(scores < at) for _, scores, _ in trials])
        seats = np.array([person for person, *_ in trials])
        worst = max(float(accepted[seats == person].mean()) for person in np.unique(seats))
        rows.append(Row(way, float(rejected.mean()), float(accepted.mean()), float(accepted.std()), worst))
    return rows


def _trials(
    table: list[list[np.ndarray]], casts: Sequence[np.ndarray], moved: Moved
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(person, own scores, strangers' scores) of everybody enrolled in every cast, less what the threshold moves by."""
    for cast in casts:
        strangers = [person for person in range(len(table)) if person not in cast]
        for person in cast:
            by = moved(person, cast)
            yield int(person), table[person][person] - by, np.concatenate([table[person][o] for o in strangers]) - by


def _table(people: Sequence[Known], cohort: Cohort | None) -> list[list[np.ndarray]]:
    """Scores of what the second person says with the voiceprint of the first."""
    return [[similarities(other.heard, one.voiceprint[None], cohort)[:, 0] for other in people] for one in people]


def _by_cohort(people: Sequence[Known], cohort: Cohort) -> np.ndarray:
    """Half of the score that one in a hundred of the cohort reaches: about what it foretells of strangers."""
    voiceprints = np.stack([person.voiceprint for person in people])
    return np.quantile(similarities(cohort.vectors, voiceprints, cohort), 0.99, axis=0) / 2


def _pairs(people: Sequence[Known], cohort: Cohort) -> np.ndarray:
    """(people, people) mean score of what one (column) said for enrolment with the other's voiceprint (row)."""
    voiceprints = np.stack([person.voiceprint for person in people])
    said = [np.concatenate([sample.vectors for sample in person.samples]) for person in people]
    return np.stack([similarities(vectors, voiceprints, cohort).mean(axis=0) for vectors in said], axis=1)


def _by_own(people: Sequence[Known], cohort: Cohort) -> np.ndarray:
    galleries = [Gallery(("",), person.voiceprint[None], cohort) for person in people]
    found = [own_scores(person.samples, gallery) for person, gallery in zip(people, galleries, strict=True)]
    usual, worth = np.mean([scores.mean() for scores in found if len(scores)]), (1 - BETWEEN) / BETWEEN
    return np.array([OWN_PART * float((scores - usual).sum()) / (len(scores) + worth) for scores in found])


def _in_hindsight(table: list[list[np.ndarray]]) -> np.ndarray:
    """What one in a hundred of all others' windows reaches: no program can know it."""
    return np.array(
        [np.quantile(np.concatenate([s for o, s in enumerate(row) if o != p]), 0.99) for p, row in enumerate(table)]
    )
