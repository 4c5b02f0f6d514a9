"""Names for a transcript in the window: of the file that is open, with its corrections, never in the place of what is
read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from tests.window.test_export_flow import NOISE

TURNS = (Turn(0.5, 3.0, "Ana"), Turn(3.0, 6.0, "Zoë", corrected=True))
SRT = "1\r\n00:00:00,500 --> 00:00:06,000\r\nIs this my part? And this one is mine.\r\n"


@pytest.fixture
def shown(window, tmp_path):
    """A file of two turns as if its analysis were over, and a transcript of it."""
    recording = tmp_path / "talk.opus"
    recording.write_bytes(b"sound")
    (tmp_path / "talk.srt").write_bytes(SRT.encode())
    made, analysis = window(NOISE), FileAnalysis(recording)
    made.pages.setCurrentWidget(made.file)
    made.file.open(analysis)
    analysis.facts = FileFacts(recording, Stage.DONE, 6.0, 6.0, TURNS, ("Ana", "Zoë"))
    made.file.draw_frame()
    return made


def choose(monkeypatch, *paths: Path) -> None:
    """The dialogs that open next: these paths are chosen in them, one after another."""
    left = list(paths)
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(left.pop(0))))


def said(shown) -> str:
    return shown.engine.facts.notice.text if shown.engine.facts.notice else ""


def test_the_names_on_the_page_are_put_in(shown, qtbot, monkeypatch, tmp_path):
    action = shown.menus.label_transcript
    assert action.text() == strings.TRANSCRIPT_ACTION
    choose(monkeypatch, tmp_path / "talk.srt", out := tmp_path / "talk.speakers.srt")
    shown.transcripts.label()
    qtbot.waitUntil(lambda: "Saved" in said(shown), timeout=20_000)
    assert out.read_bytes().decode() == (
        "1\r\n00:00:00,500 --> 00:00:03,000\r\nAna: Is this my part?\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:06,000\r\nZoë: And this one is mine.\r\n"
    )


def test_a_name_is_proposed_and_replacing_is_asked_for(shown, qtbot, monkeypatch, tmp_path):
    proposed = []

    def answer(dialog: QFileDialog) -> None:
        if dialog.acceptMode() == QFileDialog.AcceptMode.AcceptOpen:
            dialog.fileSelected.emit(str(tmp_path / "talk.srt"))
        else:
            proposed.append(Path(dialog.selectedFiles()[0]).name)
            dialog.fileSelected.emit(str(tmp_path / "mine.srt"))

    monkeypatch.setattr(QFileDialog, "open", answer)
    (tmp_path / "mine.srt").write_text("mine")
    shown.transcripts.label()
    assert proposed == ["talk.speakers.srt"]
    box = next(box for box in shown.findChildren(QMessageBox) if box.isVisible())
    assert "mine.srt" in box.text()
    assert (tmp_path / "mine.srt").read_text() == "mine"
    next(button for button in box.buttons() if button.text() == strings.REPLACE).click()
    qtbot.waitUntil(lambda: "Ana: " in (tmp_path / "mine.srt").read_text(encoding="utf-8"), timeout=20_000)


@pytest.mark.parametrize("out", ["talk.srt", "talk.opus"])
def test_what_is_read_is_never_replaced(shown, monkeypatch, tmp_path, out):
    choose(monkeypatch, tmp_path / "talk.srt", tmp_path / out)
    shown.transcripts.label()
    assert not shown.engine.facts.notice.good
    assert out in said(shown)
    assert (tmp_path / "talk.srt").read_bytes() == SRT.encode()


def test_what_is_no_transcript_is_said(shown, qtbot, monkeypatch, tmp_path):
    (tmp_path / "notes.txt").write_text("Some notes")
    choose(monkeypatch, tmp_path / "notes.txt", tmp_path / "out.txt")
    shown.transcripts.label()
    qtbot.waitUntil(lambda: "not a transcript" in said(shown), timeout=20_000)
    assert not (tmp_path / "out.txt").exists()


def test_a_file_must_be_analysed_first(window, shown):
    shown.file.analysis.facts = FileFacts(shown.file.analysis.facts.path, Stage.ANALYSING, 6.0, 3.0)
    shown.transcripts.label()
    assert said(shown) == strings.TRANSCRIPT_WAIT
