"""What can be undone in the window, and when that is over; the window closes when it has erased what it owes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from app.diarisation.timeline import Turn
from app.voiceprints.recordings import samples_of
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.engine.edits.turns import enrol_from_turn
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.view.toast import SHOWN_S
from tests.window.conftest import enrol
from tests.window.test_dialog_keys import answer, press
from utils import HeardError

LONG = 180_000
CTRL = Qt.KeyboardModifier.ControlModifier
NOISE = np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32)


def known(data) -> list[str]:
    with VoiceprintStore(data) as store:
        return store.people()


def deed(shown, text: str = "Something was done.", erase=None) -> list[str]:
    """Something is done in the engine's thread; returns what becomes of it."""
    log: list[str] = []

    def erased() -> None:
        if erase:
            erase()
        log.append("erased")

    shown.engine.submit(lambda context: context.undo.did(text, lambda: log.append("undone"), erased))
    return log


# ---------------------------------------------------------------------------- the toast


def test_the_toast_comes_is_told_to_a_screen_reader_and_undoes(qtbot, window, monkeypatch):
    told = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: told.append(event.message()))
    shown = window(NOISE)
    log, toast = deed(shown, "Clara was deleted."), shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    assert toast.text.text() == "Clara was deleted."
    assert told == ["Clara was deleted. Undo (Ctrl+Z)"]
    assert toast.accessibleName() == "Clara was deleted."
    assert shown.rect().contains(toast.geometry())
    qtbot.mouseClick(toast.undo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: log == ["undone"], timeout=LONG)
    qtbot.waitUntil(lambda: not toast.isVisible())
    assert not shown.menus.undo.isEnabled()


def test_ctrl_z_undoes_wherever_the_keyboard_is(qtbot, window):
    shown = window(NOISE)
    log = deed(shown)
    qtbot.waitUntil(shown.menus.undo.isEnabled, timeout=LONG)
    press(qtbot, shown, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: log == ["undone"], timeout=LONG)


def test_when_its_time_is_over_it_is_erased_and_cannot_be_undone(qtbot, window):
    shown = window(NOISE)
    log, toast = deed(shown), shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    toast.advance(SHOWN_S - 1)
    assert log == []
    toast.advance(2)
    qtbot.waitUntil(lambda: log == ["erased"], timeout=LONG)
    assert not toast.isVisible()
    qtbot.waitUntil(lambda: not shown.menus.undo.isEnabled())


def test_sent_away_it_is_erased_at_once(qtbot, window):
    shown = window(NOISE)
    log, toast = deed(shown), shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    assert toast.close_button.accessibleName() == strings.UNDO_OVER_TIP
    qtbot.mouseClick(toast.close_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: log == ["erased"], timeout=LONG)


def test_while_somebody_is_on_it_its_time_waits(qtbot, window):
    shown = window(NOISE)
    log, toast = deed(shown), shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    shown.activateWindow()
    toast.undo_button.setFocus()
    toast.advance(SHOWN_S + 1)
    assert toast.isVisible()
    qtbot.keyClick(toast.undo_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: log == ["undone"], timeout=LONG)


@pytest.mark.parametrize("size", [(720, 480), (1080, 760)])
def test_a_long_name_stays_inside_the_window(size, qtbot, window):
    shown = window(NOISE)
    shown.resize(*size)
    deed(shown, f"{'Maximiliane Freifrau von Hohenstein-Wittgenberg ' * 3}was deleted.")
    toast = shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    assert shown.rect().contains(toast.geometry())
    assert toast.text.height() >= toast.text.heightForWidth(toast.text.width())
    assert shown.width() == size[0]


def test_erasing_that_fails_is_told(qtbot, window):
    def fail() -> None:
        raise HeardError("the disk is full: free some space.")

    shown = window(NOISE)
    deed(shown, erase=fail)
    toast = shown.undo.toast
    qtbot.waitUntil(toast.isVisible, timeout=LONG)
    toast.advance(SHOWN_S + 1)
    qtbot.waitUntil(lambda: "The disk is full" in shown.status.text, timeout=LONG)
    assert shown.engine.facts.owed


# ---------------------------------------------------------------------------- closing


