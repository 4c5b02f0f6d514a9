"""An export replaces no recording, nothing that the program keeps, and no other file without a word."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.engine.edits import turns as jobs
from tests.support.file_pages import LONG, NOISE, export
from utils import write_wav


@pytest.mark.parametrize(
    "there", ["recording.srt", "link.srt", "speakers/001.csv", "corrections/ab.json", "voiceprints.csv"]
)
def test_the_recording_and_what_the_program_keeps_are_never_replaced(there, qtbot, window, tmp_path):
    """A recording may have any ending; here it has one of an export."""
    recording = tmp_path / "recording.srt"
    write_wav(tmp_path / "sound.wav", NOISE)
    (tmp_path / "sound.wav").rename(recording)
    (tmp_path / "link.srt").symlink_to(recording)
    before = recording.read_bytes()
    shown = window(NOISE)
    shown.engine.submit(jobs.export(tmp_path / there, [Turn(0, 1, "Ana")], "talk", recording))
    qtbot.waitUntil(lambda: shown.engine.facts.notice is not None, timeout=LONG)
    assert not shown.engine.facts.notice.good
    assert there in shown.engine.facts.notice.text
    assert recording.read_bytes() == before
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Ana" in path.read_bytes()]


@pytest.mark.parametrize("said", [strings.REPLACE, strings.CANCEL])
def test_a_name_that_gets_an_ending_replaces_no_file_unasked(said, analysed, qtbot, monkeypatch, tmp_path):
    there = tmp_path / "talk.v2.srt"
    there.write_text("mine")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(tmp_path / "talk.v2")))
    analysed.exports.export()
    box = next(box for box in analysed.findChildren(QMessageBox) if box.isVisible())
    assert "talk.v2.srt" in box.text()
    assert box.defaultButton().text() == strings.CANCEL
    next(button for button in box.buttons() if button.text() == said).click()
    if said == strings.REPLACE:
        qtbot.waitUntil(lambda: there.read_text() != "mine", timeout=LONG)
    else:
        qtbot.wait(100)
        assert there.read_text() == "mine"


def test_a_name_without_an_ending_gets_one_and_trouble_is_one_line(analysed, tmp_path, qtbot):
    assert "talk.srt" in export(analysed, tmp_path / "talk", qtbot)
    assert (tmp_path / "talk.srt").exists()
    (tmp_path / "file").write_text("")
    line = export(analysed, tmp_path / "file" / "talk.csv", qtbot)
    assert "Saved" not in line
    assert "\n" not in line


def test_the_session_is_saved_like_a_file(qtbot, window, voice, monkeypatch, tmp_path):
    shown = window(voice("Ana"))
    shown.start()
    qtbot.waitUntil(lambda: bool(shown.engine.facts.turns), timeout=LONG)
    shown.toggle()
    shown.draw_frame()
    assert shown.menus.export.isEnabled()
    chosen = tmp_path / "session.csv"
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(chosen)))
    shown.menus.export.trigger()
    qtbot.waitUntil(lambda: "session.csv" in shown.status.text, timeout=LONG)
    assert "microphone" in chosen.read_text()
