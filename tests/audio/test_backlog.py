"""Sound that waits: what is taken, what is dropped, and what time it is."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.backlog import Backlog
from utils import SAMPLE_RATE


def seconds(count: float) -> np.ndarray:
    return np.ones(round(count * SAMPLE_RATE), np.float32)


def test_taking_crosses_the_borders_of_what_was_added():
    backlog = Backlog()
    for part in np.split(np.arange(100, dtype=np.float32), [10, 11, 60]):
        backlog.append(part)
    backlog.append(np.zeros(0, np.float32))
    assert len(backlog) == 100
    got = [backlog.take(count).samples for count in (5, 30, 40, 1000)]
    assert [len(part) for part in got] == [5, 30, 40, 25]
    np.testing.assert_array_equal(np.concatenate(got), np.arange(100))
    assert len(backlog.take(5).samples) == 0


def test_what_is_dropped_is_told_once_and_counted_for_good():
    backlog = Backlog()
    backlog.append(seconds(3.0))
    backlog.drop(SAMPLE_RATE // 2)
    backlog.drop(SAMPLE_RATE // 2)
    blocks = [backlog.take(SAMPLE_RATE), backlog.take(SAMPLE_RATE)]
    assert [(block.start_s, block.dropped_s) for block in blocks] == [(1.0, 1.0), (2.0, 0.0)]
    assert backlog.dropped_s == 1.0


@pytest.mark.parametrize("dropped", [True, False])
def test_a_jump_forgets_what_waits_and_moves_the_clock(dropped):
    backlog = Backlog()
    backlog.append(seconds(2.0))
    backlog.take(SAMPLE_RATE)
    backlog.jump(7.5, dropped=dropped)
    backlog.append(seconds(1.0))
    block = backlog.take(SAMPLE_RATE)
    assert (block.start_s, block.end_s, len(block.samples)) == (7.5, 8.5, SAMPLE_RATE)
    assert block.dropped_s == (6.5 if dropped else 0.0)


def test_the_clock_never_goes_back():
    backlog = Backlog()
    backlog.append(seconds(2.0))
    backlog.jump(1.0, dropped=False)
    assert backlog.start_s == 2.0
