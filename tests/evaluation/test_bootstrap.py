from __future__ import annotations

import numpy as np
import pytest

from app.evaluation.bootstrap import bootstrap_eer, speaker_bootstrap
from app.scoring.metrics import ErrorRates, all_pairs, crossing, equal_error_rate, lowest_cost
from utils import BadInput


def test_bootstrap_interval_holds_the_estimate_and_shrinks_with_more_speakers():
    rng = np.random.default_rng(0)

    def people(count: int) -> tuple[np.ndarray, np.ndarray]:
        centres = rng.standard_normal((count, 16))
        points = np.repeat(centres, 6, axis=0) + 1.2 * rng.standard_normal((6 * count, 16))
        return points / np.linalg.norm(points, axis=1, keepdims=True), np.repeat(np.arange(count), 6)

    widths = []
    for count in (6, 60):
        embeddings, speakers = people(count)
        low, high = bootstrap_eer(embeddings @ embeddings.T, speakers, rounds=100)
        assert low < equal_error_rate(*all_pairs(embeddings @ embeddings.T, speakers))[0] < high
        assert (low, high) == bootstrap_eer(embeddings @ embeddings.T, speakers, rounds=100)
        widths.append(high - low)
    assert widths[1] < 0.6 * widths[0]


def test_a_speaker_is_drawn_with_all_of_his_trials():
    """Of three speakers one is always missed: how often he is drawn decides, and his many trials go together."""
    first = np.array(["a"] * 50 + ["b", "c", "a", "a", "b"])
    second = np.array(["a"] * 50 + ["b", "c", "b", "c", "c"])
    scores = np.array([0.0] * 50 + [1.0, 1.0, 0.5, 0.5, 0.5])
    shares: set[float] = set()

    def missed(rates: ErrorRates) -> float:
        share = float(rates.false_rejects[rates.thresholds == 0.5][0])
        shares.add(round(share, 6))
        return share

    ((low, high),) = speaker_bootstrap(scores, first == second, first, second, [missed], rounds=200)
    # not drawn; once, with two others; twice, with another; never three times, for then there is no non-target trial
    assert shares == {0.0, round(50 / 52, 6), round(100 / 101, 6)}
    assert low == 0
    assert high == pytest.approx(100 / 101)


def test_several_figures_share_their_draws():
    rng = np.random.default_rng(3)
    scores, names = rng.normal(size=300), rng.integers(0, 20, 300)
    other = np.where(rng.random(300) < 0.5, names, rng.integers(0, 20, 300))
    target = names == other
    scores = scores + 2 * target
    figures = [lambda rates: crossing(rates)[0], lambda rates: lowest_cost(rates, 0.05)]
    both = speaker_bootstrap(scores, target, names, other, figures, rounds=50)
    assert both == [speaker_bootstrap(scores, target, names, other, [f], rounds=50)[0] for f in figures]
    assert all(low < high for low, high in both)


def test_one_kind_of_trial_is_not_enough_to_draw_from():
    with pytest.raises(BadInput, match="both"):
        speaker_bootstrap(np.ones(2), np.array([True, True]), np.zeros(2), np.zeros(2), [lambda rates: 0.0])
