"""Turns as they are heard, and corrected."""

from __future__ import annotations

import tracemalloc

import pytest

from app.diarisation.timeline import Timeline, Turn, joined


def test_what_is_not_finished_is_stated_anew_each_time():
    timeline = Timeline()
    timeline.set_unfinished([([(1.0, 4.0)], "Ana")])
    timeline.set_unfinished([([(1.0, 3.5)], "Ana"), ([(3.5, 6.0)], "Ben")])
    assert timeline.turns() == [Turn(1.0, 3.5, "Ana"), Turn(3.5, 6.0, "Ben")]
    timeline.add(1.0, [(1.0, 3.5)], "Ana")
    timeline.set_unfinished([([(3.5, 7.0)], None)])
    assert timeline.turns() == [Turn(1.0, 3.5, "Ana"), Turn(3.5, 7.0, "unknown")]


def test_hindsight_changes_all_segments_of_a_turn_and_no_other():
    timeline = Timeline()
    timeline.add(1.0, [(1.0, 2.0), (2.5, 3.0)], "unknown")
    timeline.add(3.0, [(3.0, 4.0)], "Ben")
    timeline.relabel({1.0: "Ana", 9.0: "Eva"})
    assert timeline.turns() == [Turn(1.0, 2.0, "Ana"), Turn(2.5, 3.0, "Ana"), Turn(3.0, 4.0, "Ben")]


def test_neighbours_of_one_label_are_joined_unless_there_is_a_pause():
    timeline = Timeline()
    timeline.add(0.0, [(0.0, 2.0)], "Ana")
    timeline.add(2.0, [(2.0, 3.0), (3.6, 5.0)], "Ana")
    assert timeline.turns() == [Turn(0.0, 3.0, "Ana"), Turn(3.6, 5.0, "Ana")]


def test_speech_without_a_name_is_unknown_unless_very_short():
    timeline = Timeline()
    timeline.add(0.0, [(0.0, 0.1)], None)
    timeline.add(5.0, [(5.0, 5.5)], None)
    assert timeline.turns() == [Turn(5.0, 5.5, "unknown")]


def test_a_long_timeline_takes_few_bytes_a_turn():
    """It is kept for as long as one listens: 24 hours of talk without a pause are some 17,000 turns."""
    timeline, count = Timeline(), 5_000
    tracemalloc.start()
    for number in range(count):
        start_s = 5.0 * number
        timeline.add(start_s, [(start_s, start_s + 4.5)], "Ana" if number % 2 else "Ben")
    kept, listed = tracemalloc.get_traced_memory()[0] / count, timeline.turns()
    both = tracemalloc.get_traced_memory()[0] / count
    tracemalloc.stop()
    assert len(listed) == count
    assert kept < 200
    assert both < 320


def test_what_is_known_of_a_label_follows_it():
    timeline = Timeline()
    timeline.add(0.0, [(0.0, 3.0)], "unknown", "female")
    timeline.add(3.0, [(3.0, 4.0)], "Ana")
    timeline.set_unfinished([([(4.0, 5.0)], "Ben"), ([(5.0, 6.0)], "Unknown 2")], "unknown", 0.7)
    timeline.relabel({0.0: "Ana", 3.0: "Ana"}, {0.0: 0.9, 3.0: 0.5})
    named, ben, unknown = timeline.turns()
    assert (named.start_s, named.end_s, named.label, named.gender) == (0.0, 4.0, "Ana", "female")
    assert named.confidence == pytest.approx(0.8)  # three seconds are right with 0.9, one with 0.5
    assert (ben.confidence, unknown.confidence) == (None, 0.7)


def test_joining_what_is_not_known_knows_nothing():
    sure = Turn(0, 1, "Ana", confidence=0.9, gender="female")
    assert joined(sure, Turn(2, 3, "Ana")) == Turn(0, 3, "Ana")
    assert joined(sure, Turn(2, 3, "Ana")).confidence is None
    assert joined(sure, Turn(2, 3, "Ana")).gender == "female"
    assert joined(sure, Turn(2, 3, "Ana", gender="male")).gender is None
    assert joined(sure, Turn(2, 3, "Ana", corrected=True)).corrected


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([(0, 3, "Ana"), (3, 3.3, "unknown"), (3.3, 6, "Ben")], [(0, 3, "Ana"), (3, 6, "Ben")]),  # an onset
        ([(0, 3, "Ana"), (3, 3.2, "Eva"), (3.2, 3.4, "unknown"), (3.4, 6, "Ben")], [(0, 3, "Ana"), (3, 6, "Ben")]),
        ([(0, 3, "Ana"), (3, 3.4, "Ben"), (3.4, 6, "Ana")], [(0, 6, "Ana")]),
        ([(0, 3, "Ana"), (3.1, 3.4, "Eva"), (5, 8, "Ben")], [(0, 3, "Ana"), (3.1, 3.4, "Ana"), (5, 8, "Ben")]),
        ([(0, 3, "Ana"), (3.5, 3.9, "Eva"), (5, 8, "Ben")], None),  # a word of its own
        ([(0, 3, "Ana"), (3, 3.6, "Ben"), (3.6, 6, "Ana")], None),  # long enough to be somebody
        ([(0, 3, "Ana"), (3, 3.2, "Ben")], None),  # he goes on speaking
    ],
)
def test_a_splinter_is_a_part_of_its_neighbour(heard, expected):
    timeline = Timeline()
    for start_s, end_s, label in heard:
        timeline.add(start_s, [(start_s, end_s)], label)
    assert timeline.turns() == [Turn(*turn) for turn in expected or heard]
