"""Vectors, scores and calibrations that are not finite never name anybody."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.scoring.calibration import Calibration
from app.scoring.cohort import Cohort, similarities, unit
from app.scoring.decision import DecisionRule, decide, probability
from app.scoring.gallery import Gallery, best, best_of_each, gallery_of, score
from app.scoring.vectors import NotComparable, check_finite, finite_unit, from_bytes, usable
from utils import HeardError

RNG = np.random.default_rng(5)
RULE = DecisionRule(threshold=0.3, margin=0.05)
COHORT = Cohort(unit(RNG.standard_normal((60, 8))).astype(np.float32), top=10)
ANA, BEN = np.eye(2, 8, dtype=np.float32)
BAD = {
    "nan": np.full(8, np.nan, np.float32),
    "one nan": np.where(np.arange(8) == 3, np.nan, ANA).astype(np.float32),
    "inf": np.where(np.arange(8) == 3, np.inf, ANA).astype(np.float32),
    "zeros": np.zeros(8, np.float32),
}


@pytest.fixture(params=BAD, ids=BAD)
def bad(request) -> np.ndarray:
    return BAD[request.param]


@pytest.mark.parametrize("cohort", [None, COHORT], ids=["cosine", "normalised"])
def test_sixty_strangers_are_not_a_person_with_a_damaged_voiceprint(bad, cohort):
    rows = [("Ana", bad.tobytes(), 3.0), ("Ben", BEN.tobytes(), 3.0)]
    gallery = gallery_of(rows, cohort, 8)
    assert (gallery.names, gallery.damaged) == (("Ben",), ("Ana",))
    strangers = unit(RNG.standard_normal((60, 8))).astype(np.float32)
    for scores in best_of_each(strangers, gallery):
        assert "Ana" not in scores
        assert decide(scores, RULE).speaker in {None, "Ben"}
    assert decide(best(BEN, gallery), RULE).speaker == "Ben"  # the others work


@pytest.mark.parametrize("cohort", [None, COHORT], ids=["cosine", "normalised"])
def test_a_sound_that_gives_no_numbers_is_nobodys(bad, cohort):
    gallery = Gallery(("Ana", "Ben"), np.stack([ANA, BEN]), cohort)
    assert score(bad, gallery) == {"Ana": -1.0, "Ben": -1.0}
    lenient = DecisionRule(threshold=-1.0)
    for scores in best_of_each(np.stack([bad, BEN]), gallery)[:1]:
        assert decide(scores, lenient).speaker is None
    assert decide(best_of_each(np.stack([bad, BEN]), gallery)[1], RULE).speaker == "Ben"
    assert similarities(bad[None], BEN[None], cohort)[0, 0] == similarities(BEN[None], bad[None], cohort)[0, 0] == -1


def test_nothing_is_made_of_bad_vectors(bad):
    vectors = np.stack([ANA, bad])
    with pytest.raises(NotComparable):
        Gallery(("Ana", "Ben"), vectors)
    with pytest.raises(NotComparable):
        Cohort(vectors)
    with pytest.raises(NotComparable):
        finite_unit(vectors)
    with pytest.raises(HeardError):
        from_bytes(bad.tobytes())


def test_a_vector_of_another_dimension_is_damaged():
    short = unit(np.ones(6)).astype(np.float32)
    gallery = gallery_of([("Ana", ANA.tobytes(), 1.0), ("Ben", short.tobytes(), 1.0)], None, 8)
    assert (gallery.names, gallery.damaged) == (("Ana",), ("Ben",))
    assert gallery_of([("Ben", short.tobytes(), 1.0)], COHORT).damaged == ("Ben",)  # the cohort's dimension
    for blob in (b"", b"abc", short.tobytes()[:-1], "text", None):
        assert gallery_of([("Ana", blob, 1.0)], None, 6).damaged == ("Ana",)
    with pytest.raises(NotComparable, match="6 numbers each, the model's 8"):
        score(ANA, gallery_of([("Ben", short.tobytes(), 1.0)]))
    with pytest.raises(NotComparable, match="8 numbers in place of 6"):
        finite_unit(ANA, 6)


def test_one_damaged_embedding_takes_the_person_out_whatever_the_others_are():
    rows = [("Ana", ANA.tobytes(), 3.0), ("Ana", BAD["nan"].tobytes(), 3.0), ("Ana", ANA.tobytes(), 3.0)]
    assert gallery_of(rows).damaged == ("Ana",)
    assert gallery_of([("Ana", ANA.tobytes(), math.nan)]).damaged == ("Ana",)
    assert gallery_of([("Ana", ANA.tobytes(), 0.0)]).damaged == ("Ana",)


def test_a_mean_is_weighted_by_speech():
    gallery = gallery_of([("Ana", ANA.tobytes(), 3.0), ("Ana", BEN.tobytes(), 1.0)])
    assert gallery.vectors[0] == pytest.approx(unit(3 * ANA + BEN))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_name_nobody(value):
    assert decide({"Ana": value}, RULE).speaker is None
    assert decide({"Ana": value}, RULE).confidence == 0.0
    assert decide({"Ana": value, "Ben": 0.8}, RULE).speaker == "Ben"
    assert probability(value, RULE) == 0.0


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "0.5", [0.5]])
@pytest.mark.parametrize("field", ["threshold", "margin", "scale", "offset", "by_speech", "calibrated"])
def test_a_rule_has_finite_numbers(field, value):
    numbers = {"threshold": 0.5}
    numbers[field] = {"by_speech": ((1.0, value),), "calibrated": ((1.0, value, 0.0),)}.get(field, value)
    with pytest.raises(NotComparable, match="not a finite number"):
        DecisionRule(**numbers)


def test_a_rule_does_not_fall_with_the_score():
    with pytest.raises(NotComparable):
        DecisionRule(threshold=0.5, scale=-1.0)
    with pytest.raises(NotComparable):
        DecisionRule(threshold=0.5, calibrated=((1.0, 0.0, 0.0),))


def test_a_calibration_and_a_cohort_have_finite_numbers():
    with pytest.raises(NotComparable):
        Calibration(math.nan, 0.0)
    for vectors in (np.zeros((0, 8)), ANA[None], ANA):
        with pytest.raises(NotComparable):
            Cohort(vectors)
    with pytest.raises(NotComparable):
        Cohort(COHORT.vectors, top=0)
    with pytest.raises(NotComparable, match="a number of things is not"):
        check_finite("a number of things", 1.0, math.inf)


def test_what_can_be_used_stays_as_it_is(bad):
    rows = np.stack([ANA, bad, BEN])
    kept = usable(rows)
    assert np.array_equal(kept[[0, 2]], rows[[0, 2]])
    assert not kept[1].any()
    good = rows[[0, 2]]
    assert usable(good) is good
