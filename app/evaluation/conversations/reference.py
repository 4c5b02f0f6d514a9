"""Who speaks when in a conversation, and the grid of 10 ms on which figures are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.diarisation.timeline import Turn

GRID_S = 0.01
"""The length of one step of time."""
COLLAR_S = 0.25
"""How near to a start or an end of a turn a moment does not count."""


@dataclass(frozen=True)
class Reference:
    """Who spoke when. Everybody who is not enrolled is a stranger with a name of their own."""

    turns: tuple[Turn, ...]
    """Turns in order of their start, each from its first sound to its last; they may overlap."""
    speech: tuple[Turn, ...]
    """The turns without their longer pauses."""
    enrolled: tuple[str, ...]
    """Names of the enrolled people."""
    length_s: float
    """Length of the sound."""

    @property
    def steps(self) -> int:
        """How many steps of ``GRID_S`` the sound has."""
        return round(self.length_s / GRID_S)

    @property
    def strangers(self) -> list[str]:
        """Names of the strangers in order of their first turn."""
        return [name for name in dict.fromkeys(turn.label for turn in self.turns) if name not in self.enrolled]


def speaker_activity(
    turns: Sequence[Turn], names: Sequence[str], steps: int, *, everybody_else: str | None = None
) -> np.ndarray:
    """(names, steps) booleans: who speaks in each step of ``GRID_S``.

    Turns of people who are not in ``names`` count as those of the name ``everybody_else``, or not at all.
    """
    rows = {name: row for row, name in enumerate(names)}
    active = np.zeros((len(names), steps), bool)
    for turn in turns:
        row = rows.get(turn.label, rows.get(everybody_else))
        if row is not None:
            active[row, steps_of(turn)] = True
    return active


def near_boundaries(turns: Sequence[Turn], steps: int, collar_s: float) -> np.ndarray:
    """(steps,) booleans: nearer than the collar to a start or an end of a turn."""
    near, collar = np.zeros(steps, bool), round(collar_s / GRID_S)
    for turn in turns:
        for boundary in (steps_of(turn).start, steps_of(turn).stop):
            near[max(0, boundary - collar) : boundary + collar] = True
    return near


def steps_of(turn: Turn) -> slice:
    """The steps of a turn."""
    return slice(round(turn.start_s / GRID_S), round(turn.end_s / GRID_S))
