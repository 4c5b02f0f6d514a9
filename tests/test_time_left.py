"""How long something will still take."""

from __future__ import annotations

import pytest

from app.time_left import TimeLeft, rounded_s


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_an_even_pace_tells_what_is_left():
    clock = Clock()
    left = TimeLeft(clock)
    assert left.at(0.1) is None
    clock.now += 0.5
    assert left.at(0.15) is None  # too early to say
    clock.now += 1.5
    assert left.at(0.2) == pytest.approx(16.0)  # a tenth in two seconds
    clock.now += 16.0
    assert left.at(1.0) == 0.0


def test_nothing_is_said_of_what_stands_still_or_has_no_length():
    clock = Clock()
    left = TimeLeft(clock)
    assert left.at(None) is None
    left.at(0.0)
    clock.now += 10.0
    assert left.at(0.0) is None


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, 1), (7.4, 7), (38, 40), (96, 100), (800, 780)])
def test_a_guess_is_rounded(seconds, shown):
    assert rounded_s(seconds) == shown
