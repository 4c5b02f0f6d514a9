"""When a sentence is over, as a table of cases."""

from __future__ import annotations

import pytest

from app.enrolment.take import Reading, Take, TakeRule


def after(*stretches: tuple[str, float], rule: TakeRule | None = None) -> Take:
    """A reading of such stretches: "say" or "hush", and how long, in steps of 32 ms."""
    take = Take(rule or TakeRule())
    for what, seconds in stretches:
        for _ in range(round(seconds / 0.032)):
            take.add(what == "say", 0.032)
    return take


@pytest.mark.parametrize(
    ("stretches", "state"),
    [
        ([], Reading.WAITING),
        ([("hush", 2.9)], Reading.WAITING),
        ([("hush", 3.1)], Reading.UNHEARD),
        ([("hush", 29)], Reading.UNHEARD),
        ([("hush", 30.1)], Reading.OVER),  # nobody is there
        ([("hush", 3.1), ("say", 0.5)], Reading.READING),
        ([("say", 5.9), ("hush", 0.8)], Reading.READING),  # not enough yet
        ([("say", 6.1)], Reading.READING),  # enough, but in the middle of a word
        ([("say", 6.1), ("hush", 0.6)], Reading.READING),
        ([("say", 6.1), ("hush", 0.75)], Reading.OVER),
        ([("say", 3), ("hush", 1), ("say", 3.1), ("hush", 0.75)], Reading.OVER),  # pauses are not counted
        ([("say", 6.1), ("hush", 0.5), ("say", 1), ("hush", 0.5)], Reading.READING),  # two breaths are not a pause
        ([("say", 11.9)], Reading.READING),
        ([("say", 12.1)], Reading.OVER),  # somebody who does not breathe
        ([("hush", 10), ("say", 11)], Reading.READING),  # counted from the first word
        ([("say", 2), ("hush", 3.1)], Reading.UNHEARD),  # fell silent in the middle
        ([("say", 2), ("hush", 10.1)], Reading.OVER),
    ],
)
def test_when_a_sentence_is_over(stretches, state):
    assert after(*stretches).state is state


def test_another_length_of_speech():
    assert after(("say", 2.1), ("hush", 0.75), rule=TakeRule(speech_s=2.0)).state is Reading.OVER
