"""Who speaks in a stretch of time, by turns that may overlap."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise

from app.diarisation.timeline import Turn
from app.scoring.labels import Label

Run = tuple[float, float, Label]
"""From, to, who."""


class Voices:
    """Turns in order of time, asked for stretches of it."""

    def __init__(self, turns: Sequence[Turn]):
        self._turns = sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))
        self._starts = [turn.start_s for turn in self._turns]
        self._ends = list(accumulate((turn.end_s for turn in self._turns), max))  # of all until there

    def within(self, start_s: float, end_s: float) -> list[Turn]:
        """The turns that have a part in this stretch."""
        first, last = bisect_left(self._ends, start_s), bisect_left(self._starts, end_s)
        return [turn for turn in self._turns[first:last] if turn.end_s > start_s]

    def most(self, start_s: float, end_s: float, before: Label | None = None) -> Label | None:
        """Who speaks most in a stretch; of several who speak as much ``before``, who spoke before it. None: nobody."""
        heard: dict[Label, float] = {}
        for turn in self.within(start_s, end_s):
            part_s = min(end_s, turn.end_s) - max(start_s, turn.start_s)
            heard[turn.label] = heard.get(turn.label, 0.0) + part_s
        if not heard:
            return None
        longest_s = max(heard.values()) - 1e-6
        return before if heard.get(before, 0.0) >= longest_s else max(heard, key=heard.get)

    def nearest(self, start_s: float, end_s: float, within_s: float) -> Label | None:
        """Whose turn is the nearest to a stretch in which nobody speaks; None if all are farther than ``within_s``."""
        gaps = [
            (max(turn.start_s - end_s, start_s - turn.end_s), turn)
            for turn in self.within(start_s - within_s, end_s + within_s)
        ]
        return min(gaps, key=lambda gap: gap[0])[1].label if gaps else None

    def runs(self, start_s: float, end_s: float) -> list[Run]:
        """Who speaks in turn in a stretch, each one alone: where several speak at once, whoever spoke already."""
        turns = self.within(start_s, end_s)
        borders = sorted({start_s, end_s, *(t for turn in turns for t in (turn.start_s, turn.end_s))})
        runs: list[Run] = []
        for a, b in pairwise(borders):
            if not (start_s <= a and b <= end_s):
                continue
            here = [turn.label for turn in turns if turn.start_s <= a and turn.end_s >= b]
            if not here:
                continue
            last = runs[-1] if runs else None
            label = last[2] if last and last[2] in here else here[0]
            runs.append((a, b, label))
        return joined(runs)


def joined(runs: Sequence[Run]) -> list[Run]:
    """Neighbours of one label as one."""
    out: list[Run] = []
    for start_s, end_s, label in runs:
        if out and out[-1][2] == label:
            out[-1] = (out[-1][0], end_s, label)
        else:
            out.append((start_s, end_s, label))
    return out
