"""Whether everybody's data are encrypted on the disk, and how they are opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QLineEdit, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.window import strings
from app.window.dialogs import questions
from app.window.engine.activity import Answer
from app.window.engine.engine import Engine
from app.window.engine.sealing import Deed, another_passphrase, keyring_there, seal, sealed, unseal
from app.window.widgets.theme import GRID, row_of, scaled

POLL_MS = 50
SHORTEST = 8


class SealingDialog(QDialog):
    """Encrypts, stops encrypting, or changes the passphrase; closed when that is done."""

    def __init__(self, engine: Engine, parent: QWidget | None = None):
        super().__init__(parent)
        self._engine = engine
        self.sealed = sealed(engine.context.data)
        self.question: QMessageBox | None = None
        """The one that was asked last."""
        self._answer: Answer[str] | None = None
        self.setWindowTitle(strings.SEALING_TITLE)
        self.heading = QLabel(strings.SEALED_HEADING if self.sealed else strings.PLAIN_HEADING)
        self.heading.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.keyring = QCheckBox(strings.KEY_IN_KEYRING)
        self.first, self.again = (self._field(name) for name in (strings.NEW_PASSPHRASE, strings.PASSPHRASE_AGAIN))
        self.warning, self.message = QLabel(), QLabel()
        for label in (self.warning, self.message):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.go_button = QPushButton(strings.CHANGE_PASSPHRASE if self.sealed else strings.SEAL)
        self.stop_button = QPushButton(strings.UNSEAL)
        self.cancel_button = QPushButton(strings.CANCEL)
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.poll)
        self._build()
        self.show_state()

    def _build(self) -> None:
        with_keyring = not self.sealed and keyring_there()
        self.keyring.setVisible(with_keyring)
        self.keyring.setChecked(with_keyring)
        self.keyring.toggled.connect(lambda _: self.show_state())
        self.stop_button.setVisible(self.sealed)
        self.go_button.clicked.connect(self.go)
        self.stop_button.clicked.connect(self.stop)
        self.cancel_button.clicked.connect(self.reject)
        self.cancel_button.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for part in (self.heading, self.keyring, self.first, self.again, self.warning, self.message):
            column.addWidget(part)
        column.addLayout(row_of(self.stop_button, None, self.go_button, self.cancel_button))

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setEchoMode(QLineEdit.EchoMode.Password)
        field.setPlaceholderText(name)
        field.setAccessibleName(name)
        field.textChanged.connect(lambda _: self.show_state())
        return field

    def show_state(self) -> None:
        """What can be done with what is typed, and what would be lost."""
        by_keyring, busy = self.keyring.isChecked(), self._answer is not None
        typed, again = self.first.text(), self.again.text()
        self.first.setVisible(not by_keyring)
        self.again.setVisible(not by_keyring)
        self.warning.setText(strings.LOST_WITH_KEYRING if by_keyring else strings.LOST_WITH_PASSPHRASE)
        if busy:
            self.message.setText(strings.SEALING_BUSY)
        elif typed and len(typed) < SHORTEST:
            self.message.setText(strings.PASSPHRASE_SHORT.format(least=SHORTEST))
        elif again and again != typed:
            self.message.setText(strings.PASSPHRASE_DIFFERS)
        else:
            self.message.setText("")
        self.go_button.setEnabled(not busy and (by_keyring or (len(typed) >= SHORTEST and typed == again)))
        typed_it = self.go_button.isEnabled() and not by_keyring  # Enter does what was typed for, and else nothing
        (self.go_button if typed_it else self.cancel_button).setDefault(True)
        self.stop_button.setEnabled(not busy)
        self.cancel_button.setEnabled(not busy)

    def go(self) -> None:
        """Encrypt, or change the passphrase."""
        typed = self.first.text()
        if self.sealed:
            self._ask(another_passphrase(typed))
        else:
            self._ask(seal(None if self.keyring.isChecked() else typed))

    def stop(self) -> None:
        """Ask whether to stop encrypting."""
        self.question = questions.ask(
            self,
            strings.UNSEAL_QUESTION,
            strings.UNSEAL_DETAIL,
            go=strings.UNSEAL,
            stay=strings.CANCEL,
            then=lambda: self._ask(unseal()),
        )

    def _ask(self, deed: Deed) -> None:
        self._answer = self._engine.ask(deed)
        self.show_state()
        self._timer.start()

    def poll(self) -> None:
        """Follow what was asked for."""
        if self._answer is None or not self._answer.over:
            return
        done, error = self._answer.value, self._answer.error
        self._timer.stop()
        self._answer = None
        self.show_state()
        if error:
            self.message.setText(strings.capitalised(error))
        else:
            self._engine.notify(done)
            self.accept()

    def reject(self) -> None:
        """Close, unless something is being done."""
        if self._answer is None:
            super().reject()
