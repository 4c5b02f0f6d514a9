"""The passphrase of a sealed data folder, asked for before the window opens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QInputDialog, QLineEdit

from app.sealing import unlocking
from app.sealing.unlocking import Locked, home_of, is_sealed, opens_silently, unlock
from app.window import strings


def open_sealed(data: Path) -> bool:
    """Open the data folder, if it is sealed: silently where that can be, else ask until it is the right passphrase.

    False if the user gives up. For the main thread, which waits. Raises HeardError for a folder that nobody can open
    here.
    """
    unlocking.ask_with(lambda home: None)  # later, in the engine's thread, nobody can be asked
    home, problem = home_of(data), ""
    if not is_sealed(home) or opens_silently(home):
        return True
    while (typed := ask_passphrase(data, problem)) is not None:
        try:
            unlock(home, typed)
        except Locked:
            problem = strings.WRONG_PASSPHRASE
        else:
            return True
    return False


def ask_passphrase(data: Path, problem: str = "") -> str | None:
    """What the user types, which is not shown; None if the dialog is closed. ``problem``: with the last try."""
    dialog = QInputDialog()
    dialog.setWindowTitle(strings.UNLOCK_TITLE)
    dialog.setLabelText("\n\n".join(filter(None, [problem, strings.UNLOCK_LABEL.format(data=data)])))
    dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
    dialog.setOkButtonText(strings.UNLOCK)
    dialog.setCancelButtonText(strings.CANCEL)
    return dialog.textValue() if dialog.exec() else None
