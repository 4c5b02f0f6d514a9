"""What closing the window would lose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.diarisation.timeline import Turn
from app.window.engine.facts import Facts, Phase
from app.window.engine.file_analysis import FileFacts, Stage
from app.window.view.closing import unsaved

TALK = Path("talk.flac")


def test_what_was_only_heard_is_not_asked_about():
    heard = Facts(phase=Phase.LISTENING, turns=(Turn(0, 1, "Ana"), Turn(1, 2, "Unknown 1")))
    assert unsaved(heard, None) == ""


@pytest.mark.parametrize(
    ("stage", "lost"),
    [
        (Stage.WAITING, True),
        (Stage.ANALYSING, True),
        (Stage.DONE, False),
        (Stage.STOPPED, False),
        (Stage.FAILED, False),
    ],
)
def test_a_file_that_is_being_analysed(stage, lost):
    assert ("talk.flac" in unsaved(Facts(), FileFacts(TALK, stage))) is lost


def test_corrections_of_a_file_that_could_not_be_kept():
    file = FileFacts(TALK, Stage.DONE, corrections=2)
    assert unsaved(Facts(), file) == ""
    assert unsaved(Facts(), replace(file, unkept=True)).startswith("2 corrections of talk.flac could not be kept")
    assert unsaved(Facts(), replace(file, unkept=True, corrections=0)) == ""


def test_corrections_of_what_was_heard_live():
    assert unsaved(Facts(corrected=1), None).startswith("1 correction of what was heard live")
    both = unsaved(Facts(corrected=2), FileFacts(TALK, Stage.ANALYSING))
    assert "talk.flac" in both
    assert "2 corrections" in both
