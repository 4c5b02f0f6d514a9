"""Labels follow the people whose names they were."""

from __future__ import annotations

from app.diarisation.timeline import Turn
from app.window.engine.name_book import NameBook, relabelled


def book(*states: dict[int, str]) -> NameBook:
    made = NameBook()
    for state in states:
        made.update(state)
    return made


def test_whoever_was_never_enrolled_keeps_the_label():
    names = book({1: "Ana"})
    assert [names.now(label) for label in ("Ana", "Zoe", "unknown", "Unknown 1")] == [
        "Ana",
        "Zoe",
        "unknown",
        "Unknown 1",
    ]


def test_names_follow_through_every_change():
    names = book({1: "Ana", 2: "Ben"}, {1: "Anna", 2: "Ben"}, {1: "Anne"})
    assert [names.now(label) for label in ("Ana", "Anna", "Anne", "Ben")] == ["Anne", "Anne", "Anne", "unknown"]
    assert names.names == ("Anne",)
    names.update({1: "Ana", 2: "Ben"})  # both are undone
    assert [names.now(label) for label in ("Ana", "Anna", "Ben")] == ["Ana", "Ana", "Ben"]


def test_two_who_exchange_their_names():
    names = book({1: "Ana", 2: "Ben"}, {1: "x", 2: "Ben"}, {1: "x", 2: "Ana"}, {1: "Ben", 2: "Ana"})
    assert names.id_of("Ana") == 2
    assert names.name_of(1) == "Ben"


def test_a_name_that_is_given_again_is_the_new_persons():
    names = book({1: "Ana"}, {}, {2: "Ana"})
    assert names.now("Ana") == "Ana"
    assert names.name_of(1) is None


def test_it_says_whether_anything_changed():
    names = NameBook()
    assert names.update({1: "Ana"})
    assert not names.update({1: "Ana"})
    assert names.update({})


def test_turns_are_shown_with_present_names():
    names = book({1: "Ana", 2: "Ben"}, {1: "Anna"})
    turns = (Turn(0, 1, "Ana"), Turn(1, 2, "Ben"), Turn(2, 3, "Zoe"))
    assert [turn.label for turn in names.apply(turns)] == ["Anna", "unknown", "Zoe"]
    assert relabelled(turns, {}) == turns
