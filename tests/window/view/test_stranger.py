"""Which unknown voice may be named, and which people a list shows: plain values, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.diarisation.timeline import Turn
from app.scoring.identification import Identification
from app.window.engine.facts import Facts, Phase
from app.window.view.people_order import Sort, listed
from app.window.view.stranger import SHOWN_S, StrangerWatch
from app.window.view.view_state import PersonView

TURNS = (Turn(0, 2, "Unknown 1"), Turn(2, 4, "Ana"), Turn(4, 6, "Unknown 1"))
LIVE = Facts(phase=Phase.LISTENING, turns=TURNS)


def said(label: str | None) -> Facts:
    return replace(LIVE, identification=Identification(1.0, label, None, 0.0))


def test_the_voice_that_speaks_may_be_named_by_its_newest_turn():
    assert StrangerWatch().look(said("Unknown 1"), 0.0) == TURNS[2]


@pytest.mark.parametrize("label", [None, "unknown", "Ana"])
def test_silence_a_name_and_a_voice_without_a_number_are_nobody_to_name(label):
    assert StrangerWatch().look(said(label), 0.0) is None


@pytest.mark.parametrize(
    "after", [said(None), said("Ana"), replace(LIVE, phase=Phase.STOPPED)], ids=["silence", "somebody", "stopped"]
)
def test_it_may_be_named_for_thirty_seconds_more(after):
    watch = StrangerWatch()
    watch.look(said("Unknown 1"), 100.0)
    assert watch.look(after, 100.0 + SHOWN_S - 0.1) == TURNS[2]
    assert watch.look(after, 100.0 + SHOWN_S + 0.1) is None


def test_once_it_has_a_name_nobody_is_asked_about():
    watch = StrangerWatch()
    watch.look(said("Unknown 1"), 0.0)
    named = replace(LIVE, turns=tuple(replace(turn, label="Dora") for turn in TURNS))
    assert watch.look(named, 1.0) is None


def test_the_people_of_the_demo_cannot_be_added_to():
    assert StrangerWatch().look(replace(said("Unknown 1"), fixed_people=True), 0.0) is None


def person(name: str, last_s: float = -1.0, talk_s: float = 0.0) -> PersonView:
    return PersonView(name, 0, name[0], None, "", last_s=last_s, talk_s=talk_s)


PEOPLE = (person("Ana López", 10, 30), person("Zoë", 20, 5), person("Ben"), person("Ömer Ana", 5, 60))


@pytest.mark.parametrize(
    ("sort", "searched", "names"),
    [
        (Sort.NAME, "", ["Ana López", "Ben", "Ömer Ana", "Zoë"]),
        (Sort.HEARD, "", ["Zoë", "Ana López", "Ömer Ana", "Ben"]),
        (Sort.TALK, "", ["Ömer Ana", "Ana López", "Zoë", "Ben"]),
        (Sort.NAME, "ana", ["Ana López", "Ömer Ana"]),
        (Sort.NAME, "LOPEZ ana", ["Ana López"]),
        (Sort.NAME, "zoe", ["Zoë"]),
        (Sort.TALK, " o ", ["Ömer Ana", "Ana López", "Zoë"]),
        (Sort.NAME, "nobody", []),
    ],
)
def test_the_list_is_sorted_and_searched(sort, searched, names):
    assert [one.name for one in listed(PEOPLE, sort, searched)] == names
