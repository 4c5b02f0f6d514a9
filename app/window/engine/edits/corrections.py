"""What the user said about past turns: other labels for stretches of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.diarisation.timeline import Turn
from app.scoring.labels import Label

MIXED = 0
"""In place of a channel: all channels of a recording, mixed. What is said of them does not hold for one of them."""


class Corrections:
    """Stretches of time of a channel with the labels that they were given; the newest counts."""

    def __init__(self, given: Sequence[Turn] = ()):
        self._given: list[Turn] = list(given)

    @property
    def given(self) -> tuple[Turn, ...]:
        """The stretches with their labels, oldest first."""
        return tuple(self._given)

    def add(self, turns: Sequence[Turn], label: Label) -> tuple[Turn, ...]:
        """Give these stretches of the past this label, from now on. Returns them, for ``take_back``."""
        added = tuple(replace(turn, label=label, corrected=True, confidence=None) for turn in turns)
        self._given += added
        return added

    def take_back(self, added: Sequence[Turn]) -> None:
        """As if these had not been added; of equal ones the newest goes."""
        for turn in added:
            last = next((i for i in reversed(range(len(self._given))) if self._given[i] == turn), None)
            if last is not None:
                del self._given[last]

    def clear(self) -> None:
        self._given.clear()

    def apply(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """The turns, each with the label of the newest correction in which its middle lies, or with its own."""
        return tuple(self._corrected(turn) for turn in turns)

    def _corrected(self, turn: Turn) -> Turn:
        middle_s = (turn.start_s + turn.end_s) / 2
        found = next((given for given in reversed(self._given) if _covers(given, middle_s, turn.channel)), None)
        return replace(turn, label=found.label, corrected=True, confidence=None) if found else turn


def _covers(given: Turn, time_s: float, channel: int) -> bool:
    return given.channel == channel and given.start_s <= time_s <= given.end_s
