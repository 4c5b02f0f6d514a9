"""Exports in the window: which name the dialog gives, what is asked before a file is replaced, the clipboard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox, QWidget

from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.formats import write_export
from app.exports.reading import read_export
from app.window import strings
from app.window.dialogs import questions
from app.window.engine.file_analysis import FileAnalysis, FileFacts, Stage
from app.window.settings import Settings

WHATSAPP = "WhatsApp Audio 2024-05-01 at 10.15.30"
NAMES = [WHATSAPP, "talk", "2024.05.01 meeting", "Dr. Meyer interview", "v1.2", "talk.srt", "שיחה 1.5", "N" * 120]
TURNS = (
    Turn(0.5, 2.0, "Ana", confidence=0.9),
    Turn(2.5, 3.0, "Ana", confidence=0.9),
    Turn(3.0, 4.0, "Zoë", corrected=True),
)
NOISE = np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32)
FILTERS = list(strings.EXPORT_FILTERS.values())


@pytest.fixture
def asked(qtbot, tmp_path):
    """asked(name, *, chosen, typed, ending): the path that the dialog gives for what is done in it."""
    parent = QWidget()
    qtbot.addWidget(parent)

    def ask(name: str, *, chosen: str | None = None, typed: str | None = None, ending: str = "") -> Path:
        got: list[Path] = []
        dialog = questions.ask_where_to_export(parent, name, str(tmp_path), got.append, ending)
        if chosen is not None:
            dialog.selectNameFilter(strings.EXPORT_FILTERS[chosen])
            dialog.filterSelected.emit(strings.EXPORT_FILTERS[chosen])  # as the box does, when somebody chooses in it
        if typed is not None:
            dialog.findChild(QLineEdit).setText(typed)
        dialog.accept()
        qtbot.waitUntil(lambda: bool(got), timeout=5000)
        dialog.deleteLater()
        assert got[0].parent == tmp_path
        return got[0]

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_the_programs_own_proposal_can_be_saved(name, asked):
    proposed = asked(name)
    assert proposed.name == f"{name}.srt"
    write_export(proposed, Document(TURNS, "talk"))
    assert proposed.exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", strings.EXPORT_FILTERS)
def test_the_ending_follows_the_chosen_format(name, ending, asked):
    assert asked(name, chosen=ending).name == f"{name}.{ending}"
    assert asked(name, ending=ending).name == f"{name}.{ending}"  # the format that was saved last


@pytest.mark.parametrize(
    ("typed", "chosen", "final"),
    [
        ("mine", None, "mine.srt"),
        ("mine", "csv", "mine.csv"),
        ("10.15.30", "vtt", "10.15.30.vtt"),
        ("mine.srt", None, "mine.srt"),
        ("mine.vtt", None, "mine.vtt"),  # who types an ending means it
        ("mine.json", "csv", "mine.json"),
        ("mine.srt", "csv", "mine.csv"),  # but not the one that was proposed before
        ("mine.SRT", None, "mine.SRT"),
        ("mine.docx", "TextGrid", "mine.docx.TextGrid"),
        ("mine.textgrid", "TextGrid", "mine.textgrid"),
    ],
)
def test_a_name_that_is_typed(typed, chosen, final, asked):
    assert asked(WHATSAPP, typed=typed, chosen=chosen).name == final


@pytest.fixture
def analysed(window, tmp_path):
    """A file of three turns as if its analysis were over."""
    recording = tmp_path / f"{WHATSAPP}.opus"
    recording.write_bytes(b"sound")
    shown, analysis = window(NOISE), FileAnalysis(recording)
    shown.pages.setCurrentWidget(shown.file)
    shown.file.open(analysis)
    analysis.facts = FileFacts(recording, Stage.DONE, 5.0, 5.0, TURNS, ("Ana", "Zoë"))
    shown.file.draw_frame()
    return shown


def choose(monkeypatch, path: Path) -> None:
    """Whatever dialog opens next, this path is chosen in it."""
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(path)))


def question(shown) -> QMessageBox | None:
    return next((box for box in shown.findChildren(QMessageBox) if box.isVisible()), None)


def saved(qtbot, shown, path: Path) -> None:
    qtbot.waitUntil(path.exists, timeout=20_000)
    qtbot.waitUntil(
        lambda: bool(shown.engine.facts.notice) and "Saved" in shown.engine.facts.notice.text, timeout=20_000
    )


def test_who_spoke_when_of_a_file_is_saved_with_all_that_is_known(analysed, qtbot, monkeypatch, tmp_path):
    choose(monkeypatch, tmp_path / "talk.json")
    analysed.exports.export()
    saved(qtbot, analysed, tmp_path / "talk.json")
    document = json.loads((tmp_path / "talk.json").read_text())
    assert (document["file"], document["duration_s"]) == (WHATSAPP, 5.0)
    assert [(turn["label"], turn["confidence"], turn["corrected"]) for turn in document["turns"]] == [
        ("Ana", 0.9, False), ("Ana", 0.9, False), ("Zoë", None, True),
    ]  # fmt: skip
    assert tuple(read_export(tmp_path / "talk.json").turns) == TURNS


def test_replacing_is_asked_for_the_final_name(analysed, qtbot, monkeypatch, tmp_path):
    there, other = tmp_path / "10.15.30.srt", tmp_path / "10.15.30"
    there.write_text("mine")
    other.write_text("not meant")
    choose(monkeypatch, other)
    analysed.exports.export()
    assert there.name in question(analysed).text()
    question(analysed).defaultButton().click()  # Cancel
    assert there.read_text() == "mine"
    analysed.exports.export()
    next(button for button in question(analysed).buttons() if button.text() == strings.REPLACE).click()
    qtbot.waitUntil(lambda: there.read_text() != "mine", timeout=20_000)
    assert other.read_text() == "not meant"


def test_the_recording_is_refused_and_not_asked_about(analysed, monkeypatch, tmp_path):
    recording = analysed.file.analysis.facts.path
    (tmp_path / "link.srt").symlink_to(recording)
    choose(monkeypatch, tmp_path / "link.srt")
    analysed.exports.export()
    assert question(analysed) is None
    assert "the recording" in analysed.engine.facts.notice.text
    assert not analysed.engine.facts.notice.good
    assert recording.read_bytes() == b"sound"


def test_short_pauses_are_joined_where_people_read_unless_they_say_no(analysed, qtbot, monkeypatch, tmp_path):
    merge = next(action for action in analysed.menus.exports.actions() if action.isCheckable())
    for number, (wanted, ending, count) in enumerate(
        [(True, "srt", 2), (True, "csv", 3), (False, "srt", 3), (False, "csv", 3)]
    ):
        merge.setChecked(wanted)
        path = tmp_path / f"{number}.{ending}"
        choose(monkeypatch, path)
        analysed.exports.export()
        saved(qtbot, analysed, path)
        assert path.read_text(encoding="utf-8").count("Ana") + path.read_text(encoding="utf-8").count("Zoë") == count


def test_it_is_copied_as_text(analysed):
    analysed.exports.copy()
    assert QGuiApplication.clipboard().text() == "0:00\u20130:03  Ana\n0:03\u20130:04  Zoë\n"
    assert analysed.engine.facts.notice.text == "Copied as text: 2 turns."


def test_format_and_choice_are_remembered(tmp_path):
    settings = Settings(tmp_path)
    assert settings.merge_gaps
    assert settings.export_ending == ""
    settings.merge_gaps, settings.export_ending = False, "TextGrid"
    again = Settings(tmp_path)
    assert (again.merge_gaps, again.export_ending) == (False, "TextGrid")
