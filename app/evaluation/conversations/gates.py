"""Only one voice passed on (``app.gating``): what of others leaks, and what of the voice is cut, by the delay."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from app.audio.source import AudioBlock
from app.diarisation.timeline import Turn
from app.gating.gate import GateConfig, SpeakerGate
from app.gating.measure import gate_errors
from app.scoring.identification import Identification

DELAYS_S = (0.5, 1.0, 2.0, 3.0)
OPENED_BY = ("certain", "likely")
FIELDS = ("leaked_s", "others_s", "cut_s", "own_s")
SHAPE = (len(DELAYS_S), len(OPENED_BY), len(FIELDS))


class Gates:
    """A gate for each enrolled person, each delay, and both kinds of names, on one conversation."""

    def __init__(self, names: Collection[str]):
        self._gates = {
            (name, row, column): SpeakerGate({name}, GateConfig(delay_s=delay_s, likely=opened == "likely"))
            for name in names
            for row, delay_s in enumerate(DELAYS_S)
            for column, opened in enumerate(OPENED_BY)
        }

    def step(self, block: AudioBlock, answer: Identification, turns: Sequence[Turn]) -> None:
        """A block, what was said at its end, and the timeline as it was known then."""
        for gate in self._gates.values():
            gate.take(block)
            gate.hear(answer)
            gate.pop(turns, answer.time_s)

    def counts(self, turns: Sequence[Turn], reference: Sequence[Turn]) -> np.ndarray:
        """``SHAPE``: seconds, all people together. ``turns``: the final timeline. Counts add up."""
        counts = np.zeros(SHAPE)
        for (name, row, column), gate in self._gates.items():
            gate.pop(turns, gate.heard_s, last=True)
            errors = gate_errors(gate.passed, reference, {name})
            counts[row, column] += [getattr(errors, field) for field in FIELDS]
        return counts


def as_rows(counts: np.ndarray) -> list[dict]:
    """``counts`` as dictionaries of JSON values, one for each delay and kind of name; shares are fractions. Empty where
    nothing was counted."""
    if not counts.any():
        return []
    return [
        {
            "delay_s": delay_s,
            "opened_by": opened,
            **{field: round(float(value), 2) for field, value in zip(FIELDS, counts[row, column], strict=True)},
            "leaked": _share(*counts[row, column, :2]),
            "cut": _share(*counts[row, column, 2:]),
        }
        for row, delay_s in enumerate(DELAYS_S)
        for column, opened in enumerate(OPENED_BY)
    ]


def _share(part_s: float, whole_s: float) -> float | None:
    return float(part_s / whole_s) if whole_s else None
