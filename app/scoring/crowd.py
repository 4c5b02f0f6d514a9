"""What the people enrolled say about strangers: how many could be mistaken for one another, and how alike they sound
through the microphone that they were enrolled with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from app.scoring.cohort import Cohort, similarities
from app.scoring.vectors import check_finite

MOST = 400
"""People of a gallery who are compared with one another: of more, so many, evenly spread."""
PRIOR_PEOPLE = 4.0
"""People, beside the first two, whose scores weigh as much as what is known of strangers in general. Chosen on the
people set aside in training, through lines that nobody had been enrolled by."""
TAIL = 2.33
"""Deviations above the middle that one stranger's score in a hundred exceeds (normal distribution)."""


class Strangers(NamedTuple):
    """What the voiceprints of two people score with one another, where a model's thresholds were measured."""

    middle: float
    """Their median."""
    deviation: float
    """The square root of the mean square distance from the median, above 0."""


def scores_among(vectors: np.ndarray, cohort: Cohort | None) -> np.ndarray:
    """Scores (pairs,) of voiceprints (n, D) of unit length, one for each of three people or more, with one another, in
    order. The closest pair is left out: they may be relatives. Of more than ``MOST`` people, so many are compared."""
    chosen = vectors[np.linspace(0, len(vectors) - 1, min(MOST, len(vectors))).round().astype(int)]
    return np.sort(similarities(chosen, chosen, cohort)[np.triu_indices(len(chosen), 1)])[:-1]


def strangers_of(scores: np.ndarray) -> Strangers:
    """What some scores (n,) of strangers with one another amount to. Raises NotComparable for scores that are not
    finite."""
    middle = float(np.median(scores))
    deviation = float(np.sqrt(np.mean((scores - middle) ** 2)))
    check_finite("the scores of the people enrolled", middle, deviation)
    return Strangers(middle, deviation)


class Crowd(NamedTuple):
    """The people among whom a voice is looked for."""

    people: int = 1
    """How many: a stranger can be mistaken for each."""
    shift: float = 0.0
    """Score, 0 or more, by which these people are more alike than those with whom the thresholds were measured."""


def crowd_of(people: int, found: Strangers | None, expected: Strangers | None) -> Crowd:
    """What ``people`` enrolled mean for a threshold. ``found``: what they score with one another, None for fewer than
    three; ``expected``: what the model's card says; None if it says nothing.

    People enrolled through one microphone are strangers to one another, so their scores are non-target trials of that
    microphone, there for nothing. If they lie higher than expected, or further apart, then so does the score that one
    stranger in a hundred exceeds, and it moves by as much. Few people say little: what they say is shrunk towards what
    is expected, the deviation in its square, and one or two say nothing. It never moves down: people who are less alike
    than expected, a man and a woman, say nothing about the next one.
    """
    if expected is None or found is None:
        return Crowd(max(1, people))
    weight = (people - 2) / (people - 2 + PRIOR_PEOPLE)
    deviation = np.sqrt((1 - weight) * expected.deviation**2 + weight * found.deviation**2)
    shift = weight * (found.middle - expected.middle) + TAIL * (deviation - expected.deviation)
    return Crowd(people, max(0.0, float(shift)))
