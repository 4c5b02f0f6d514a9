"""How right a screen was while a conversation was heard: pure functions over who spoke when and what was shown.

Time is a grid of 10 ms. A moment counts if somebody speaks in it (pauses of 0.3 s and more inside a turn are left out)
and if it is further than the collar from every border of a turn. Showing nothing is wrong, so being late is.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.diarisation.timeline import Turn
from app.scoring.identification import UNKNOWN, Identification, is_unknown, plain

GRID_S = 0.01
COLLAR_S = 0.25


@dataclass(frozen=True)
class Reference:
    """Who spoke when. Everybody who is not enrolled is a stranger, with a name of his own."""

    turns: tuple[Turn, ...]
    """In order of their start, each from its first sound to its last; they may overlap."""
    speech: tuple[Turn, ...]
    """The turns without their longer pauses."""
    enrolled: tuple[str, ...]
    length_s: float

    @property
    def steps(self) -> int:
        return round(self.length_s / GRID_S)

    @property
    def strangers(self) -> list[str]:
        """In order of their first turn."""
        return [name for name in dict.fromkeys(turn.label for turn in self.turns) if name not in self.enrolled]


@dataclass(frozen=True)
class ScreenCounts:
    """Seconds and events of one conversation, or of several: they add up."""

    speech_s: float = 0.0
    """That counts."""
    wrong_s: float = 0.0
    stranger_s: float = 0.0
    """Of the speech, what strangers alone say; ``enrolled_s``: what enrolled people alone say."""
    named_s: float = 0.0
    enrolled_s: float = 0.0
    missed_s: float = 0.0
    confused_s: float = 0.0
    delays_s: tuple[float, ...] = ()
    """From the start of each enrolled person's turn that follows somebody else's to the right name; infinite: never."""
    extra_changes: int = 0
    heard_s: float = 0.0

    def __add__(self, other: ScreenCounts) -> ScreenCounts:
        return ScreenCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class ScreenScore:
    """What the screen showed against what was so. Fractions 0 to 1; 0 where there was nothing to be wrong about."""

    error: float
    """Part of the reference speech time with the wrong label or none; among several speakers any of them is right."""
    strangers_named: float
    """Part of the strangers' time with an enrolled person's name on it."""
    enrolled_unknown: float
    """Part of the enrolled people's time shown as unknown or nothing."""
    enrolled_confused: float
    """Part of the enrolled people's time with another enrolled person's name on it."""
    time_to_name_s: tuple[float, float]
    """Median and 95th percentile from an enrolled person's turn to the right name; infinite where it never came."""
    never_named: float
    """Part of these turns in which it never came."""
    extra_changes_per_min: float
    """Label changes per minute that the reference does not have."""


def screen_score(counts: ScreenCounts) -> ScreenScore:
    """The rates of counts, which may be a sum over conversations."""
    delays = counts.delays_s or (np.inf,)
    return ScreenScore(
        error=_share(counts.wrong_s, counts.speech_s),
        strangers_named=_share(counts.named_s, counts.stranger_s),
        enrolled_unknown=_share(counts.missed_s, counts.enrolled_s),
        enrolled_confused=_share(counts.confused_s, counts.enrolled_s),
        time_to_name_s=tuple(float(q) for q in np.quantile(delays, [0.5, 0.95], method="nearest")),
        never_named=float(np.mean(np.isinf(delays))),
        extra_changes_per_min=60 * _share(counts.extra_changes, counts.heard_s),
    )


def count_screen(reference: Reference, said: Sequence[Identification], collar_s: float = COLLAR_S) -> ScreenCounts:
    """Count live answers, each of which is on the screen from its ``time_s`` until the next."""
    return count_shown(reference, _shown(said, reference.length_s), collar_s)


def count_shown(reference: Reference, shown: Sequence[Turn], collar_s: float = COLLAR_S) -> ScreenCounts:
    """Count labels that were on the screen, in order."""
    counts = count_turns(reference, shown, collar_s)
    return counts + ScreenCounts(
        delays_s=times_to_name(reference, shown),
        extra_changes=extra_changes(reference.turns, shown),
        heard_s=reference.length_s,
    )


