from __future__ import annotations

import math

import pytest

from app.evaluation.conversations.benchmark import Condition, condition, units
from app.evaluation.conversations.live_metrics import ScreenCounts
from app.evaluation.conversations.report import Counts, Row, interval
from app.evaluation.conversations.simulate import ConversationConfig
from utils import BadInput


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clean", Condition("clean")),
        ("20", Condition("20 dB", 20.0)),
        ("-5", Condition("-5 dB", -5.0)),
        ("room", Condition("room", math.inf, (0.2, 0.6))),
        ("room+10", Condition("room 10 dB", 10.0, (0.2, 0.6))),
    ],
)
def test_conditions(text, expected):
    assert condition(text) == expected


@pytest.mark.parametrize("text", ["", "loud", "room+", "room20", "20+room", "nan", "roomy", "room+loud"])
def test_what_is_no_condition(text):
    with pytest.raises(BadInput, match="is no condition"):
        condition(text)


def test_every_length_of_enrolment_is_heard_on_the_same_conversations():
    kinds = [condition("clean"), condition("room+10")]
    work = units({"x": ()}, kinds, ConversationConfig(), enrolled=[2, 5], enrolment_s=[5.0, 20.0], seeds=[1, 2])
    assert len(work) == 16
    assert len({unit.row for unit in work}) == 8
    assert {unit.config.enrolment_s for unit in work} == {20.0}
    short, long = ([unit.config for unit in work if unit.enrolment_s == seconds] for seconds in (5.0, 20.0))
    assert short == long
    assert {(unit.config.snr_db, unit.config.rt60_s) for unit in work} == {(math.inf, None), (10.0, (0.2, 0.6))}


def heard(*wrong_s: float) -> list[Counts]:
    """Conversations with 10 s of speech each."""
    return [Counts(ScreenCounts(speech_s=10, wrong_s=some)) for some in wrong_s]


def test_the_best_threshold_in_hindsight_is_that_of_the_whole_row():
    """Each conversation has another best threshold; 0.4 is best for both together."""
    row = Row("x", "clean", 5, 20.0)
    row.systems = {
        ("w", 0.6, False): heard(8, 1),
        ("w", 0.2, True): heard(1, 6),
        ("w", 0.4, True): heard(2, 2),
        ("w", 0.6, True): heard(8, 1),
    }
    own, best = row.lines()
    assert (own["threshold"], own["error"], own["best_in_hindsight"]) == (0.6, 0.45, False)
    assert (best["threshold"], best["error"], best["best_in_hindsight"]) == (0.4, 0.2, True)
    assert own["conversations"] == 2
    assert best["time_to_name_s"] == {"median": None, "p95": None}  # there was no turn; JSON has no infinity


def test_the_interval_is_over_conversations():
    parts = [part.screen for part in heard(1, 1, 1, 9)]
    low, high = interval(parts)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.5)  # two of four draws are the bad one at most, 19 times of 20
    assert interval(parts[:1]) == pytest.approx((0.1, 0.1))
