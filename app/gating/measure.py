"""How well a gate told people apart, where it is known who spoke when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.diarisation.timeline import Turn
from app.gating.gate import Span, joined_spans


@dataclass(frozen=True)
class GateErrors:
    """Seconds of speech."""

    leaked_s: float
    """Of others that passed, while none of the chosen spoke."""
    others_s: float
    """Of others in all, while none of the chosen spoke."""
    cut_s: float
    """Of the chosen that did not pass."""
    own_s: float
    """Of the chosen in all."""

    def __add__(self, other: GateErrors) -> GateErrors:
        return GateErrors(
            self.leaked_s + other.leaked_s,
            self.others_s + other.others_s,
            self.cut_s + other.cut_s,
            self.own_s + other.own_s,
        )


def gate_errors(passed: Sequence[Span], reference: Sequence[Turn], names: Collection[str]) -> GateErrors:
    """Compare when sound passed with who spoke when. ``names``: who may pass, as the reference calls them."""
    own = joined_spans([(turn.start_s, turn.end_s) for turn in reference if turn.label in names])
    others = joined_spans([(turn.start_s, turn.end_s) for turn in reference if turn.label not in names])
    alone_s = _length(others) - _shared(others, own)
    leaked = _shared(others, passed) - _shared(_intersection(others, own), passed)
    return GateErrors(leaked, alone_s, _length(own) - _shared(own, passed), _length(own))


def _intersection(a: Sequence[Span], b: Sequence[Span]) -> list[Span]:
    return [(max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b if max(x[0], y[0]) < min(x[1], y[1])]


def _shared(a: Sequence[Span], b: Sequence[Span]) -> float:
    return _length(_intersection(a, b))


def _length(spans: Sequence[Span]) -> float:
    return sum(end_s - start_s for start_s, end_s in spans)
