"""What is counted of overlapped speech."""

from __future__ import annotations

import pytest

from app.diarisation.timeline import Turn
from app.evaluation.conversations.overlap_detection import OverlapCounts, count_overlap
from app.scoring.identification import Identification

TALK = [Turn(0.0, 5.0, "Ana"), Turn(4.0, 9.0, "Ben"), Turn(8.8, 12.0, "Ana")]  # over each other 4 to 5, and 8.8 to 9


def answers(*times_s: float) -> list[Identification]:
    hops = [0.25 * step for step in range(1, 49)]
    return [Identification(time_s, "Ana", "Ana", 1.0, overlap=time_s in times_s) for time_s in hops]


@pytest.mark.parametrize(
    ("reported", "right", "found"),
    [
        ((), 0, 0),
        ((4.5,), 1, 1),
        ((4.5, 4.75, 5.0), 3, 1),
        ((5.75,), 1, 1),  # a second of speech before it holds some of it
        ((6.0,), 1, 0),  # of sound with two, but too late for the stretch
        ((3.5,), 0, 0),  # too early
        ((6.5,), 0, 0),
        ((9.0,), 1, 0),  # too short a stretch to be asked for
        ((4.5, 7.0), 1, 1),
    ],
)
def test_answers_are_held_against_the_speech_before_them(reported, right, found):
    counts = count_overlap(TALK, answers(*reported), 12.0)
    assert counts == OverlapCounts(reported=len(reported), right=right, stretches=1, found=found, length_s=12.0)


def test_counts_add_up_to_rates():
    total = OverlapCounts(10, 9, 4, 2, 60.0) + OverlapCounts(0, 0, 1, 0, 60.0)
    assert (total.precision, total.recall) == (0.9, 0.4)
    assert "90%" in str(total)
    assert "2.0 min" in str(total)
    assert (OverlapCounts().precision, OverlapCounts().recall) == (0.0, 0.0)
