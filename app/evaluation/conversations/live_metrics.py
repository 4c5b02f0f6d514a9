"""How right the screen was while a conversation went on: pure functions of who spoke when and what was shown.

Time is a grid of 10 ms. A moment counts if somebody speaks in it (pauses of 0.3 s and more inside a turn are left out)
and if it is further than the collar from every start and end of a turn. Showing nothing is wrong, so being late is.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.diarisation.timeline import Turn
from app.evaluation.conversations.reference import COLLAR_S, GRID_S, Reference, near_boundaries, speaker_activity
from app.scoring.identification import UNKNOWN, Identification, is_unknown, plain


@dataclass(frozen=True)
class LiveCounts:
    """Seconds and events of one conversation, or of several: counts add up."""

    speech_s: float = 0.0
    """Reference speech that counts."""
    wrong_s: float = 0.0
    """Part of ``speech_s`` with a wrong label or none."""
    stranger_s: float = 0.0
    """Part of ``speech_s`` in which strangers alone speak."""
    named_s: float = 0.0
    """Part of ``stranger_s`` with an enrolled person's name."""
    enrolled_s: float = 0.0
    """Part of ``speech_s`` in which enrolled people alone speak."""
    missed_s: float = 0.0
    """Part of ``enrolled_s`` with an unknown label or none."""
    confusion_s: float = 0.0
    """Part of ``enrolled_s`` with another enrolled person's name."""
    times_to_name_s: tuple[float, ...] = ()
    """See ``times_to_name``."""
    extra_changes: int = 0
    """See ``extra_changes``."""
    length_s: float = 0.0
    """Length of the conversations."""

    def __add__(self, other: LiveCounts) -> LiveCounts:
        return LiveCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class LiveErrorRates:
    """What the screen showed against what was so. Fractions, 0 to 1; 0 where there was nothing to be wrong about."""

    error: float
    """The live error: part of the reference speech with a wrong label or none; of several speakers any is right."""
    strangers_named: float
    """Part of the strangers' time with an enrolled person's name on it."""
    enrolled_unknown: float
    """Part of the enrolled people's time shown as unknown or nothing."""
    enrolled_confused: float
    """Part of the enrolled people's time with another enrolled person's name on it."""
    time_to_name_s: tuple[float, float]
    """Median and 95th percentile from an enrolled person's turn to the right name; infinite where it never came."""
    never_named: float
    """Part of these turns in which the right name never came."""
    extra_changes_per_min: float
    """Label changes per minute that the reference does not have."""


def live_error_rates(counts: LiveCounts) -> LiveErrorRates:
    """The rates of counts, which may be a sum over conversations."""
    times = counts.times_to_name_s or (np.inf,)
    return LiveErrorRates(
        error=_share(counts.wrong_s, counts.speech_s),
        strangers_named=_share(counts.named_s, counts.stranger_s),
        enrolled_unknown=_share(counts.missed_s, counts.enrolled_s),
        enrolled_confused=_share(counts.confusion_s, counts.enrolled_s),
        time_to_name_s=tuple(float(q) for q in np.quantile(times, [0.5, 0.95], method="nearest")),
        never_named=float(np.mean(np.isinf(times))),
        extra_changes_per_min=60 * _share(counts.extra_changes, counts.length_s),
    )


def count_live(reference: Reference, answers: Sequence[Identification], collar_s: float = COLLAR_S) -> LiveCounts:
    """Count live answers, each of which is on the screen from its ``time_s`` until the next."""
    return count_shown(reference, _shown(answers, reference.length_s), collar_s)


def count_shown(reference: Reference, shown: Sequence[Turn], collar_s: float = COLLAR_S) -> LiveCounts:
    """Count labels that were on the screen, in order."""
    counts = count_labels(reference, shown, collar_s)
    return counts + LiveCounts(
        times_to_name_s=times_to_name(reference, shown),
        extra_changes=extra_changes(reference.turns, shown),
        length_s=reference.length_s,
    )


def count_labels(reference: Reference, turns: Sequence[Turn], collar_s: float = COLLAR_S) -> LiveCounts:
    """Count labels that were put on stretches of time: right if there are some and each is one of the speakers'.

    All unknown labels are the same here: right wherever a stranger speaks.
    """
    names = [*reference.enrolled, UNKNOWN]
    steps = reference.steps
    speakers = speaker_activity(reference.speech, names, steps, everybody_else=UNKNOWN)
    labels = speaker_activity([Turn(turn.start_s, turn.end_s, plain(turn.label)) for turn in turns], names, steps)
    counted = speakers.any(axis=0) & ~near_boundaries(reference.turns, steps, collar_s)
    wrong = ~labels.any(axis=0) | (labels & ~speakers).any(axis=0)
    stranger = counted & speakers[-1] & ~speakers[:-1].any(axis=0)
    enrolled = counted & ~speakers[-1]
    named = labels[:-1].any(axis=0)
    return LiveCounts(
        speech_s=_seconds(counted),
        wrong_s=_seconds(counted & wrong),
        stranger_s=_seconds(stranger),
        named_s=_seconds(stranger & named),
        enrolled_s=_seconds(enrolled),
        missed_s=_seconds(enrolled & ~named),
        confusion_s=_seconds(enrolled & named & wrong),
    )


def delayed_oracle(reference: Reference, delay_s: float) -> list[Turn]:
    """A screen that makes no mistake and shows each turn's label so long after its start: what waiting alone costs."""
    unknown = {name: f"Unknown {number}" for number, name in enumerate(reference.strangers, 1)}
    return [
        Turn(turn.start_s + delay_s, turn.end_s, unknown.get(turn.label, turn.label))
        for turn in reference.turns
        if turn.end_s > turn.start_s + delay_s
    ]


def times_to_name(reference: Reference, shown: Sequence[Turn]) -> tuple[float, ...]:
    """Seconds from the start of each enrolled person's turn to the right label; infinite if it does not come in it.

    ``shown``: what is on the screen, in order. A turn that follows one of the same person is not counted.
    """
    times, before = [], None
    for turn in reference.turns:
        if turn.label in reference.enrolled and turn.label != before:
            right = (
                max(0.0, label.start_s - turn.start_s)
                for label in shown
                if label.label == turn.label and label.end_s > turn.start_s and label.start_s < turn.end_s
            )
            times.append(next(right, np.inf))
        before = turn.label
    return tuple(times)


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


def _shown(answers: Sequence[Identification], length_s: float) -> list[Turn]:
    """The labels on the screen as turns: an answer stays until the next."""
    starts = [*(answer.time_s for answer in answers), length_s]
    return [
        Turn(answer.time_s, end_s, answer.label)
        for answer, end_s in zip(answers, starts[1:], strict=True)
        if answer.label is not None and end_s > answer.time_s
    ]


def _refines(before: str, after: str) -> bool:
    return UNKNOWN in (before, after) and is_unknown(before) and is_unknown(after)


def _seconds(steps: np.ndarray) -> float:
    return float(np.count_nonzero(steps)) * GRID_S


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
