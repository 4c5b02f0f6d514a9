"""Help, About: which program this is, whose work is in it, and where people's data are."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.about import VERSION, credits_of_models
from app.window.dialogs.questions import show_about


def test_about_says_version_licence_credits_and_where_the_data_are(qtbot, tmp_path: Path):
    parent = QWidget()
    qtbot.addWidget(parent)
    box = show_about(parent, tmp_path)
    said = f"{box.text()}\n{box.informativeText()}"
    for wanted in (f"Heard {VERSION}", "Apache-2.0", "NOTICE", "LibriSpeech (CC BY 4.0)", "SpeechBrain", str(tmp_path)):
        assert wanted in said
    box.close()


def test_every_corpus_of_the_cards_is_credited_once():
    found = credits_of_models()
    assert len(found) == len(set(found)) >= 10
    assert any(one.startswith("VoxCeleb") for one in found)