def test_the_window_closes_when_it_has_erased(qtbot, window):
    shown = window(NOISE)
    log = deed(shown)
    qtbot.waitUntil(shown.undo.toast.isVisible, timeout=LONG)
    press(qtbot, shown, Qt.Key.Key_Q, CTRL)
    qtbot.waitUntil(lambda: not shown.isVisible(), timeout=LONG)
    assert log == ["erased"]
    assert shown.engine.join(20)


@pytest.mark.parametrize("said", [strings.STAY, strings.CLOSE_ANYWAY])
def test_what_could_not_be_erased_is_told_before_it_closes(said, qtbot, window):
    def fail() -> None:
        raise HeardError("the disk is full: free some space.")

    shown = window(NOISE)
    deed(shown, erase=fail)
    qtbot.waitUntil(shown.undo.toast.isVisible, timeout=LONG)
    shown.close()
    qtbot.waitUntil(lambda: shown.closing.question is not None, timeout=LONG)
    box = shown.closing.question
    assert "The disk is full" in box.informativeText()
    assert box.defaultButton().text() == strings.STAY
    qtbot.mouseClick(answer(box, said), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.isVisible() is (said == strings.STAY))


def test_told_to_end_by_the_system_it_asks_nobody(qtbot, window, capsys):
    def fail() -> None:
        raise HeardError("the disk is full: free some space.")

    shown = window(NOISE)
    shown.engine.context.board.update(corrected=2)
    deed(shown, erase=fail)
    qtbot.waitUntil(shown.undo.toast.isVisible, timeout=LONG)
    shown.closing.close_unasked()
    qtbot.waitUntil(lambda: not shown.isVisible(), timeout=LONG)
    assert shown.closing.question is None
    assert "the disk is full" in capsys.readouterr().err


@pytest.mark.parametrize("said", [strings.STAY, strings.CLOSE_WINDOW, "Enter", "Esc"])
def test_a_file_that_is_being_analysed_is_not_lost_without_a_word(said, qtbot, window, demo_dir):
    shown, analysis = window(NOISE), FileAnalysis(demo_dir / "conversation.flac")
    analysis.facts = FileFacts(analysis.facts.path, Stage.ANALYSING, 60.0, 20.0)
    shown.file.open(analysis)
    shown.close()
    box = shown.closing.question
    assert shown.isVisible()
    assert "conversation.flac" in box.informativeText()
    if said in ("Enter", "Esc"):
        press(qtbot, box, Qt.Key.Key_Return if said == "Enter" else Qt.Key.Key_Escape)
    else:
        qtbot.mouseClick(answer(box, said), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.isVisible() is (said != strings.CLOSE_WINDOW), timeout=LONG)
    if said != strings.CLOSE_WINDOW:
        shown.close()
        assert shown.closing.question is not None  # it asks again
        analysis.facts = FileFacts(analysis.facts.path, Stage.DONE)
        shown.closing.question.reject()
    shown.close()
    assert not shown.isVisible()


# ---------------------------------------------------------------------------- what is undone


def test_a_voice_that_was_learned_by_mistake_is_forgotten_again(qtbot, window, voice, encoder, tmp_path):
    shown = window(voice("Ana"))
    engine = shown.engine
    engine.context.session.encoder = encoder
    engine.sound.recent.add(voice("Ana"), 0.0)
    turn = Turn(0.0, 6.0, "unknown")
    engine.context.session.turns = lambda: [turn]
    engine.submit(enrol_from_turn(turn, "Ben"))
    qtbot.waitUntil(lambda: engine.facts.turns == (Turn(0.0, 6.0, "Ben"),), timeout=LONG)
    assert known(tmp_path) == ["Ben"]
    assert engine.facts.corrected == 1
    qtbot.waitUntil(shown.menus.undo.isEnabled, timeout=LONG)
    press(qtbot, shown, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: engine.facts.turns == (turn,), timeout=LONG)
    assert known(tmp_path) == []
    assert samples_of(tmp_path, "Ben") == []
    assert engine.facts.corrected == 0
    assert shown.close()


