"""Which turns are one stretch of speech, and which of them are certain."""

from __future__ import annotations

import pytest

from app.diarisation.timeline import Turn
from app.enrolment.offering.certain import CERTAIN, Stretch, contradicted, is_alone, stretches
from app.scoring.certainty import Certainty
from app.scoring.labels import person

LIKELY = 0.97
"""Confidence of the turns here that are not certain all the same."""


def turn(start_s: float, end_s: float, name: str = "Ana", confidence: float | None = 0.99, channel: int = 1) -> Turn:
    label = name if name.startswith("Unknown") else person(name)
    sure = None if confidence is None else Certainty.LIKELY if confidence == LIKELY else Certainty.CERTAIN
    return Turn(start_s, end_s, label, channel, confidence, sure, corrected=confidence is None)


def spans(found: list[Stretch]) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.end_s, str(one.turns[0].label)) for one in found]


def test_turns_of_one_person_with_short_pauses_are_one_stretch():
    turns = [turn(0, 2), turn(2.5, 4), turn(4.2, 5, "Ben"), turn(5.1, 7), turn(9, 10)]
    assert spans(stretches(turns)) == [(0, 4, "Ana"), (4.2, 5, "Ben"), (5.1, 7, "Ana"), (9, 10, "Ana")]


def test_channels_have_stretches_of_their_own():
    turns = [turn(0, 2), turn(1, 3, "Ben", channel=2), turn(2.2, 4)]
    assert spans(stretches(turns)) == [(0, 4, "Ana"), (1, 3, "Ben")]


def test_a_long_stretch_is_cut_between_turns():
    (stretch,) = stretches([turn(second, second + 4) for second in range(0, 30, 5)])
    assert [(piece.start_s, piece.end_s) for piece in stretch.pieces(20.0)] == [(0, 19), (20, 29)]
    (long,) = stretches([turn(0, 35)])
    assert long.pieces(20.0) == [long]


@pytest.mark.parametrize(
    ("turns", "certain"),
    [
        ([turn(0, 3), turn(3.5, 6, confidence=CERTAIN)], True),
        ([turn(0, 3), turn(3.5, 6, confidence=CERTAIN - 0.01)], False),
        ([turn(0, 3), turn(3.5, 6, confidence=LIKELY)], False),
        ([turn(0, 3), turn(3.5, 6, confidence=None)], False),  # the user's word
        ([turn(0, 3, "Unknown 1")], False),
    ],
)
def test_every_turn_must_be_certain(turns, certain):
    (stretch,) = stretches(turns)
    assert stretch.certain is certain


def test_nobody_else_may_speak_meanwhile():
    (stretch,) = stretches([turn(2, 5)])
    assert is_alone(stretch, stretch.turns, [(0, 2), (5, 6)])
    assert not is_alone(stretch, stretch.turns, [(4.5, 5.5)])
    assert not is_alone(stretch, [*stretch.turns, turn(4, 4.5, "Ben", channel=2)], [])


def test_what_is_somebody_elses_by_now_contradicts():
    assert not contradicted((2, 5, 1), "Ana", [turn(0, 2, "Ben"), turn(2, 5)])
    assert contradicted((2, 5, 1), "Ana", [turn(2, 3), turn(3, 5, "Unknown 1")])
    assert contradicted((2, 5, 1), "Anna", [turn(2, 5)])
    assert not contradicted((2, 5, 2), "Ana", [turn(2, 5, "Ben")])
