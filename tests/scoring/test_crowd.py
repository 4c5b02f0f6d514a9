"""What people enrolled say about strangers."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.cohort import unit
from app.scoring.crowd import PRIOR_PEOPLE, TAIL, Crowd, Strangers, crowd_of, scores_among, strangers_of
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery

EXPECTED = Strangers(0.2, 0.15)


def voices(count: int, alike: float, seed: int = 0) -> np.ndarray:
    """(count, 64) of unit length, each pair with a cosine of about ``alike``."""
    rng = np.random.default_rng(seed)
    own = unit(rng.standard_normal((count, 64)))
    shared = unit(rng.standard_normal(64))
    return unit(np.sqrt(alike) * shared + np.sqrt(1 - alike) * own).astype(np.float32)


def crowd(vectors: np.ndarray, expected: Strangers | None = EXPECTED) -> Crowd:
    gallery = Gallery(tuple(map(str, range(len(vectors)))), vectors)
    return DecisionRule(0.5, strangers=expected).among(gallery).crowd


def test_nobody_one_and_two_say_nothing():
    assert crowd(np.zeros((0, 64), np.float32)) == Crowd(1, 0.0)
    assert crowd(voices(1, 0.9)) == Crowd(1, 0.0)
    assert crowd(voices(2, 0.9)) == Crowd(2, 0.0)
    assert crowd(voices(9, 0.9), None) == Crowd(9, 0.0)


def test_people_as_alike_as_expected_or_less_move_nothing():
    found = Strangers(0.2, 0.15)
    assert crowd_of(12, found, EXPECTED) == (12, pytest.approx(0.0, abs=1e-9))
    assert crowd_of(12, Strangers(-0.1, 0.1), EXPECTED).shift == 0.0


def test_the_shift_is_shrunk_by_how_many_there_are():
    for people in (3, 6, 30, 3000):
        weight = (people - 2) / (people - 2 + PRIOR_PEOPLE)
        assert crowd_of(people, Strangers(0.5, 0.15), EXPECTED).shift == pytest.approx(weight * 0.3)
    far = crowd_of(10**6, Strangers(0.2, 0.25), EXPECTED).shift
    assert far == pytest.approx(TAIL * 0.1, abs=1e-4)


def test_people_on_one_microphone_raise_the_bar():
    shifts = [crowd(voices(10, alike)).shift for alike in (0.05, 0.5, 0.7)]
    assert shifts[0] == 0.0
    assert 0.02 < shifts[1] < shifts[2] < 0.6


def test_two_relatives_among_three_move_nothing():
    vectors = voices(3, 0.02)
    vectors[1] = unit(vectors[0] + 0.2 * vectors[1])
    assert vectors[0] @ vectors[1] > 0.95
    assert crowd(vectors).shift == 0.0


def test_a_person_of_several_rows_counts_once():
    vectors = voices(6, 0.3)
    one = Gallery(tuple("abcdef"), vectors)
    two = Gallery((*"abcdef", *"aaaa"), np.concatenate([vectors, np.repeat(vectors[:1], 4, axis=0)]))
    assert two.strangers == one.strangers


def test_of_very_many_people_some_are_compared():
    many = voices(5000, 0.3)
    assert len(scores_among(many, None)) == 400 * 399 // 2 - 1
    some = strangers_of(scores_among(many, None))
    assert some.middle == pytest.approx(np.median(many[:900] @ many[900:1800].T), abs=0.01)
