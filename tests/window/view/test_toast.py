"""When a toast comes, how long it stays, and when it goes."""

from __future__ import annotations

import pytest

from app.window.engine.edits.undo import Deed
from app.window.view.toast import LONGEST_S, SHOWN_S, ToastClock

FIRST, SECOND = Deed(1, "Clara was deleted.", erases=True), Deed(2, "Ana is called Anna now.")


def after(clock: ToastClock, seconds: float, *, held: bool = False) -> list[Deed]:
    """The deeds that were over meanwhile."""
    return [over for _ in range(round(10 * seconds)) if (over := clock.advance(0.1, held=held))]


def test_a_new_deed_is_shown_for_ten_seconds():
    clock = ToastClock()
    assert clock.follow(FIRST)
    assert not clock.follow(FIRST)
    assert after(clock, SHOWN_S - 0.5) == []
    assert after(clock, 1.0) == [FIRST]
    assert clock.deed is None
    assert not clock.follow(FIRST)  # it can be undone still, perhaps; it does not come back
    assert clock.deed is None


def test_the_next_deed_takes_its_place_and_has_its_own_time():
    clock = ToastClock()
    clock.follow(FIRST)
    after(clock, 9)
    assert clock.follow(SECOND)
    assert after(clock, 9) == []
    assert clock.deed == SECOND


@pytest.mark.parametrize("newest", [None, FIRST])
def test_undone_it_goes_and_an_older_deed_does_not_come_back(newest):
    clock = ToastClock()
    clock.follow(FIRST)
    clock.follow(SECOND)
    assert clock.follow(newest)
    assert clock.deed is None
    assert after(clock, 20) == []


def test_it_waits_while_somebody_points_at_it_but_not_for_ever():
    clock = ToastClock()
    clock.follow(FIRST)
    assert after(clock, LONGEST_S - 1, held=True) == []
    assert clock.deed == FIRST
    assert after(clock, 2, held=True) == [FIRST]


def test_sent_away_it_is_over():
    clock = ToastClock()
    clock.follow(FIRST)
    assert clock.dismiss() == FIRST
    assert clock.dismiss() is None


def test_it_counts_the_seconds_until_something_is_erased():
    clock = ToastClock()
    assert clock.countdown_s is None
    clock.follow(FIRST)
    assert clock.countdown_s == 10
    after(clock, 8.5)
    assert clock.countdown_s == 2
    clock.follow(SECOND)
    assert clock.countdown_s is None
