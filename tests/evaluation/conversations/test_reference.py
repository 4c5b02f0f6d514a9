"""The grid of 10 ms: who speaks in a step, and which steps are near a boundary."""

from __future__ import annotations

import numpy as np

from app.diarisation.timeline import Turn
from app.evaluation.conversations.reference import Reference, near_boundaries, speaker_activity


def test_the_collar_does_not_leave_the_conversation():
    near = near_boundaries([Turn(0.1, 9.9, "Ana")], 1000, 0.25)
    assert np.flatnonzero(~near)[[0, -1]].tolist() == [35, 964]


def test_steps_belong_to_whoever_speaks_in_them():
    turns = [Turn(0.0, 0.03, "Ana"), Turn(0.02, 0.05, "Carl"), Turn(0.05, 0.06, "Dora")]
    assert speaker_activity(turns, ["Ana"], 6).tolist() == [[True, True, True, False, False, False]]
    both = speaker_activity(turns, ["Ana", "unknown"], 6, everybody_else="unknown")
    assert both[1].tolist() == [False, False, True, True, True, True]


def test_strangers_come_in_order_of_their_first_turn():
    turns = (Turn(0, 1, "Dora"), Turn(1, 2, "Ana"), Turn(2, 3, "Carl"), Turn(3, 4, "Dora"))
    so = Reference(turns, turns, ("Ana",), 4.004)
    assert so.strangers == ["Dora", "Carl"]
    assert so.steps == 400
