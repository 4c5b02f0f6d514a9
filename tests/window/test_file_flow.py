"""A file in the window: opened or dropped, analysed, heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.demo import DEMO, agreement
from app.diarisation.rttm import read_rttm
from app.window import strings
from app.window.engine.facts import Phase
from app.window.engine.file_analysis import FileFacts, Stage
from app.window.file_page import describe
from tests.support.file_pages import LONG, NOISE, drop
from utils import write_wav


def test_a_dropped_file_is_analysed_and_the_whole_of_it_is_on_the_timeline(qtbot, window):
    shown = window(NOISE, demo=True)
    drop(shown, DEMO / "conversation.flac")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    facts = shown.file.analysis.facts
    assert facts.stage is Stage.DONE
    assert agreement(read_rttm(DEMO / "conversation.rttm"), facts.turns, unknown={"Stranger"})["right"] > 0.9
    timeline = shown.file.panel.timeline
    assert timeline.viewport.span_s == pytest.approx(facts.duration_s)
    assert {lane.label for lane in timeline.scene.lanes} >= {"Ana", "Ben", "Colin"}
    assert timeline.mel.picture(0, facts.duration_s, 100).max() > 100
    assert not shown.file.progress.isVisible()
    assert shown.pages.currentWidget() is shown.file


def test_another_file_is_not_opened_in_the_middle_of_one_without_a_word(qtbot, window, tmp_path):
    for name in ("long", "other"):
        write_wav(tmp_path / f"{name}.wav", np.tile(NOISE, 60 if name == "long" else 1))
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "long.wav")
    first = shown.file.analysis
    drop(shown, tmp_path / "other.wav")
    box = shown.file_controller.question
    assert box.text() == "Open other.wav?"
    assert "long.wav is still being analysed" in box.informativeText()
    assert box.defaultButton().text() == strings.STAY
    drop(shown, tmp_path / "other.wav")
    assert shown.file_controller.question is box
    box.defaultButton().click()
    assert shown.file.analysis is first
    qtbot.waitUntil(lambda: first.facts.done_s > 5, timeout=LONG)

    drop(shown, tmp_path / "other.wav")
    next(b for b in shown.file_controller.question.buttons() if b.text() == strings.OPEN_ANYWAY).click()
    qtbot.waitUntil(lambda: shown.file.analysis.facts.path.name == "other.wav", timeout=LONG)
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    assert shown.file_controller.question is None
    shown.file_controller.open(tmp_path / "long.wav")  # nothing is lost now
    assert shown.file.analysis.facts.path.name == "long.wav"


def test_a_recording_that_was_never_closed_is_heard_to_its_end(qtbot, window, tmp_path):
    write_wav(tmp_path / "crash.wav", NOISE)
    data = bytearray((tmp_path / "crash.wav").read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    (tmp_path / "crash.wav").write_bytes(data)
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "crash.wav")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    facts = shown.file.analysis.facts
    assert (facts.stage, facts.said_s) == (Stage.DONE, None)
    assert facts.duration_s == pytest.approx(len(NOISE) / 16_000, abs=0.05)
    assert facts.notices == ()


def test_a_recording_that_breaks_off_says_so(qtbot, window, tmp_path):
    write_wav(tmp_path / "cut.wav", np.tile(NOISE, 2))
    data = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(data[: len(data) // 2])
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "cut.wav")
    qtbot.waitUntil(lambda: shown.file.analysis.over, timeout=LONG)
    shown.file.draw_frame()
    seconds = len(NOISE) / 16_000
    said = f"Damaged audio (the header says {2 * seconds:.1f} s, {seconds:.1f} s were heard)."
    assert shown.file.note.text().startswith(said)
    assert shown.file.analysis.facts.duration_s == pytest.approx(seconds, abs=0.05)


def test_of_an_unknown_length_nothing_is_claimed():
    path = Path("talk.wav")
    assert describe(FileFacts(path, Stage.ANALYSING, None, 4.0)) == "Analysing: 0:04"
    assert "of 1:07" in describe(FileFacts(path, Stage.ANALYSING, 67.0, 4.0))
    wrong = FileFacts(path, Stage.ANALYSING, 67.0, 80.0)  # more came than the header said
    assert (describe(wrong), wrong.share) == ("Analysing: 1:20", None)
    assert wrong.duration_s >= 80.0
    assert describe(FileFacts(path, Stage.STOPPED, None, 4.0)).startswith("Stopped at 0:04,")


def test_progress_is_shown_and_it_can_be_stopped(qtbot, window, tmp_path):
    write_wav(tmp_path / "long.wav", np.tile(NOISE, 60))
    shown = window(NOISE)
    shown.file_controller.open(tmp_path / "long.wav")
    assert shown.file.progress.isVisible()
    qtbot.waitUntil(lambda: 0 < shown.file.progress.value() < 1000, timeout=LONG)
    assert "Analysing: 0:" in shown.file.note.text()
    qtbot.mouseClick(shown.file.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Stopped at" in shown.file.note.text(), timeout=LONG)
    assert shown.file.analysis.facts.done_s < 590


@pytest.mark.parametrize("name", ["notes.txt", "nothing-here.wav", "a folder"])
def test_what_is_no_audio_is_said(name, qtbot, window, tmp_path):
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "a folder").mkdir()
    shown = window(NOISE)
    drop(shown, tmp_path / name)
    qtbot.waitUntil(lambda: shown.file.analysis.facts.stage is Stage.FAILED, timeout=LONG)
    shown.file.draw_frame()
    assert name in shown.file.note.text()
    assert not shown.file.play_button.isEnabled()


def test_a_piece_is_heard_and_the_cursor_moves(analysed, player):
    page, (_, turn) = analysed.file, analysed.file.panel.timeline.scene.turns[1]
    page.panel.timeline.played.emit(turn)
    assert len(player.pieces[-1]) == pytest.approx(16_000 * (turn.duration_s + 0.3), abs=100)
    player.position_s = 1.0
    page.draw_frame()
    assert page.panel.timeline.cursor_s == pytest.approx(turn.start_s - 0.15 + 1.0)
    analysed.toggle()  # the space bar
    assert not player.playing
    page.draw_frame()
    analysed.toggle()
    assert len(player.pieces[-1]) == pytest.approx(
        16_000 * (page.analysis.facts.duration_s - turn.start_s - 0.85), abs=100
    )


def test_a_click_where_nobody_speaks_sets_the_cursor(analysed, player):
    page = analysed.file
    page.panel.timeline.sought.emit(12.5)
    page.draw_frame()
    assert page.panel.timeline.cursor_s == 12.5
    analysed.toggle()
    page.draw_frame()
    assert page.panel.timeline.cursor_s == pytest.approx(12.5)


def test_back_to_the_microphone_listening_goes_on(qtbot, window, voice, demo_dir):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.identification is not None, timeout=LONG)
    shown.file_controller.open(demo_dir / "conversation.flac")
    assert not shown.engine.facts.running
    qtbot.waitUntil(lambda: shown.file.analysis.facts.done_s > 1, timeout=LONG)
    qtbot.mouseClick(shown.file.close_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.engine.facts.phase is Phase.LISTENING, timeout=LONG)
    assert shown.pages.currentWidget() is shown.live