def count_turns(reference: Reference, turns: Sequence[Turn], collar_s: float = COLLAR_S) -> ScreenCounts:
    """Count labels that were put on stretches of time: right if there are some and each is one of the speakers'.

    All unknown labels are the same here: right wherever a stranger speaks.
    """
    names = [*reference.enrolled, UNKNOWN]
    steps = reference.steps
    speakers = grid(reference.speech, names, steps, of_others=UNKNOWN)
    labels = grid([Turn(turn.start_s, turn.end_s, plain(turn.label)) for turn in turns], names, steps)
    counted = speakers.any(axis=0) & ~near_borders(reference.turns, steps, collar_s)
    wrong = ~labels.any(axis=0) | (labels & ~speakers).any(axis=0)
    stranger = counted & speakers[-1] & ~speakers[:-1].any(axis=0)
    enrolled = counted & ~speakers[-1]
    named = labels[:-1].any(axis=0)
    return ScreenCounts(
        speech_s=_seconds(counted),
        wrong_s=_seconds(counted & wrong),
        stranger_s=_seconds(stranger),
        named_s=_seconds(stranger & named),
        enrolled_s=_seconds(enrolled),
        missed_s=_seconds(enrolled & ~named),
        confused_s=_seconds(enrolled & named & wrong),
    )


def late_screen(reference: Reference, late_s: float) -> list[Turn]:
    """A screen that makes no mistake and shows each turn's label so long after its start: what waiting alone costs."""
    unknown = {name: f"Unknown {number}" for number, name in enumerate(reference.strangers, 1)}
    return [
        Turn(turn.start_s + late_s, turn.end_s, unknown.get(turn.label, turn.label))
        for turn in reference.turns
        if turn.end_s > turn.start_s + late_s
    ]


def times_to_name(reference: Reference, shown: Sequence[Turn]) -> tuple[float, ...]:
    """Seconds from the start of each enrolled person's turn to the right label; infinite if it does not come in it.

    ``shown``: what is on the screen, in order. A turn that follows one of the same person is not counted.
    """
    delays, before = [], None
    for turn in reference.turns:
        if turn.label in reference.enrolled and turn.label != before:
            right = (
                max(0.0, label.start_s - turn.start_s)
                for label in shown
                if label.label == turn.label and label.end_s > turn.start_s and label.start_s < turn.end_s
            )
            delays.append(next(right, np.inf))
        before = turn.label
    return tuple(delays)


def extra_changes(turns: Sequence[Turn], shown: Sequence[Turn]) -> int:
    """How often the label changed without need.

    From the start of a turn to that of the next one change is due if the speaker is another than before. An empty
    screen is no label; "unknown" and "Unknown 1" say the same, one of them sooner.
    """
    starts = [turn.start_s for turn in turns]
    changes = [0] * (len(turns) + 1)
    current = None
    for label in shown:
        if current is not None and label.label != current and not _refines(current, label.label):
            changes[bisect.bisect_right(starts, label.start_s + GRID_S / 2)] += 1
        current = label.label
    due = [0, 1, *(int(a.label != b.label) for a, b in itertools.pairwise(turns))]
    return sum(max(0, some - allowed) for some, allowed in zip(changes, due, strict=False))


def grid(turns: Sequence[Turn], names: Sequence[str], steps: int, of_others: str | None = None) -> np.ndarray:
    """(names, steps) booleans: who speaks in each step; turns of people not in ``names`` count as ``of_others``'."""
    rows = {name: row for row, name in enumerate(names)}
    out = np.zeros((len(names), steps), bool)
    for turn in turns:
        row = rows.get(turn.label, rows.get(of_others))
        if row is not None:
            out[row, _steps(turn)] = True
    return out


def near_borders(turns: Sequence[Turn], steps: int, collar_s: float) -> np.ndarray:
    """(steps,) booleans: nearer than the collar to a start or an end of a turn."""
    out, collar = np.zeros(steps, bool), round(collar_s / GRID_S)
    for turn in turns:
        for border in (_steps(turn).start, _steps(turn).stop):
            out[max(0, border - collar) : border + collar] = True
    return out


def _shown(said: Sequence[Identification], length_s: float) -> list[Turn]:
    """The labels on the screen as turns: an answer stays until the next."""
    starts = [*(answer.time_s for answer in said), length_s]
    return [
        Turn(answer.time_s, end_s, answer.label)
        for answer, end_s in zip(said, starts[1:], strict=True)
        if answer.label is not None and end_s > answer.time_s
    ]


def _refines(before: str, after: str) -> bool:
    return UNKNOWN in (before, after) and is_unknown(before) and is_unknown(after)


def _steps(turn: Turn) -> slice:
    return slice(round(turn.start_s / GRID_S), round(turn.end_s / GRID_S))


def _seconds(steps: np.ndarray) -> float:
    return float(np.count_nonzero(steps)) * GRID_S


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
