"""What the enrolment's dialog shows, as a table of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.enrolment.guide import judge_level
from app.enrolment.prompts import prompts
from app.enrolment.quality import Quality, judge
from app.enrolment.take import Reading
from app.window import strings
from app.window.engine.enrol.facts import EnrolFacts, Step
from app.window.view.enrol_view import Dot, Scene, enrol_view

FACTS = EnrolFacts("Ana", Step.RECORDING, prompts(3)[1], number=2, kept=1)
SAID = Quality(sound_s=5.0, speech_s=4.0, level_db=-24.0)


@pytest.mark.parametrize(
    ("changes", "scene", "hint", "severity"),
    [
        ({"step": Step.PREPARING}, Scene.BUSY, "", ""),
        ({"step": Step.READY}, Scene.POSITION, strings.ENROL_READY, ""),
        ({"step": Step.READY, "unheard": True}, Scene.POSITION, strings.ENROL_NOBODY, "warning"),
        ({"step": Step.POSITION}, Scene.POSITION, "", ""),
        ({"step": Step.COUNTDOWN, "count": 3}, Scene.POSITION, "", ""),
        ({}, Scene.READING, strings.ENROL_SPEAK, ""),
        ({"reading": Reading.UNHEARD}, Scene.READING, strings.ENROL_UNHEARD, "warning"),
        ({"reading": Reading.UNHEARD, "quality": SAID}, Scene.READING, strings.ENROL_GO_ON, "warning"),
        ({"reading": Reading.READING, "quality": SAID}, Scene.READING, strings.ENROL_GOOD_SO_FAR, "good"),
        (
            {"reading": Reading.READING, "quality": replace(SAID, speech_s=6.5)},
            Scene.READING,
            strings.ENROL_ENOUGH,
            "good",
        ),
        (
            {"quality": SAID, "problems": (judge_level("soft", -24, [-24]),)},
            Scene.READING,
            "A little softer, please: this is as loud as before.",
            "warning",
        ),
        (
            {"step": Step.POSITION, "again": True, "problems": tuple(judge(Quality(sound_s=9, speech_s=0.5)))},
            Scene.POSITION,
            "Once more, please. Only 0.5 s of speech: keep talking until the bar is full.",
            "warning",
        ),
        ({"message": "Headset is gone.", "quality": SAID}, Scene.READING, "Headset is gone.", "warning"),
        ({"step": Step.CHECKING}, Scene.READING, strings.ENROL_CHECKING, ""),
        ({"step": Step.KEPT}, Scene.KEPT, "", "good"),
        ({"step": Step.TWICE, "twice": "Zoe"}, Scene.QUESTION, "", ""),
        ({"step": Step.DONE, "kept": 3}, Scene.DONE, strings.ENROL_GOOD, "good"),
        ({"step": Step.FAILED, "error": "no microphone."}, Scene.FAILED, "No microphone.", "error"),
    ],
)
def test_what_stands_in_the_middle_and_what_is_said(changes, scene, hint, severity):
    view = enrol_view(replace(FACTS, **changes))
    assert (view.scene, view.hint, view.severity) == (scene, hint, severity)


@pytest.mark.parametrize(
    ("changes", "dots"),
    [
        ({"kept": 0}, "HOO"),
        ({"kept": 1}, "KHO"),
        ({"kept": 3, "step": Step.BUILDING}, "KKK"),
        ({"kept": 1, "step": Step.BUILDING}, "KOO"),
        ({"kept": 2, "step": Step.DONE}, "KKO"),
        ({"kept": 1, "earlier": 2, "step": Step.DONE}, "KKK"),
        ({"kept": 0, "earlier": 2, "samples": 1}, "H"),
        ({"kept": 5, "samples": 5, "step": Step.DONE}, "KKKKK"),
    ],
)
def test_a_dot_for_each_recording(changes, dots):
    letters = {"H": Dot.HERE, "O": Dot.OPEN, "K": Dot.KEPT}
    assert enrol_view(replace(FACTS, **changes)).dots == tuple(letters[letter] for letter in dots)


def test_fewer_than_three_recordings_are_amber_and_can_be_added_to():
    view = enrol_view(replace(FACTS, step=Step.DONE, kept=2))
    assert view.heading == "Ana, 2 of 3"
    assert (view.missing, view.severity) == (1, "warning")
    full = enrol_view(replace(FACTS, step=Step.DONE, kept=2, earlier=1))
    assert full.heading == "Ana is enrolled"
    assert (full.missing, full.severity) == (0, "good")


def test_the_name_lights_up_when_the_voice_is_recognised():
    done = replace(FACTS, step=Step.DONE, kept=3)
    assert (enrol_view(done).lit, enrol_view(done).instruction) == ("", strings.ENROL_SAY_SOMETHING)
    lit = enrol_view(replace(done, heard="Ana"))
    assert (lit.lit, lit.instruction) == ("Ana", strings.ENROL_HEARD)
    other = enrol_view(replace(done, heard="Zoe"))
    assert (other.lit, other.instruction) == ("Zoe", strings.ENROL_SAY_SOMETHING)


def test_what_can_be_pressed_follows_the_step():
    ready = enrol_view(replace(FACTS, step=Step.READY, kept=0))
    assert (ready.can_begin, ready.can_redo, ready.can_finish, ready.can_choose) == (True, False, False, True)
    waiting = enrol_view(replace(FACTS, step=Step.COUNTDOWN, count=2))
    assert (waiting.can_begin, waiting.can_redo, waiting.can_finish, waiting.count) == (True, True, True, 2)
    reading = enrol_view(replace(FACTS, kept=0))
    assert (reading.can_begin, reading.can_redo, reading.can_finish, reading.can_choose) == (False, False, False, True)
    assert not enrol_view(replace(FACTS, step=Step.CHECKING)).can_choose
