"""What the screen showed by the time since the present speaker began: being sure takes speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.diarisation.timeline import Turn
from app.evaluation.conversations.reference import GRID_S, Reference, speaker_activity, steps_of
from app.scoring.certainty import Certainty
from app.scoring.identification import UNKNOWN, Identification
from app.scoring.labels import Kind

EDGES_S = (0.0, 0.5, 1.0, 1.5, 2.5)
"""Seconds since the onset at which the columns begin; the last has no end."""
STATES = ("certain", "likely", "certainly wrong", "likely wrong", "unknown", "nothing")
"""What the screen shows: of an enrolled person the right name or another's, of a stranger somebody's name is wrong."""
WHO = ("enrolled", "stranger")
SHAPE = (len(WHO), len(EDGES_S) + 1, len(STATES))
"""Of the counts: the last of the columns is the final timeline, at any time."""


def count_by_onset(
    reference: Reference, answers: Sequence[Identification], timeline: Sequence[Turn] = ()
) -> np.ndarray:
    """Seconds (WHO, EDGES_S and the timeline, STATES) in which one person alone speaks, by who that is, how long ago
    the turn began and what the screen shows; and by what the final ``timeline`` says. Each answer is on the screen from
    its ``time_s`` until the next. Counts add up."""
    counts = np.zeros(SHAPE)
    steps = reference.steps
    final: list[Turn | None] = [None] * steps
    for turn in timeline:
        part = steps_of(turn)
        final[part] = [turn] * len(final[part])
    names = [*reference.enrolled, *reference.strangers]
    speakers = speaker_activity(reference.speech, [*names, UNKNOWN], steps, everybody_else=UNKNOWN)
    alone = speakers.sum(axis=0) == 1
    shown: list[Identification | None] = [None] * steps
    starts = [min(steps, round(answer.time_s / GRID_S)) for answer in answers] + [steps]
    for answer, first, last in zip(answers, starts, starts[1:], strict=False):
        shown[first:last] = [answer] * (last - first)
    for turn in reference.turns:
        first, last = (round(at / GRID_S) for at in (turn.start_s, turn.end_s))
        own = speakers[names.index(turn.label)] if turn.label in names else speakers[-1]
        enrolled = turn.label in reference.enrolled
        for step in range(first, min(last, steps)):
            if own[step] and alone[step]:
                column = np.searchsorted(EDGES_S, (step - first + 0.5) * GRID_S, "right") - 1
                row, right = int(not enrolled), turn.label if enrolled else None
                counts[row, column, _state(shown[step], right)] += GRID_S
                if timeline:
                    counts[row, -1, _state(final[step], right)] += GRID_S
    return counts


def _state(answer: Identification | Turn | None, right: str | None) -> int:
    if answer is None or answer.label is None:
        return STATES.index("nothing")
    if answer.label.kind is not Kind.PERSON:
        return STATES.index("unknown")
    certain = answer.certainty is Certainty.CERTAIN
    if answer.label == right:
        return STATES.index("certain" if certain else "likely")
    return STATES.index("certainly wrong" if certain else "likely wrong")


def as_rows(counts: np.ndarray) -> list[dict]:
    """``count_by_onset`` as dictionaries of JSON values, one of each row and column: ``who``, ``from_s`` and ``to_s``
    since the onset (None: no end; both None: in the final timeline), ``speech_s`` and ``shares`` by state. Empty where
    nothing was counted."""
    if not counts.any():
        return []
    starts, ends, share = (*EDGES_S, None), (*EDGES_S[1:], None, None), shares(counts)
    return [
        {
            "who": who,
            "from_s": start_s,
            "to_s": end_s,
            "speech_s": round(float(counts[row, column].sum()), 2),
            "shares": {state: float(value) for state, value in zip(STATES, share[row, column], strict=True)},
        }
        for row, who in enumerate(WHO)
        for column, (start_s, end_s) in enumerate(zip(starts, ends, strict=True))
    ]


def shares(counts: np.ndarray) -> np.ndarray:
    """``count_by_onset`` as shares of the time of each row and column, 0 to 1; 0 where there was none."""
    whole = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)
