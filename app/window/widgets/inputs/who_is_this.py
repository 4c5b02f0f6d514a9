"""A field that asks whose an unknown voice is: it finds people by any part of their names, or takes a new one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.window import strings
from app.window.widgets.theme import GRID

MOST_ROWS = 8
"""People that are shown at once, however many there are."""


def name_completer(names: tuple[str, ...], field: QLineEdit) -> QCompleter:
    """Offers names that have what was typed somewhere in them, whatever the case; a few rows at a time."""
    completer = QCompleter(list(names), field)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setMaxVisibleItems(MOST_ROWS)
    completer.popup().setObjectName("names")
    field.setCompleter(completer)
    return completer


class WhoIsThis(QWidget):
    """``named``: the voice is this person's."""

    named = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._people: tuple[str, ...] = ()
        self.label = ""
        """The voice that is asked about."""
        self.question, self.field = QLabel(strings.WHO_IS_THIS), QLineEdit()
        self.field.setPlaceholderText(strings.WHO_PLACEHOLDER)
        self.field.setAccessibleName(strings.WHO_IS_THIS)
        self.field.setMaxLength(120)
        self.field.setClearButtonEnabled(True)
        self.field.setMaximumWidth(40 * GRID)
        self.button = QPushButton(strings.WHO_TAKE)
        self.button.setEnabled(False)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self._give)
        self.field.returnPressed.connect(self._give)
        self.field.textChanged.connect(lambda text: self.button.setEnabled(bool(text.strip())))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(self.question)
        row.addWidget(self.field, 4)
        row.addWidget(self.button)
        row.addStretch(1)
        self.hide()

    def ask(self, label: str, people: tuple[str, ...]) -> None:
        """Ask about this voice; "" is none. What is being typed stays until there is another voice."""
        if label != self.label:
            self.label = label
            if label and not self.field.hasFocus():
                self.field.clear()
            self.setToolTip(label)
            self.setVisible(bool(label))
        if people != self._people:
            self._people = people
            name_completer(people, self.field)

    @property
    def busy(self) -> bool:
        """Whether somebody types into it just now."""
        return self.field.hasFocus() and bool(self.field.text())

    def _give(self) -> None:
        typed = self.field.text().strip()
        if typed:
            known = next((name for name in self._people if name.casefold() == typed.casefold()), typed)
            self.field.clear()
            self.field.clearFocus()
            self.named.emit(known)
