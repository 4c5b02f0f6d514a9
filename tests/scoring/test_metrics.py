from __future__ import annotations

import math

import numpy as np
import pytest

from app.scoring import metrics
from utils import BadInput


def scores(*values: float) -> np.ndarray:
    return np.array(values, float)


@pytest.mark.parametrize(
    ("targets", "nontargets", "eer"),
    [
        (scores(3, 4), scores(1, 2), 0.0),
        (scores(1, 2), scores(3, 4), 1.0),
        # Accept from 3 on: 1 of 4 strangers in (0.25), 1 of 4 owners out (0.25).
        (scores(1, 3, 5, 6), scores(0, 2, 2.5, 4), 0.25),
        # All alike: the two points (1, 0) and (0, 1) are joined, and half way is 0.5.
        (scores(1, 1), scores(1, 1, 1), 0.5),
        # A tie of two owners and one stranger at 2: from (FA 1/2, FR 0) to (FA 0, FR 2/3): 1/2 - t/2 = 2t/3, t = 3/7.
        (scores(2, 2, 3), scores(1, 2), 2 / 7),
        # No tie, three owners, two strangers: the line FR = 1/3 is met between FA = 1/2 and FA = 0.
        (scores(1, 4, 5), scores(0, 2), 1 / 3),
    ],
)
def test_eer_by_hand(targets: np.ndarray, nontargets: np.ndarray, eer: float):
    assert metrics.equal_error_rate(targets, nontargets)[0] == pytest.approx(eer)


def test_eer_threshold_accepts_at_or_above():
    targets, nontargets = scores(1, 3, 5, 6), scores(0, 2, 2.5, 4)
    _, threshold = metrics.equal_error_rate(targets, nontargets)
    assert np.mean(targets < threshold) == np.mean(nontargets >= threshold) == 0.25


def test_operating_points_by_hand():
    rates = metrics.error_rates(scores(2, 2, 3), scores(1, 2))
    assert rates.thresholds.tolist() == [1, 2, 3, math.inf]
    assert rates.false_accepts.tolist() == [1, 0.5, 0, 0]
    assert rates.false_rejects == pytest.approx([0, 0, 2 / 3, 1])


def test_weights_count_as_repetitions():
    rng = np.random.default_rng(0)
    targets, nontargets = rng.normal(1, 1, 20).round(1), rng.normal(0, 1, 30).round(1)
    own, others = rng.integers(0, 4, 20), rng.integers(0, 4, 30)
    weighted = metrics.error_rates(targets, nontargets, own, others)
    repeated = metrics.error_rates(np.repeat(targets, own), np.repeat(nontargets, others))
    kept = np.isin(weighted.thresholds, repeated.thresholds)
    assert weighted.false_accepts[kept] == pytest.approx(repeated.false_accepts)
    assert weighted.false_rejects[kept] == pytest.approx(repeated.false_rejects)


def test_agrees_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(1)
    targets, nontargets = rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 500).round(1)  # many ties
    labels, values = np.r_[np.ones(300), np.zeros(500)], np.r_[targets, nontargets]
    accepts, hits, thresholds = sklearn.roc_curve(labels, values, drop_intermediate=False)
    ours = metrics.error_rates(targets, nontargets)
    assert ours.thresholds[::-1] == pytest.approx(thresholds)
    assert ours.false_accepts[::-1] == pytest.approx(accepts)
    assert 1 - ours.false_rejects[::-1] == pytest.approx(hits)
    grid = np.linspace(0, 1, 200_001)
    crossing = grid[np.argmin(np.abs(1 - np.interp(grid, accepts, hits) - grid))]
    assert metrics.equal_error_rate(targets, nontargets)[0] == pytest.approx(crossing, abs=1e-5)
    for p in (0.01, 0.05, 0.5):
        costs = (p * (1 - hits) + (1 - p) * accepts) / min(p, 1 - p)
        assert metrics.min_dcf(targets, nontargets, p) == pytest.approx(costs.min())
        at = int(np.argmin(np.abs(thresholds - 1)))
        assert metrics.dcf_at(targets, nontargets, thresholds[at], p) == pytest.approx(costs[at])
    threshold = 0.6
    accuracy, f1 = metrics.accuracy_and_f1(targets, nontargets, threshold)
    assert accuracy == pytest.approx(sklearn.accuracy_score(labels, values >= threshold))
    assert f1 == pytest.approx(sklearn.f1_score(labels, values >= threshold))


def test_min_dcf_by_hand():
    # At 2.5: no stranger in, 1 of 4 owners out: 0.05 * 0.25 / 0.05 = 0.25. At 2: 1 of 4 in, none out: 0.95 / 4 / 0.05.
    targets, nontargets = scores(2, 3, 4, 5), scores(0, 1, 1.5, 2)
    assert metrics.min_dcf(targets, nontargets, 0.05) == pytest.approx(0.25)
    assert metrics.min_dcf(targets, nontargets, 0.5) == pytest.approx(0.25)
    assert metrics.min_dcf(targets, nontargets, 0.95) == pytest.approx(0.25)  # the other way round: strangers cost less
    assert metrics.min_dcf(scores(0), scores(1), 0.01) == 1  # never worse than always saying no


