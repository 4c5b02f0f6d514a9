"""The first page of an enrolment: whose voice it is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.names import new_name
from app.window import strings
from app.window.widgets.enrol.labels import wrapped_label
from app.window.widgets.theme import GRID, row_of, scaled
from utils import BadInput, clean_name


class NamePage(QWidget):
    """``people``: those on the list, who may be recorded again."""

    given = Signal(str)
    """The name that was typed can be one."""
    cancelled = Signal()

    def __init__(self, people: tuple[str, ...], parent: QWidget | None = None):
        super().__init__(parent)
        self._people = people
        title = QLabel(strings.ADD_PERSON_TITLE)
        title.setFont(scaled(self.font(), 1.5, QFont.Weight.DemiBold))
        label = QLabel(strings.NAME_LABEL)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(strings.NAME_PLACEHOLDER)
        self.edit.setMaxLength(120)
        self.edit.setAccessibleName(strings.NAME_LABEL)
        label.setBuddy(self.edit)
        self.note = wrapped_label("", "muted")
        self.next_button = QPushButton(strings.NEXT)
        self.next_button.setProperty("primary", True)
        self.next_button.setDefault(True)
        cancel = QPushButton(strings.CANCEL)
        cancel.clicked.connect(self.cancelled)
        self.next_button.clicked.connect(self.go_on)
        self.edit.textChanged.connect(self._check)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (title, wrapped_label(strings.ENROL_ABOUT, "muted")):
            column.addWidget(widget)
        column.addSpacing(GRID)
        for widget in (label, self.edit, self.note):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(row_of(cancel, None, self.next_button))
        self._check("")

    def go_on(self) -> None:
        """Give the name, if it can be one."""
        try:
            self.given.emit(self._name(self.edit.text()))
        except BadInput:
            return

    def _name(self, text: str) -> str:
        """Somebody on the list, or a new name. Raises BadInput for one that cannot be."""
        name = clean_name(text)
        return name if name in self._people else new_name(name)

    def _check(self, text: str) -> None:
        try:
            name, note = self._name(text), ""
            if name in self._people:
                note = strings.NAME_KNOWN.format(name=name)
        except BadInput as error:
            name, note = "", str(error) if text.strip() else ""
        self.note.setText(note)
        self.next_button.setEnabled(bool(name))
