"""The algebra of one hypothesis, against sums over all sequences of turns written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.diarisation.hypothesis import OnsetHypothesis, log_sum
from app.scoring.identification import UNKNOWN


def test_log_sum_is_exact_far_from_zero():
    assert log_sum([-1000.0, -1000.0]) == pytest.approx(-1000 + math.log(2))
    assert log_sum([]) == log_sum([-math.inf]) == -math.inf


def hypothesis() -> OnsetHypothesis:
    """After a turn of Ana's (0.6), Ben's (0.3) or a stranger's (0.1), with an even chance that another one begins."""
    first = OnsetHypothesis(0, {UNKNOWN: 0.0}, {})
    before = {"Ana": math.log(0.6), "Ben": math.log(0.3), UNKNOWN: math.log(0.1)}
    second = OnsetHypothesis(50, before, {label: (weight, first) for label, weight in before.items()})
    second.log_change = math.log(0.5)
    second.log_odds = {"Ana": math.log(2.0), "Ben": math.log(4.0), UNKNOWN: 0.0}
    return second


def test_nobody_follows_himself_but_one_stranger_may_follow_another():
    second = hypothesis()
    assert math.exp(second.log_alpha("Ana")) == pytest.approx((0.3 + 0.1) * 0.5 * 2.0)
    assert math.exp(second.log_alpha("Ben")) == pytest.approx((0.6 + 0.1) * 0.5 * 4.0)
    assert math.exp(second.log_alpha(UNKNOWN)) == pytest.approx(1.0 * 0.5)
    assert second.log_alpha("Eva") == -math.inf  # nobody of whom anything is known


def test_a_committed_turn_may_go_on():
    second = hypothesis()
    second.log_continue, second.log_return_bonus = math.log(0.5), math.log(3.0)
    assert math.exp(second.log_alpha("Ana")) == pytest.approx(((0.3 + 0.1) * 0.5 + 0.6 * 0.5 * 3.0) * 2.0)


def test_the_most_likely_turns_end_with_the_label_that_was_asked_for():
    second = hypothesis()
    weight, (before, _) = second.viterbi("Ben")
    assert (before, math.exp(weight)) == ("Ana", pytest.approx(0.6 * 0.5 * 4.0))
    weight, (before, _) = second.viterbi("Ana")
    assert (before, math.exp(weight)) == ("Ben", pytest.approx(0.3 * 0.5 * 2.0))


def test_a_turn_is_pooled_from_windows_that_do_not_overlap():
    turn = OnsetHypothesis(0, {UNKNOWN: 0.0}, {})
    for heard, value in ((10, 1.0), (15, 2.0), (20, 4.0)):
        turn.pool(heard, np.full(2, value), 10, 0.5)
    assert [row.total_s for row in turn.pooled] == [0.5, 0.5, 1.0]
    assert turn.pooled[-1].total.tolist() == [2.5, 2.5]  # the windows until 10 and until 20
    assert turn.pooled_at(9) is None
    assert turn.pooled_at(19).heard == 15
