"""What every export is made of: turns, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from app.diarisation.timeline import Turn, joined

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

PAUSE_S = 1.0
"""Pause of one speaker below which two turns are one to a reader."""


@dataclass(frozen=True)
class Document:
    """Who spoke when, in one recording or session."""

    turns: Sequence[Turn]
    file: str = "audio"
    """What the sound is called: a file's name without its ending, or "microphone"."""
    duration_s: float | None = None
    """Length of the sound; None if it is not known."""
    model: str | None = None
    """Name of the model that the labels are from; None if it is not known."""
    sha256: str | None = None
    """Of that model's weights."""

    @classmethod
    def of_run(cls, turns: Sequence[Turn], file: str, duration_s: float | None, encoder: Encoder | None) -> Self:
        """``encoder``: what the turns were heard with; None if it was not loaded yet."""
        model = (None, None) if encoder is None else (encoder.model_id, encoder.sha256)
        return cls(turns, file, duration_s, *model)

    def tidy(self, *, merge_gaps: bool = False) -> Document:
        """The same with the turns as they can be written: see ``tidy`` and ``without_pauses``."""
        turns = tidy(self.turns)
        return replace(self, turns=without_pauses(turns) if merge_gaps else turns)

    @property
    def end_s(self) -> float:
        """The end of the sound, or of the last turn if that is later."""
        return max([self.duration_s or 0.0, *(turn.end_s for turn in self.turns)])


def tidy(turns: Iterable[Turn]) -> list[Turn]:
    """Turns in order of their beginning, none before 0. One that is over before it begins is no turn, and left out;
    none is left out for being short."""
    kept = [
        replace(turn, start_s=max(0.0, turn.start_s))
        for turn in turns
        if math.isfinite(turn.start_s) and math.isfinite(turn.end_s) and turn.end_s > max(0.0, turn.start_s)
    ]
    return sorted(kept, key=lambda turn: (turn.start_s, turn.end_s, turn.channel))


def without_pauses(turns: Sequence[Turn], pause_s: float = PAUSE_S) -> list[Turn]:
    """Turns in order of time, where those of one label and channel with a shorter pause between them are one.

    A pause in which anybody else speaks stays: else a voice would cover another one that was heard alone. Turns that
    overlap stay both.
    """
    out: list[Turn] = []
    places: dict[_Speaker, int] = {}  # the place of each one's last turn
    last: list[tuple[float, _Speaker]] = []  # (end, who) of the two who have spoken until latest
    for turn in turns:
        who = (turn.label, turn.channel)
        at = places.get(who)
        others_s = max((end_s for end_s, other in last if other != who), default=-math.inf)
        if at is not None and turn.start_s - out[at].end_s < pause_s and others_s <= out[at].end_s:
            out[at] = joined(out[at], turn)
        else:
            places[who] = len(out)
            out.append(turn)
        ends = {other: end_s for end_s, other in last}
        ends[who] = max(turn.end_s, ends.get(who, -math.inf))
        last = sorted(((end_s, other) for other, end_s in ends.items()), reverse=True)[:2]
    return out


_Speaker = tuple[str, int]
"""Label and channel."""


def ticks(turn: Turn, per_s: int = 1000) -> tuple[int, int]:
    """A turn's beginning and end in whole ticks. It lasts one at least, whatever rounding says."""
    start = round(turn.start_s * per_s)
    return start, max(start + 1, round(turn.end_s * per_s))
