"""Times for people: how long a piece of work that goes on at an even pace will still take, and moments."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST_S = 1.0
"""Time of work before which nothing is said: the first moments are no measure."""


class TimeLeft:
    """Asked again and again while the work goes on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._began: tuple[float, float] | None = None  # (when, share done by then)

    def at(self, share: float | None) -> float | None:
        """Seconds left, with ``share`` (0 to 1) of the work done; None while that cannot be told."""
        if share is None:
            return None
        now = self._clock()
        if self._began is None:
            self._began = now, share
        began, before = self._began
        if now - began < LEAST_S or share <= before:
            return None
        return max(0.0, (1 - share) * (now - began) / (share - before))


def rounded_s(seconds: float) -> float:
    """As exact as such a guess is, and never less than a second: 7, 40, 100, 780."""
    step = 1 if seconds < 20 else 5 if seconds < 60 else 10 if seconds < 300 else 60
    return max(1, step * round(seconds / step))


def clock(seconds: float) -> str:
    """A moment, or a length of time: "0:05", "12:34" or "1:02:03"."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
