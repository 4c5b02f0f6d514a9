"""What is said of a voice beside the name, by hand."""

from __future__ import annotations

import pytest

from app.voiceprints.looks.appearance import appearance_of
from app.voiceprints.store import VoiceprintStore
from app.window import strings

LONG = 180_000


@pytest.mark.parametrize("gender", ["male", "hidden"])
def test_what_is_said_of_a_voice_is_chosen_by_hand_and_can_be_undone(gender, qtbot, person, tmp_path):
    shown, dialog = person
    menu = dialog.voice_line
    assert menu.currentText() == strings.VOICE_LINES[None]
    menu.setCurrentIndex(menu.findData(gender))
    menu.activated.emit(menu.currentIndex())
    qtbot.waitUntil(lambda: shown.engine.facts.genders.get("Ana") == gender, timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert appearance_of(store, "Ana").gender == gender
    qtbot.waitUntil(lambda: dialog.toast.isVisible(), timeout=LONG)
    dialog.undo()
    qtbot.waitUntil(lambda: menu.currentText() == strings.VOICE_LINES[None], timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert appearance_of(store, "Ana").gender is None
