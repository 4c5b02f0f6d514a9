"""When two people spoke at once, gathered from the engine's answers. No Qt."""

from __future__ import annotations

from app.diarisation.timeline import Turn
from app.embedding.overlap_head import WINDOW_S
from app.scoring.identification import Identification

SHORTEST_S = 0.2
"""Of a turn, so that it is said of it."""

Span = tuple[float, float]
"""(start_s, end_s)"""


class Overlaps:
    def __init__(self) -> None:
        self.spans: tuple[Span, ...] = ()
        """In order of time, apart from each other."""
        self._before_s = 0.0

    def add(self, said: Identification) -> None:
        """The next answer."""
        # It tells of the last window; what is meant lies about the middle of that.
        middle_s = max(0.0, said.time_s - WINDOW_S / 2)
        start_s = max(self._before_s, middle_s - WINDOW_S / 2)
        if said.overlap and start_s < middle_s:
            *rest, last = self.spans or ((start_s, start_s),)
            touches = start_s <= last[1] + 1e-6
            self.spans = (*rest, (last[0], middle_s)) if touches else (*rest, last, (start_s, middle_s))
        self._before_s = middle_s


def overlaps(turn: Turn, spans: tuple[Span, ...]) -> bool:
    """Whether somebody else spoke, too, during this turn."""
    return any(min(turn.end_s, end_s) - max(turn.start_s, start_s) >= SHORTEST_S for start_s, end_s in spans)
