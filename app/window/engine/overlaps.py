"""When two people spoke at once, gathered from the engine's answers."""

from __future__ import annotations

from dataclasses import replace

from app.diarisation.timeline import Turn
from app.embedding.overlap_head import WINDOW_S
from app.scoring.identification import Identification

SHORTEST_S = 0.2
"""Overlap within a turn from which the turn is said to have any."""

Span = tuple[float, float]
"""(start_s, end_s)"""


class Overlaps:
    """Gathers the stretches of overlapped speech from one answer after the other."""

    def __init__(self) -> None:
        self.spans: tuple[Span, ...] = ()
        """Stretches with two speakers, in order of time, apart from each other."""
        self._before_s = 0.0
        self._labels: dict[int, object] = {}  # channel -> label

    def add(self, identification: Identification) -> None:
        """The next answer. Of several channels that are heard each by itself, two that speak are two speakers."""
        if identification.channel is not None:
            self._labels[identification.channel] = identification.label
            if identification.channel != 1:
                return
            if sum(label is not None for label in self._labels.values()) > 1:
                identification = replace(identification, overlap=True)
        # The answer is about the last window; what it means lies about the middle of that.
        middle_s = max(0.0, identification.time_s - WINDOW_S / 2)
        start_s = max(self._before_s, middle_s - WINDOW_S / 2)
        if identification.overlap and start_s < middle_s:
            *rest, last = self.spans or ((start_s, start_s),)
            touches = start_s <= last[1] + 1e-6
            self.spans = (*rest, (last[0], middle_s)) if touches else (*rest, last, (start_s, middle_s))
        self._before_s = middle_s


def overlaps(turn: Turn, spans: tuple[Span, ...]) -> bool:
    """Whether somebody else spoke, too, during this turn."""
    return any(min(turn.end_s, end_s) - max(turn.start_s, start_s) >= SHORTEST_S for start_s, end_s in spans)
