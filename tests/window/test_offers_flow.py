"""A person's page asks once for consent, and offers speech to hear, to add, to dismiss; a badge says that there is."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt

from app.audio.reading.reader import read_audio
from app.voiceprints.offers import answer_consent, consent_of, keep_offer
from app.voiceprints.recordings import Note, samples_of
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.view.view_state import PersonView
from tests.support.demo_data import enrol_demo

LONG = 60_000


@pytest.fixture
def shown(window, encoder, demo_dir, tmp_path):
    """A window with the demo's people, and something offered to Ana."""
    enrol_demo(tmp_path, encoder, demo_dir)
    with VoiceprintStore(tmp_path) as store:
        answer_consent(store, "Ana", may_keep=True, day="2026-01-31")
        note = Note("Ana", "2026-02-01T10:00:00+01:00", device="Headset")
        sound = read_audio(demo_dir / "conversation.flac", start_s=30.0, end_s=35.0)
        keep_offer(store, store.find("Ana").id, sound, note, 4.5)
    return window(read_audio(demo_dir / "conversation.flac", end_s=1.0))


def page(qtbot, window, name: str):
    window.people_controller.open(name)
    dialog = window.people_controller.dialog
    qtbot.waitUntil(lambda: bool(dialog.learning.question.text()), timeout=LONG)
    return dialog


def click(qtbot, button) -> None:
    qtbot.waitUntil(button.isVisible, timeout=LONG)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_consent_is_asked_once_and_can_be_withdrawn(qtbot, shown, tmp_path):
    dialog = page(qtbot, shown, "Ben")
    assert "May Heard keep speech that is surely Ben\u2019s" in dialog.learning.question.text()
    click(qtbot, dialog.learning.yes_button)
    today = date.today().isoformat()
    qtbot.waitUntil(lambda: f"Since {today}" in dialog.learning.question.text(), timeout=LONG)
    assert not dialog.learning.yes_button.isVisible()
    click(qtbot, dialog.learning.no_button)
    qtbot.waitUntil(lambda: "keeps no speech of Ben" in dialog.learning.question.text(), timeout=LONG)
    with VoiceprintStore(tmp_path) as store:
        assert consent_of(store, "Ben").may_keep is False


def test_an_offer_is_added_and_the_page_says_where_the_person_is_known(qtbot, shown, tmp_path):
    dialog = page(qtbot, shown, "Ana")
    assert "Known on file (" in dialog.summary.text()
    (row,) = dialog.learning.rows
    assert row.detail.text().startswith("2026-02-01")
    assert "Headset" in row.play_button.accessibleName()
    before = len(samples_of(tmp_path, "Ana"))
    click(qtbot, row.add_button)
    qtbot.waitUntil(lambda: "Headset (2026-02-01)" in dialog.summary.text(), timeout=LONG)
    assert not dialog.learning.rows
    assert len(samples_of(tmp_path, "Ana")) == before + 1
    dialog.undo()
    qtbot.waitUntil(lambda: len(dialog.learning.rows) == 1, timeout=LONG)
    click(qtbot, dialog.learning.rows[0].dismiss_button)
    qtbot.waitUntil(lambda: not dialog.learning.rows, timeout=LONG)
    assert len(samples_of(tmp_path, "Ana")) == before


def test_the_list_has_a_badge_and_says_it(qtbot, shown):
    shown.engine.start()
    qtbot.waitUntil(lambda: bool(shown.state.people and shown.state.people[0].offers), timeout=LONG)
    assert shown.state.people[0].spoken.endswith(strings.offers(1))
    assert PersonView("Ben", 0, "B", None, "").spoken == "Ben"
