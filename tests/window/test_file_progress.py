"""How far the analysis of a file is, on its page and in the window's title."""

from __future__ import annotations

import numpy as np

from app.demo import DEMO
from app.window import strings
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.file_page import window_title

FILE = DEMO / "conversation.flac"
NOISE = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)


def plain(text):
    return text.replace(strings.NO_BREAK, " ")


def test_the_time_left_is_shown_on_the_page_and_in_the_title(window):
    shown, analysis = window(NOISE), FileAnalysis(FILE)
    before = shown.windowTitle()
    shown.pages.setCurrentWidget(shown.file)
    shown.file.open(analysis)
    analysis.facts = FileFacts(FILE, Stage.ANALYSING, 67.0, 26.8, left_s=12.3)
    shown.file.draw_frame()
    assert plain(shown.windowTitle()) == "conversation.flac \u00b7 40 % \u00b7 12 s left \u2013 Heard"
    assert plain(shown.file.note.text()).endswith("(40 %) \u00b7 12 s left")
    analysis.facts = FileFacts(FILE, Stage.DONE, 67.0, 67.0)
    shown.file.draw_frame()
    assert shown.windowTitle() == before


def test_a_file_that_is_closed_is_no_longer_in_the_title(window):
    shown, analysis = window(NOISE), FileAnalysis(FILE)
    shown.file.open(analysis)
    analysis.facts = FileFacts(FILE, Stage.ANALYSING, 67.0, 26.8)
    shown.file.draw_frame()
    assert "conversation.flac" in shown.windowTitle()
    shown.file.close_file()
    assert "conversation.flac" not in shown.windowTitle()


def test_a_length_that_is_not_known_makes_no_promise():
    assert window_title(FileFacts(FILE, Stage.ANALYSING, None, 26.8)) == ""
    assert (
        plain(window_title(FileFacts(FILE, Stage.ANALYSING, 67.0, 0.0))) == "conversation.flac \u00b7 0 % \u2013 Heard"
    )
    assert plain(strings.time_left(600.0)) == "10 min"
