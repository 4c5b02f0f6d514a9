"""The card with the people: a heading, the list, and in place of an empty list what to type to enrol somebody."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.window import strings
from app.window.people_list import PeopleList
from app.window.theme import GRID, Theme, scaled
from app.window.view_state import PersonView


class PeoplePanel(QFrame):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("card")
        self.setMinimumWidth(28 * GRID)
        self.setMaximumWidth(60 * GRID)
        self._heading = QLabel(strings.PEOPLE)
        self._heading.setContentsMargins(int(1.5 * GRID), 0, 0, 0)
        self._heading.setFont(scaled(self.font(), 1.0, QFont.Weight.DemiBold))
        self.list, self._hint = PeopleList(theme), _how_to_enrol()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.list)
        self._pages.addWidget(self._hint)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        column.addWidget(self._heading)
        column.addWidget(self._pages, 1)

    def show_people(self, people: tuple[PersonView, ...], needed: float, *, nobody: bool) -> None:
        """``needed``: where the threshold's marks are, 0 to 1; ``nobody``: it is known that nobody is enrolled."""
        self.list.show_people(people, needed)
        self._pages.setCurrentWidget(self._hint if nobody else self.list)
        self._heading.setText(strings.PEOPLE_COUNT.format(count=len(people)) if people else strings.PEOPLE)


def _how_to_enrol() -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(int(1.5 * GRID), GRID, int(1.5 * GRID), GRID)
    column.setSpacing(GRID)
    for text, role in ((strings.NOBODY, ""), (strings.NOBODY_HINT, "muted"), (strings.NOBODY_COMMANDS, "command")):
        label = QLabel(text)
        label.setWordWrap(True)
        label.setProperty("role", role)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAccessibleName(text)
        if role == "command":
            font = label.font()
            font.setFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
            label.setFont(font)
        column.addWidget(label)
    column.addStretch(1)
    return page
