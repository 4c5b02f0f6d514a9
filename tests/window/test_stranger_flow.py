"""A stranger is named where one looks, among few people and among two hundred."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.levels import Level
from app.window.main_window import MainWindow
from app.window.view.people_order import Sort
from app.window.widgets.inputs.who_is_this import MOST_ROWS
from app.window.widgets.timeline_panel import MOST_IN_MENU
from tools.screenshots import LIVE, STRANGER, Still

LONG = 180_000
CROWD = tuple(f"Person {number:03d}" for number in range(200))


@pytest.mark.parametrize("stopped", [False, True], ids=["live", "after Stop"])
def test_a_stranger_gets_a_name_on_the_card(stopped, qtbot, window, voice, tmp_path):
    shown = window(voice("Colin"))
    shown.start()
    who = shown.live.who
    qtbot.waitUntil(who.isVisible, timeout=LONG)
    qtbot.waitUntil(lambda: shown.engine.facts.clock_s > 8, timeout=LONG)
    if stopped:
        shown.toggle()
        qtbot.waitUntil(lambda: not shown.engine.facts.running, timeout=LONG)
        assert who.isVisible()
    qtbot.keyClicks(who.field, "Colin X")  # a space starts and stops nothing
    assert shown.engine.facts.running is not stopped
    qtbot.keyClick(who.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Colin X is enrolled now" in shown.undo.toast.text.text(), timeout=LONG)
    qtbot.waitUntil(lambda: not who.isVisible(), timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert store.people() == ["Colin X"]


@pytest.fixture
def crowded(qtbot, theme):
    """The window with two hundred people, one of whom has just spoken, and a stranger who speaks."""
    turns = (*LIVE.turns, replace(LIVE.turns[0], start_s=33.0, end_s=34.0, label="Unknown 1"))
    turns = (*turns, replace(turns[0], start_s=30.0, end_s=32.0, label="Person 150"))
    facts = replace(LIVE, people=CROWD, identification=STRANGER, turns=turns)
    made = MainWindow(Still(facts, Level()), theme, find_microphones=list)
    qtbot.addWidget(made)
    made.show()
    made.draw_frame()
    return made


def test_two_hundred_people_are_found_by_a_part_of_the_name(qtbot, crowded):
    who = crowded.live.who
    assert who.isVisible()
    completer = who.field.completer()
    completer.setCompletionPrefix("SON 15")
    assert completer.completionCount() == 10
    completer.complete()
    assert completer.popup().height() < 0.5 * crowded.height()
    assert completer.maxVisibleItems() == MOST_ROWS
    completer.popup().hide()
    said = []
    who.named.connect(said.append)
    who.field.setText("person 007")
    qtbot.mouseClick(who.button, Qt.MouseButton.LeftButton)
    assert said == ["Person 007"]


def test_no_menu_has_two_hundred_people(crowded):
    assert len(CROWD) > MOST_IN_MENU
    assert [action.text() for action in crowded.live.history.name_menu.actions() if action.text()] == [
        strings.SOMEBODY_ELSE
    ]


def test_the_list_is_searched_and_sorted(qtbot, crowded):
    panel = crowded.live.people
    model = panel.list.model()
    assert panel.search.isVisible()
    qtbot.keyClicks(panel.search, "07")
    assert [model.index(row).data() for row in range(model.rowCount())] == [name for name in CROWD if "07" in name]
    panel.search.setText("nobody of that name")
    assert panel._pages.currentWidget().text() == strings.NOBODY_FOUND
    panel.search.clear()
    panel.sort_by(Sort.HEARD)
    assert model.index(0).data() == "Person 150"
    assert model.rowCount() == 200
