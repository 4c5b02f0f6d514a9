from __future__ import annotations

import math

import pytest

from app.evaluation.conversations.live_metrics import LiveCounts
from app.evaluation.conversations.plan import Condition, parse_condition, simulated_tasks
from app.evaluation.conversations.report import ReportRow, SystemCounts, live_error_interval
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
    assert parse_condition(text) == expected


@pytest.mark.parametrize("text", ["", "loud", "room+", "room20", "20+room", "nan", "roomy", "room+loud"])
def test_what_is_no_condition(text):
    with pytest.raises(BadInput, match="is no condition"):
        parse_condition(text)


def test_every_length_of_enrolment_is_measured_on_the_same_conversations():
    kinds = [parse_condition("clean"), parse_condition("room+10")]
    tasks = simulated_tasks(
        {"x": ()}, kinds, ConversationConfig(), enrolled=[2, 5], enrolment_s=[5.0, 20.0], seeds=[1, 2]
    )
    assert len(tasks) == 16
    assert len({task.row for task in tasks}) == 8
    assert {task.config.enrolment_s for task in tasks} == {20.0}
    short, long = ([task.config for task in tasks if task.enrolment_s == seconds] for seconds in (5.0, 20.0))
    assert short == long
    assert {(task.config.snr_db, task.config.rt60_s) for task in tasks} == {(math.inf, None), (10.0, (0.2, 0.6))}


def counts(*wrong_s: float) -> list[SystemCounts]:
    """Conversations with 10 s of speech each."""
    return [SystemCounts(LiveCounts(speech_s=10, wrong_s=some)) for some in wrong_s]


def test_the_best_threshold_in_hindsight_is_that_of_the_whole_row():
    """Each conversation has another best threshold; 0.4 is best for both together."""
    row = ReportRow("x", "clean", 5, 20.0)
    row.systems = {
        ("w", 0.6, False): counts(8, 1),
        ("w", 0.2, True): counts(1, 6),
        ("w", 0.4, True): counts(2, 2),
        ("w", 0.6, True): counts(8, 1),
    }
    own, best = row.lines()
    assert (own["threshold"], own["error"], own["best_in_hindsight"]) == (0.6, 0.45, False)
    assert (best["threshold"], best["error"], best["best_in_hindsight"]) == (0.4, 0.2, True)
    assert own["conversations"] == 2
    assert best["time_to_name_s"] == {"median": None, "p95": None}  # there was no turn; JSON has no infinity


def test_the_interval_is_over_conversations():
    parts = [part.live for part in counts(1, 1, 1, 9)]
    low, high = live_error_interval(parts)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.5)  # two of four draws are the bad one at most, 19 times of 20
    assert live_error_interval(parts[:1]) == pytest.approx((0.1, 0.1))