def test_more_of_a_known_voice_is_taken_back_alone(qtbot, person, voice, encoder, tmp_path):
    shown, dialog = person
    dialog.reject()
    engine = shown.engine
    engine.sound.recent.add(voice("Ana"), 0.0)
    turn = Turn(0.0, 6.0, "unknown")
    engine.context.session.turns = lambda: [turn]
    engine.submit(enrol_from_turn(turn, "Ana"))
    qtbot.waitUntil(lambda: len(samples_of(tmp_path, "Ana")) == 4, timeout=LONG)
    qtbot.waitUntil(shown.menus.undo.isEnabled, timeout=LONG)
    press(qtbot, shown, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: len(samples_of(tmp_path, "Ana")) == 3, timeout=LONG)
    qtbot.waitUntil(lambda: engine.facts.turns == (turn,), timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert len(store.samples("Ana", encoder.sha256)) == 3


# ---------------------------------------------------------------------------- two programs


def test_what_another_program_does_to_people_is_seen_within_a_second(qtbot, person, encoder, voice, tmp_path):
    from app.voiceprints.people import delete_person, rename_person

    shown, dialog = person
    turns = [Turn(0.0, 4.0, "Ana"), Turn(5.0, 7.0, "Zoe")]
    shown.engine.context.session.turns = lambda: turns
    qtbot.waitUntil(lambda: shown.engine.facts.people_read > 0 or shown.undo._looking is not None, timeout=LONG)
    qtbot.waitUntil(lambda: shown.undo._looking.over, timeout=LONG)
    enrol(tmp_path, encoder, "Ben", [voice("Ben")[:80_000]])
    qtbot.waitUntil(lambda: [p.name for p in shown.state.people] == ["Ana", "Ben"], timeout=5000)
    with VoiceprintStore(tmp_path) as store:
        rename_person(store, "Ana", "Anna")
    qtbot.waitUntil(lambda: dialog.heading.text() == "Anna", timeout=5000)
    qtbot.waitUntil(lambda: [p.name for p in shown.state.people] == ["Anna", "Ben"], timeout=5000)
    assert [turn.label for turn in shown.engine.facts.turns] == ["Anna", "Zoe"]
    with VoiceprintStore(tmp_path) as store:
        delete_person(store, "Anna")
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=5000)
    qtbot.waitUntil(lambda: [p.name for p in shown.state.people] == ["Ben"], timeout=5000)
    assert [turn.label for turn in shown.engine.facts.turns] == ["unknown", "Zoe"]


def test_whoever_is_deleted_elsewhere_is_not_named_any_more(qtbot, window, voice, encoder, tmp_path):
    from app.voiceprints.people import delete_person

    enrol(tmp_path, encoder, "Ana", [voice("Ana")[:160_000]])
    shown = window(voice("Ana"))
    shown.engine.context.session.encoder = encoder
    shown.start()
    qtbot.waitUntil(lambda: shown.state.speaker.title == "Ana", timeout=LONG)
    qtbot.waitUntil(lambda: shown.undo._looking is not None and shown.undo._looking.over, timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        delete_person(store, "Ana")
    qtbot.waitUntil(lambda: shown.state.nobody, timeout=5000)
    qtbot.waitUntil(lambda: shown.state.speaker.title not in ("Ana", strings.A_VOICE), timeout=5000)
    seen = set()
    for _ in range(10):
        qtbot.wait(50)
        seen |= {shown.state.speaker.title, shown.engine.facts.last_speaker}
        seen |= {lane.label for lane in shown.state.scene.lanes}
    assert "Ana" not in seen


def test_two_windows_on_one_data_folder_follow_each_other(qtbot, person, window, tmp_path):
    first, dialog = person
    second = window(NOISE)
    second.engine.context.session.encoder = first.engine.context.session.encoder
    second.people_controller.open("Ana")
    other = second.people_controller.dialog
    qtbot.waitUntil(lambda: other.list.count() == 3, timeout=LONG)
    dialog.list.setCurrentRow(0)
    qtbot.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.list.count() == 2, timeout=LONG)
    qtbot.waitUntil(lambda: other.list.count() == 2, timeout=5000)
    assert not other.toast.isVisible()  # it was not done here
    qtbot.mouseClick(dialog.toast.undo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: other.list.count() == 3, timeout=LONG)
    other.delete()
    qtbot.mouseClick(answer(other.question, strings.DELETE_YES), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LONG)
    qtbot.waitUntil(lambda: first.state.nobody, timeout=5000)
    qtbot.mouseClick(second.undo.toast.undo_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [p.name for p in first.state.people] == ["Ana"], timeout=LONG)
    assert len(samples_of(tmp_path, "Ana")) == 3
