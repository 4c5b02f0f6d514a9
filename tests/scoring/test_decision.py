"""The decision rule as a table: scores in, answer out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.scoring.certainty import Certainty
from app.scoring.crowd import Crowd
from app.scoring.decision import DecisionRule, decide, posterior, probability

RULE = DecisionRule(threshold=0.5, margin=0.1, scale=20.0, offset=-10.0)


@pytest.mark.parametrize(
    ("scores", "speaker", "reason"),
    [
        ({}, None, "nobody is enrolled"),
        ({"Ana": 0.8}, "Ana", ""),
        ({"Ana": 0.5}, "Ana", ""),  # at the threshold is enough
        ({"Ana": 0.4999}, None, "closest: Ana 0.49, needs 0.50"),
        ({"Ana": 0.2, "Ben": 0.34}, None, "closest: Ben 0.34, needs 0.50"),
        ({"Ana": 0.7, "Ben": 0.55}, "Ana", ""),
        ({"Ana": 0.75, "Ben": 0.65}, "Ana", ""),  # ahead by the margin, whatever rounding makes of 0.75 - 0.65
        ({"Ana": 0.7, "Ben": 0.65}, None, "Ana 0.70 or Ben 0.65: too close to call"),
        ({"Ben": 0.6, "Ana": 0.6}, None, "Ana 0.60 or Ben 0.60"),  # a tie, told in a stable order
        ({"Ana": -1.0}, None, "closest: Ana -1.00"),
        ({"Ana": 0.9, "Ben": 0.2, "Clara": 0.1}, "Ana", ""),
    ],
)
def test_decide(scores, speaker, reason):
    decision = decide(scores, RULE)
    assert decision.speaker == speaker
    assert reason in decision.reason
    assert bool(decision.reason) == (speaker is None)
    assert 0 <= decision.confidence <= 1


def test_confidence_is_the_calibrated_probability():
    assert probability(0.5, RULE) == pytest.approx(0.5)
    assert decide({"Ana": 0.6}, RULE).confidence == pytest.approx(1 / (1 + 2.718281828**-2))
    assert decide({"Ana": 0.4}, RULE).confidence == pytest.approx(1 / (1 + 2.718281828**-2))


def test_a_close_runner_up_lowers_the_confidence():
    alone = decide({"Ana": 0.7}, RULE).confidence
    beside = decide({"Ana": 0.7, "Ben": 0.58}, RULE).confidence
    far = decide({"Ana": 0.7, "Ben": -0.2}, RULE).confidence
    assert beside < far <= alone


def test_extreme_scores_do_not_overflow():
    steep = DecisionRule(threshold=0.0, scale=1e6, offset=0.0)
    assert probability(1.0, steep) == pytest.approx(1.0)
    assert probability(-1.0, steep) == pytest.approx(0.0)


def test_little_speech_needs_less_and_keeps_its_probability():
    rule = DecisionRule(threshold=0.6, scale=20.0, offset=-10.0, by_speech=((1.0, 0.4), (3.0, 0.6), (5.0, 0.62)))
    assert [rule.at(s).threshold for s in (0.2, 1.0, 2.0, 3.0, 4.0, 60.0)] == pytest.approx(
        [0.4, 0.4, 0.5, 0.6, 0.61, 0.62]
    )
    for seconds in (0.2, 2.0, 60.0):
        there = rule.at(seconds)
        assert probability(there.threshold, there) == pytest.approx(probability(0.6, rule))
    assert RULE.at(1.0) is RULE


def test_a_rule_at_odds_asks_for_the_same_likelihood_ratio_at_every_length():
    rule = DecisionRule(
        0.6, scale=20, offset=-10, by_speech=((1, 0.5), (3, 0.6)), calibrated=((1, 10, -3), (3, 20, -10))
    )
    for speech_s, scale, offset in ((1, 10, -3), (2, 15, -6.5), (3, 20, -10), (9, 20, -10)):
        at = rule.with_llr_threshold(1.5).at(speech_s)
        assert (at.scale, at.offset) == pytest.approx((scale, offset))
    for speech_s in (1, 3):
        at = rule.with_llr_threshold(1.5).at(speech_s)
        assert at.scale * at.threshold + at.offset == pytest.approx(1.5)
    plain = DecisionRule(0.6)
    assert plain.with_llr_threshold(1.5) is plain  # nothing is calibrated


def test_where_no_calibration_tells_little_speech_is_worth_less():
    rule = DecisionRule(threshold=0.5)
    assert rule.discount(0.25) < rule.discount(1.0) < rule.discount(3.0) == rule.discount(9.0) == 1.0
    assert DecisionRule(threshold=0.5, calibrated=((0.5, 8.0, -2.0), (3.0, 25.0, -12.0))).discount(0.25) == 1.0


SHIPPED = DecisionRule(
    0.6, scale=20, offset=-10, by_speech=((1, 0.5), (3, 0.6)), calibrated=((1, 10, -3), (3, 20, -10))
)


def test_among_more_people_a_name_needs_more_to_be_certain_and_from_six_on_to_be_likely():
    for people, likely, certain in (
        (1, 0, 0),
        (2, 0, math.log(2)),
        (5, 0, math.log(5)),
        (20, math.log(4), math.log(20)),
    ):
        rule = replace(SHIPPED, crowd=Crowd(people))
        for speech_s, threshold, scale in ((1, 0.5, 10), (3, 0.6, 20)):
            at = rule.at(speech_s)
            assert at.threshold == pytest.approx(threshold + likely / scale)
            assert at.certain == pytest.approx(threshold + certain / scale)
            assert at.at(speech_s) == at


def test_people_who_are_alike_move_threshold_and_odds():
    plain, moved = SHIPPED.at(3), replace(SHIPPED, crowd=Crowd(4, 0.1)).at(3)
    assert moved.threshold == pytest.approx(plain.threshold + 0.1)
    assert probability(0.8, moved) == pytest.approx(probability(0.7, plain))


def test_a_live_rule_is_certain_where_the_card_is():
    live = replace(SHIPPED.with_llr_threshold(0.5), crowd=Crowd(10)).at(3)
    assert live.threshold == pytest.approx((10 + 0.5 + math.log(2)) / 20)
    assert live.certain == pytest.approx(0.6 + math.log(10) / 20)


def test_certainty_follows_the_score():
    rule = replace(SHIPPED, crowd=Crowd(5)).at(3)
    said = [decide({"Ana": score}, rule) for score in (0.59, 0.61, 0.6 + math.log(5) / 20 + 0.001)]
    assert [one.certainty for one in said] == [Certainty.UNKNOWN, Certainty.LIKELY, Certainty.CERTAIN]
    assert [one.speaker for one in said] == [None, "Ana", "Ana"]


def test_a_threshold_chosen_by_hand_is_what_it_is():
    by_hand = DecisionRule(0.5, crowd=Crowd(20, 0.2)).at(3)
    assert by_hand.threshold == 0.5
    assert decide({"Ana": 0.5}, by_hand).certainty is Certainty.CERTAIN


def test_all_people_together_are_as_likely_as_a_stranger():
    rule = replace(RULE, crowd=Crowd(4))
    found = posterior({"Ana": 0.7, "Ben": 0.5, "Clara": math.nan}, rule)
    ana, ben = math.exp(4) / 4, 1 / 4
    assert found == pytest.approx({"Ana": ana / (1 + ana + ben), "Ben": ben / (1 + ana + ben)})
    assert decide({"Ana": 0.7, "Ben": 0.5}, rule).confidence == pytest.approx(found["Ana"])
