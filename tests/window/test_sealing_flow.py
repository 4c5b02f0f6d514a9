"""The window encrypts, asks for the passphrase at its start, and goes on where it was."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox

from app.sealing import unlocking
from app.sealing.unlocking import home_of, is_sealed
from app.voiceprints.recordings import samples_of
from app.voiceprints.sealing import seal_by_passphrase
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.dialogs.sealing_dialog import SealingDialog
from app.window.dialogs.unlock_dialog import open_sealed
from tests.support.keyrings import MemoryKeyring, keyring_in_use
from utils import install_command

LONG = 60_000
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def nothing_opened():
    unlocking.forget_all()
    yield
    unlocking.ask_with(None)
    unlocking.forget_all()


@pytest.fixture
def no_keyring():
    from keyring.backends.fail import Keyring

    with keyring_in_use(Keyring()):
        yield


def opened(qtbot, shown) -> SealingDialog:
    dialog = SealingDialog(shown.engine, shown)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def type_twice(dialog: SealingDialog, passphrase: str) -> None:
    dialog.first.setText(passphrase)
    dialog.again.setText(passphrase)


def done(qtbot, dialog: SealingDialog) -> None:
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=LONG)


def test_where_packages_are_missing_the_menu_says_what_to_install(window, monkeypatch):
    shown = window(np.zeros(16_000, np.float32))
    monkeypatch.setattr("app.window.people_controller.sealing_lacks", lambda: "cryptography, sqlcipher3")
    shown.people_controller.open_sealing()
    box = shown.people_controller.dialog
    assert isinstance(box, QMessageBox)
    assert "needs cryptography, sqlcipher3" in box.text()
    assert box.informativeText().endswith(install_command("sealed"))
    assert box.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    box.close()


def test_with_a_passphrase_and_back(qtbot, no_keyring, window, encoder, voice, tmp_path):
    from tests.window.conftest import enrol

    enrol(tmp_path, encoder, "Ana", [voice("Ana")])
    shown = window(np.zeros(16_000, np.float32))
    dialog = opened(qtbot, shown)
    assert not dialog.keyring.isVisible()
    assert dialog.warning.text() == strings.LOST_WITH_PASSPHRASE
    type_twice(dialog, "short")
    assert not dialog.go_button.isEnabled()
    dialog.first.setText(PASSPHRASE)
    assert dialog.message.text() == strings.PASSPHRASE_DIFFERS
    assert not dialog.go_button.isEnabled()
    type_twice(dialog, PASSPHRASE)
    qtbot.keyClick(dialog.again, Qt.Key.Key_Return)
    done(qtbot, dialog)
    assert is_sealed(home_of(tmp_path))
    assert not (tmp_path / "speakers").exists()
    qtbot.waitUntil(lambda: shown.engine.facts.people is not None, timeout=LONG)
    assert list(shown.engine.facts.people) == ["Ana"]

    dialog = opened(qtbot, shown)
    assert dialog.heading.text() == strings.SEALED_HEADING
    type_twice(dialog, "another passphrase")
    dialog.go_button.click()
    done(qtbot, dialog)
    unlocking.forget_all()
    unlocking.unlock(home_of(tmp_path), "another passphrase")

    dialog = opened(qtbot, shown)
    dialog.stop_button.click()
    box = dialog.question
    assert isinstance(box, QMessageBox)
    assert box.defaultButton().text() == strings.CANCEL
    next(button for button in box.buttons() if button.text() == strings.UNSEAL).click()
    done(qtbot, dialog)
    assert not is_sealed(home_of(tmp_path))
    assert len(samples_of(tmp_path, "Ana")) == 1


def test_the_keyring_keeps_the_key_where_there_is_one(qtbot, window, tmp_path):
    with keyring_in_use(MemoryKeyring()) as backend:
        shown = window(np.zeros(16_000, np.float32))
        dialog = opened(qtbot, shown)
        assert dialog.keyring.isChecked()
        assert not dialog.first.isVisible()
        assert dialog.warning.text() == strings.LOST_WITH_KEYRING
        dialog.go_button.click()
        done(qtbot, dialog)
        assert is_sealed(home_of(tmp_path))
        unlocking.forget_all()
        assert open_sealed(tmp_path)
        assert len(backend.kept) == 1


def test_a_window_follows_when_another_program_seals(qtbot, no_keyring, window, tmp_path):
    with VoiceprintStore(tmp_path) as store:
        store.create("Ana")
    shown = window(np.zeros(16_000, np.float32))
    shown.start()
    qtbot.waitUntil(lambda: shown.engine.facts.people is not None, timeout=LONG)
    seal_by_passphrase(tmp_path, PASSPHRASE)
    with VoiceprintStore(tmp_path) as store:
        store.create("Ben")
    qtbot.waitUntil(lambda: list(shown.engine.facts.people or ()) == ["Ana", "Ben"], timeout=LONG)
    assert not (tmp_path / "voiceprints.db").exists()


def test_the_first_enrolment_offers_it(qtbot, window, tmp_path):
    class Done:
        enrolled = True

    shown = window(np.zeros(16_000, np.float32))
    shown.people_controller._offer_sealing(Done())
    assert shown.engine.facts.notice.text == strings.OFFER_SEALING


def answer(*typed: str | None) -> list[str]:
    """Type into the dialogs that will open, one after another; None closes it. What their texts say."""
    seen, left = [], list(typed)

    def act() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QInputDialog):
            seen.append(box.labelText())
            text = left.pop(0)
            if text is None:
                box.reject()
            else:
                box.setTextValue(text)
                box.accept()
        if left:
            QTimer.singleShot(10, act)

    QTimer.singleShot(10, act)
    return seen


def test_at_its_start_the_passphrase_is_asked_for_until_it_is_right(qapp, no_keyring, tmp_path):
    assert open_sealed(tmp_path)  # nothing is sealed: nobody is asked
    seal_by_passphrase(tmp_path, PASSPHRASE)
    unlocking.forget_all()
    seen = answer("wrong", PASSPHRASE)
    assert open_sealed(tmp_path)
    assert [strings.WRONG_PASSPHRASE in text for text in seen] == [False, True]
    unlocking.forget_all()
    answer(None)
    assert not open_sealed(tmp_path)