def test_cllr_by_hand():
    assert metrics.cllr(scores(0), scores(0)) == pytest.approx(1)  # says nothing
    assert metrics.cllr(scores(100), scores(-100)) == pytest.approx(0)
    expected = (math.log2(1 + 1 / 3) + math.log2(1 + 1 / 3)) / 2
    assert metrics.cllr(scores(math.log(3)), scores(-math.log(3))) == pytest.approx(expected)


def test_threshold_at_a_rate_of_false_accepts():
    nontargets = np.arange(100) / 100
    assert metrics.threshold_at(scores(2), nontargets, 0.05) == pytest.approx(0.95)
    assert metrics.threshold_at(scores(2), nontargets, 0.0) == 2
    assert metrics.threshold_at(scores(0.5), nontargets, 0.0) == math.inf
    assert metrics.rejected(scores(0.1, 0.5, 0.9), 0.5) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("targets", "nontargets"), [(scores(), scores(1)), (scores(1), scores())])
def test_one_kind_of_trial_is_not_enough(targets: np.ndarray, nontargets: np.ndarray):
    with pytest.raises(BadInput, match="both"):
        metrics.equal_error_rate(targets, nontargets)


def test_scores_that_are_not_numbers():
    with pytest.raises(BadInput, match="not numbers"):
        metrics.equal_error_rate(scores(1, math.nan), scores(0))


def test_all_pairs():
    embeddings = np.array([[1, 0], [0.6, 0.8], [0, 1]])
    targets, nontargets = metrics.all_pairs(embeddings @ embeddings.T, np.array(["a", "a", "b"]))
    assert targets.tolist() == pytest.approx([0.6])
    assert nontargets.tolist() == pytest.approx([0, 0.8])


def test_figures_by_hand():
    result = metrics.measure(scores(0.9, 0.8, 0.7, 0.2), scores(0.1, 0.0, 0.3, 0.75))
    assert result["eer"] == 0.25
    assert result["trials"] == 8
    assert result["accuracy"] == 0.75
    assert result["f1"] == 0.75
    assert set(result["min_dcf"]) == {"0.01", "0.05"}
    assert 0.3 < result["threshold"] <= 0.7


def test_cost_of_a_threshold_by_hand():
    # At 2.5: 1 of 4 owners out, 1 of 4 strangers in; at p = 0.05 (0.05 * 0.25 + 0.95 * 0.25) / 0.05.
    targets, nontargets = scores(2, 3, 4, 5), scores(0, 1, 2, 2.5)
    assert metrics.dcf_at(targets, nontargets, 2.5, 0.05) == pytest.approx(5.0)
    assert metrics.dcf_at(targets, nontargets, 2.6, 0.05) == pytest.approx(0.25)  # the stranger is out now
    assert metrics.dcf_at(targets, nontargets, math.inf, 0.01) == pytest.approx(1)
    lowest = min(metrics.dcf_at(targets, nontargets, t, 0.05) for t in (*targets, *nontargets, math.inf))
    assert metrics.min_dcf(targets, nontargets, 0.05) == pytest.approx(lowest)


def test_lowest_cllr_by_hand():
    assert metrics.min_cllr(scores(1, 2), scores(-1, 0)) == pytest.approx(0)  # in order: no calibration can do better
    assert metrics.min_cllr(scores(1, 1), scores(1)) == pytest.approx(1)  # all alike: nothing is told
    # Only the middle two are mixed: even odds there, certainty at the ends: a half of each kind costs 1 bit.
    assert metrics.min_cllr(scores(1, 3), scores(0, 2)) == pytest.approx(0.5)
    assert metrics.min_cllr(scores(2, 3), scores(0, 2)) == pytest.approx(0.5)  # a tie in place of a swap
    assert metrics.min_cllr(scores(0), scores(1)) == pytest.approx(1)  # the wrong way round is as good as nothing


def test_lowest_cllr_agrees_with_scikit_learn_and_no_calibration_is_better():
    isotonic = pytest.importorskip("sklearn.isotonic", reason="scikit-learn is not installed")
    rng = np.random.default_rng(2)
    targets, nontargets = rng.normal(2, 1, 80).round(1), rng.normal(0, 1, 120).round(1)  # many ties
    labels, weights = np.r_[np.ones(80), np.zeros(120)], np.r_[np.full(80, 1 / 80), np.full(120, 1 / 120)]
    values = np.r_[targets, nontargets]
    p = isotonic.IsotonicRegression().fit(values, labels, weights).predict(values)
    with np.errstate(divide="ignore"):
        llrs = np.log(p) - np.log1p(-p)
    lowest = metrics.min_cllr(targets, nontargets)
    assert lowest == pytest.approx(metrics.cllr(llrs[:80], llrs[80:]))
    straight = min(
        metrics.cllr(scale * targets + offset, scale * nontargets + offset)
        for scale in np.linspace(0.1, 4, 40)
        for offset in np.linspace(-6, 2, 40)
    )
    assert lowest < straight < 1.3 * lowest
