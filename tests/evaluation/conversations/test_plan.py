"""What the benchmark is asked to measure."""

from __future__ import annotations

import math

import pytest

from app.evaluation.conversations.plan import Condition, parse_condition, simulated_tasks
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
        ("telephone", Condition("telephone", line="telephone-band+mu-law")),
        ("far", Condition("far", line="room-2")),
        ("gsm", Condition("gsm", line="gsm")),
        ("room-1+opus-12", Condition("room-1+opus-12", line="room-1+opus-12")),
        ("day", Condition("day", sessions=True)),
    ],
)
def test_conditions(text, expected):
    assert parse_condition(text) == expected


@pytest.mark.parametrize("text", ["", "loud", "room+", "room20", "20+room", "nan", "roomy", "room+loud"])
def test_what_is_no_condition(text):
    with pytest.raises(BadInput, match="is no condition"):
        parse_condition(text)


def test_a_line_with_a_part_that_is_none():
    with pytest.raises(BadInput, match="is no line"):
        parse_condition("gsm+carrier-pigeon")


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
    day = simulated_tasks(
        {"x": ()}, [parse_condition("day")], ConversationConfig(), enrolled=[2], enrolment_s=[5.0], seeds=[1]
    )
    assert [task.config.sessions for task in (day[0], tasks[0])] == [True, False]
    assert {(task.config.snr_db, task.config.rt60_s) for task in tasks} == {(math.inf, None), (10.0, (0.2, 0.6))}
