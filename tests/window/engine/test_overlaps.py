"""Two people at once: gathered from answers, told of a turn, and shown as words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.diarisation.timeline import Turn
from app.scoring.identification import Identification
from app.window import strings
from app.window.engine.facts import Facts, Phase
from app.window.engine.overlaps import Overlaps, overlaps
from app.window.view.view_state import view_state


def answers(*told: int) -> Overlaps:
    """An answer every quarter of a second; those with these numbers tell of two people."""
    found = Overlaps()
    for number in range(1, 41):
        found.add(Identification(number / 4, "Ana", "Ana", 0.9, overlap=number in told))
    return found


def test_answers_one_after_the_other_are_one_stretch():
    assert answers().spans == ()
    assert answers(8).spans == ((1.25, 1.5),)
    assert answers(8, 9, 10, 20).spans == ((1.25, 2.0), (4.25, 4.5))
    assert answers(1).spans == ()  # nothing was heard before


@pytest.mark.parametrize(("start_s", "end_s", "told"), [(1.0, 1.9, True), (1.75, 3.0, True), (1.85, 3, False)])
def test_a_turn_overlaps_if_enough_of_it_does(start_s, end_s, told):
    assert overlaps(Turn(start_s, end_s, "Ana"), ((0.0, 0.5), (1.4, 2.0))) is told


def test_it_is_said_in_words():
    identification = Identification(12.0, "Ana", "Ana", 0.9, scores={"Ana": 0.8}, overlap=True)
    facts = Facts(
        phase=Phase.LISTENING, people=("Ana",), identification=identification, turns=(Turn(8, 12, "Ana"),), clock_s=12.0
    )
    assert strings.OVERLAP in view_state(facts).speaker.detail
    assert strings.OVERLAP in view_state(facts).speaker.spoken
    assert (
        strings.OVERLAP
        not in view_state(replace(facts, identification=replace(identification, overlap=False))).speaker.detail
    )
    assert view_state(replace(facts, overlaps=((9.0, 10.0),))).scene.overlaps == ((9.0, 10.0),)


def test_two_channels_that_speak_at_once_are_two_speakers():
    seen = Overlaps()
    for step in range(1, 21):
        for channel, label in ((1, "Ana" if step > 8 else None), (2, "Ben")):
            seen.add(Identification(step * 0.128, label, label, 0.5, channel=channel))
    ((start_s, end_s),) = seen.spans
    assert 0.3 < start_s < 1.2
    assert end_s > 1.5
