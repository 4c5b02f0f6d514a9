"""Keys in the window's dialogs, as a hand presses them: Enter and Esc lose nothing that was typed, said or made."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMessageBox, QWidget

from app.voiceprints.recordings import samples_of
from app.window import strings
from app.window.dialogs import questions
from app.window.dialogs.enrol_dialog import EnrolDialog
from app.window.dialogs.threshold_dialog import ThresholdDialog
from app.window.engine.enrol.facts import EnrolFacts, Step
from app.window.engine.enrolling import Enrolment
from app.window.engine.levels import Level
from app.window.main_window import MainWindow
from app.window.widgets.toast import Toast
from tools.screenshots import LIVE, NOBODY, READING, Still

LONG = 180_000
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def press(qtbot, window: QWidget, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is in this window."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window.focusWidget() or window, key, modifier)


def focus(qtbot, widget: QWidget) -> None:
    widget.window().activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


# ---------------------------------------------------------------------------- a person


@pytest.mark.parametrize("key", [*ENTER, Qt.Key.Key_Escape, Qt.Key.Key_Space])
def test_no_single_key_deletes_a_person(key, qtbot, person, tmp_path):
    _, dialog = person
    focus(qtbot, dialog.delete_button)
    press(qtbot, dialog, Qt.Key.Key_Space)
    box = dialog.question
    assert box.defaultButton().text() == strings.CANCEL
    press(qtbot, box, key)
    qtbot.waitUntil(lambda: not box.isVisible())
    assert dialog.isVisible()
    assert len(samples_of(tmp_path, "Ana")) == 3


def test_a_dialog_that_just_opened_changes_nothing_by_any_key(qtbot, person, tmp_path):
    shown, dialog = person
    for key in (*ENTER, Qt.Key.Key_Space):
        press(qtbot, dialog, key)
    assert len(samples_of(tmp_path, "Ana")) == 3
    assert dialog.isVisible()  # a recording was heard
    assert shown.engine.facts.deed is None


@pytest.mark.parametrize("key", ENTER)
def test_enter_saves_the_name_and_ctrl_z_brings_the_old_one_back(key, qtbot, person, tmp_path):
    shown, dialog = person
    focus(qtbot, dialog.name_edit)
    dialog.name_edit.selectAll()
    qtbot.keyClicks(dialog.name_edit, "Anna")
    press(qtbot, dialog, key)
    qtbot.waitUntil(lambda: dialog.heading.text() == "Anna", timeout=LONG)
    assert dialog.isVisible()
    assert len(samples_of(tmp_path, "Anna")) == 3
    qtbot.waitUntil(lambda: dialog.toast.isVisible() and "Ana is called Anna now." in dialog.toast.text.text())
    assert dialog.name_edit.hasFocus()
    press(qtbot, dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog.heading.text() == "Ana", timeout=LONG)
    assert len(samples_of(tmp_path, "Ana")) == 3
    assert dialog.name_edit.text() == "Ana"
    qtbot.waitUntil(lambda: not dialog.toast.isVisible())
    assert shown.engine.facts.deed is None


def test_ctrl_z_in_the_field_undoes_what_is_being_typed_first(qtbot, person):
    shown, dialog = person
    focus(qtbot, dialog.name_edit)
    qtbot.keyClicks(dialog.name_edit, "x")
    press(qtbot, dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert dialog.name_edit.text() == "Ana"
    assert shown.engine.facts.deed is None


def test_enter_in_the_field_with_nothing_new_neither_renames_nor_closes(qtbot, person):
    shown, dialog = person
    focus(qtbot, dialog.name_edit)
    press(qtbot, dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.name_edit.setText("   ")
    press(qtbot, dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert shown.engine.facts.deed is None


@pytest.mark.parametrize("name", ["unknown", "Unknown \u0661", "Ann\u202ea"])
def test_a_name_that_passes_for_the_programs_word_is_refused_with_a_reason(name, qtbot, person, tmp_path):
    shown, dialog = person
    focus(qtbot, dialog.name_edit)
    dialog.name_edit.setText(name)
    press(qtbot, dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.message.isVisible)
    assert "choose another name" in dialog.message.text() or "nobody sees" in dialog.message.text()
    assert dialog.heading.text() == "Ana"
    assert len(samples_of(tmp_path, "Ana")) == 3
    assert shown.engine.facts.deed is None


def answer(box: QMessageBox, text: str):
    return next(button for button in box.buttons() if button.text() == text)


@pytest.mark.parametrize("way", ["Esc", "X", "Close"])
@pytest.mark.parametrize("said", [strings.SAVE, strings.DISCARD, strings.BACK])
def test_a_name_that_was_typed_is_not_lost_without_a_word(way, said, qtbot, person, tmp_path):
    _, dialog = person
    focus(qtbot, dialog.name_edit)
    dialog.name_edit.selectAll()
    qtbot.keyClicks(dialog.name_edit, "Anna")
    match way:
        case "Esc":
            press(qtbot, dialog, Qt.Key.Key_Escape)
        case "X":
            dialog.close()
        case "Close":
            qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
    box = dialog.question
    assert dialog.isVisible()
    assert "Ana would be called Anna" in box.informativeText()
    assert box.defaultButton().text() == strings.SAVE
    qtbot.mouseClick(answer(box, said), Qt.MouseButton.LeftButton)
    if said == strings.BACK:
        assert dialog.isVisible()
        assert dialog.name_edit.text() == "Anna"
    else:
        qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LONG)
    assert len(samples_of(tmp_path, "Anna" if said == strings.SAVE else "Ana")) == 3


def test_closing_with_nothing_typed_asks_nothing(qtbot, person):
    _, dialog = person
    press(qtbot, dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.question is None


def test_a_name_in_use_is_told_and_stays_to_be_mended(qtbot, person, encoder, tmp_path):
    from app.voiceprints.store import VoiceprintStore

    _, dialog = person
    with VoiceprintStore(tmp_path) as store:
        store.create("Ben")
    focus(qtbot, dialog.name_edit)
    dialog.name_edit.selectAll()
    qtbot.keyClicks(dialog.name_edit, "Ben")
    press(qtbot, dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.message.isVisible(), timeout=LONG)
    assert dialog.message.text().startswith("There is a Ben already")
    assert dialog.name_edit.text() == "Ben"


def test_the_keyboard_gets_everywhere_in_order_and_enter_presses_what_has_it(qtbot, person):
    _, dialog = person
    focus(qtbot, dialog.list)
    visited = []
    for _ in range(11):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget())
    expected = [dialog.play_button, dialog.remove_button, dialog.more_button, dialog.voice_line]
    expected += [dialog.learning.yes_button, dialog.learning.no_button, dialog.delete_button, dialog.close_button]
    assert visited[:8] == expected
    assert dialog.name_edit in visited
    assert dialog.list in visited
    focus(qtbot, dialog.delete_button)
    press(qtbot, dialog, Qt.Key.Key_Return)  # what has the keyboard, not the button that closes
    assert dialog.isVisible()
    assert dialog.question.text() == "Delete Ana?"
    dialog.question.reject()


# ---------------------------------------------------------------------------- an enrolment


@pytest.fixture
def enrolling(qtbot, theme):
    """enrolling(facts): the dialog while it records, at these facts, on an engine that stands still."""

    def make(facts: EnrolFacts) -> EnrolDialog:
        dialog = EnrolDialog(Still(NOBODY, Level()), theme)
        dialog.names.edit.setText("Ana")
        dialog.names.go_on()
        dialog.enrolment.facts = facts
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.draw_frame()
        return dialog

    return make


@pytest.mark.parametrize("way", ["Esc", "X", "Cancel"])
@pytest.mark.parametrize("said", [strings.KEEP_GOING, strings.DISCARD, "Enter", "Esc"])
def test_recordings_are_not_discarded_without_a_word(way, said, qtbot, enrolling):
    dialog = enrolling(READING)
    match way:
        case "Esc":
            press(qtbot, dialog, Qt.Key.Key_Escape)
        case "X":
            dialog.close()
        case "Cancel":
            qtbot.mouseClick(dialog.record.cancel_button, Qt.MouseButton.LeftButton)
    box = dialog.question
    assert dialog.isVisible()
    assert "1 recording" in box.informativeText()
    match said:
        case "Enter" | "Esc":
            press(qtbot, box, Qt.Key.Key_Return if said == "Enter" else Qt.Key.Key_Escape)
        case _:
            qtbot.mouseClick(answer(box, said), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.question is None)
    assert dialog.isVisible() is (said != strings.DISCARD)


def test_with_nothing_recorded_it_closes_at_once(qtbot, enrolling):
    dialog = enrolling(EnrolFacts("Ana", Step.READY))
    press(qtbot, dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_question_goes_when_there_is_nothing_to_discard_any_more(qtbot, enrolling):
    dialog = enrolling(READING)
    press(qtbot, dialog, Qt.Key.Key_Escape)
    dialog.enrolment.facts = EnrolFacts("Ana", Step.DONE, kept=3)
    dialog.draw_frame()
    qtbot.waitUntil(lambda: dialog.question is None)
    assert dialog.isVisible()
    press(qtbot, dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("key", [*ENTER, Qt.Key.Key_Space])
def test_enter_and_space_begin_to_read_but_press_a_button_that_has_the_keyboard(key, qtbot, enrolling, monkeypatch):
    began = []
    monkeypatch.setattr(Enrolment, "begin", lambda enrolment: began.append(True))
    dialog = enrolling(EnrolFacts("Ana", Step.READY))
    press(qtbot, dialog, key)
    assert began == [True]
    focus(qtbot, dialog.record.cancel_button)
    press(qtbot, dialog, key)
    assert not dialog.isVisible()
    assert began == [True]


# ---------------------------------------------------------------------------- the rest


def test_in_a_question_enter_and_esc_say_what_loses_nothing(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    said = []
    for key in (*ENTER, Qt.Key.Key_Escape):
        box = questions.ask(parent, "Sure?", "", go="Go", stay="Stay", then=lambda: said.append("go"))
        press(qtbot, box, key)
        qtbot.waitUntil(lambda box=box: not box.isVisible())
    assert said == []
    box = questions.ask(parent, "Sure?", "", go="Go", stay="Stay", then=lambda: said.append("go"), go_is_safe=True)
    press(qtbot, box, Qt.Key.Key_Return)
    assert said == ["go"]


def test_a_name_that_cannot_be_is_explained_and_can_be_mended(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    taken = []
    questions.ask_for_name(parent, taken.append)

    def dialog() -> QInputDialog:
        return next(d for d in parent.findChildren(QInputDialog) if d.isVisible())

    field = dialog().findChild(QLineEdit)
    qtbot.keyClicks(field, "x" * 121)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    message = next(box for box in parent.findChildren(QMessageBox) if box.isVisible())
    assert "120 characters" in message.text()
    press(qtbot, message, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(d.isVisible() for d in parent.findChildren(QInputDialog)))
    assert dialog().textValue() == "x" * 121
    field = dialog().findChild(QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "Zoe")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert taken == ["Zoe"]


def test_the_threshold_is_not_lost_by_esc_and_enter_closes(qtbot, theme):
    still = Still(LIVE, Level())
    chosen = []
    still.set_threshold = lambda threshold: chosen.append(threshold)
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
        dialog = ThresholdDialog(still, theme)
        qtbot.addWidget(dialog)
        dialog.show()
        focus(qtbot, dialog.slider)
        press(qtbot, dialog, Qt.Key.Key_Right)
        assert chosen[-1] == pytest.approx(0.51)  # it holds at once, and says so
        press(qtbot, dialog, key)
        assert not dialog.isVisible()
        assert len(chosen) == 1
        chosen.clear()


def test_every_button_of_every_dialog_has_a_name_for_a_screen_reader(qtbot, person, enrolling):
    from PySide6.QtWidgets import QAbstractButton

    _, dialog = person
    for shown in (dialog, enrolling(READING), Toast()):
        for button in shown.findChildren(QAbstractButton):
            assert button.text() or button.accessibleName(), button
    assert np.isfinite(dialog.width())


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, *ENTER])
def test_in_the_window_a_button_that_has_the_keyboard_is_pressed(key, qtbot, theme):
    still = Still(LIVE, Level())
    window = MainWindow(still, theme, find_microphones=list)
    qtbot.addWidget(window)
    window.show()
    added = []
    window.live.people.add.connect(lambda: added.append(True))
    focus(qtbot, window.live.people.add_button)
    press(qtbot, window, key)
    assert added == [True]
    assert "stop" not in still.asked  # which Space means elsewhere
    window.people_controller.dialog.reject()
