"""A file on a terminal: how far it is, and how long it will still take."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from app.scoring.certainty import Certainty
from app.scoring.condition import Band, Condition
from app.scoring.identification import Identification
from app.terminal.view import TerminalView


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def view(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    return TerminalView(verb="Analysing")


def test_the_hint_of_a_call_is_said_once_and_stands_on_the_live_line(view):
    """Not for every turn of it; again if there was good sound meanwhile."""
    call, good = Condition(Band.TELEPHONE), Condition()
    for time_s, condition in enumerate((None, call, call, None, call, good, call)):
        view.show(replace(answer(time_s), label="Ana", speaker="Ana", confidence=0.9, condition=condition))
    said = view.out.getvalue()
    notes = [line.split("\x1b[K")[-1] for line in said.split("\n") if "telephone quality" in line]
    assert notes == [
        "00:01.0  telephone quality: less sure",
        "00:06.0  telephone quality: less sure",
    ]
    assert said.endswith("less sure")


def test_a_likely_name_has_a_question_mark_and_a_line_says_when_it_is_certain(view):
    """Not again when it is less sure for a moment."""
    certain, likely = Certainty.CERTAIN, Certainty.LIKELY
    heard = [("Ana", likely), ("Ana", certain), ("Ana", likely), ("Ana", certain), ("Ben", likely), ("Ben", likely)]
    for time_s, (name, certainty) in enumerate(heard):
        view.show(replace(answer(time_s), label=name, speaker=name, confidence=0.9, certainty=certainty))
    lines = [line.split("\x1b[K")[-1].split() for line in view.out.getvalue().split("\n")[:-1]]
    assert lines == [
        ["00:00.0", "Ana?", "likely"],
        ["00:01.0", "Ana", "certain"],
        ["00:04.0", "Ben?", "likely"],
    ]
    assert view.out.getvalue().split("dB")[-1].split() == ["Ben?", "likely"]


def answer(time_s):
    return Identification(
        time_s=time_s,
        label=None,
        speaker=None,
        confidence=0.0,
        scores={},
        threshold=0.5,
        reason="",
        gender=None,
        gender_confidence=0.0,
        speech_probability=0.0,
    )


def test_share_and_time_left_of_a_file(view):
    moments = iter((0.0, 4.0))
    view.length_s, view._left._clock = 100.0, lambda: next(moments)
    view.show(answer(10.0))
    assert view.out.getvalue().endswith("10%  -")
    view.show(answer(30.0))
    assert view.out.getvalue().endswith(" 30%, 14 s left  -")


def test_while_one_listens_there_is_the_level(view):
    view.show(replace(answer(10.0), level_db=-30.0))
    assert "%" not in view.out.getvalue()
    assert "-30 dB" in view.out.getvalue()
    view.length_s = 5.0  # a header that says too little
    view.show(replace(answer(10.0), level_db=-30.0))
    assert "%" not in view.out.getvalue()
