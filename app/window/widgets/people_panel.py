"""The card with the people: a heading, the list, and how to add somebody."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup, QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.window import strings
from app.window.view.people_order import Sort, listed
from app.window.view.view_state import PersonView
from app.window.widgets.elided_label import ElidedLabel
from app.window.widgets.people_list import PeopleList
from app.window.widgets.theme import GRID, Theme, scaled

SEARCHED_FROM, SORTED_FROM = 9, 3
"""With so many people there is a field to search, and a choice of the order."""


class PeoplePanel(QFrame):
    """``add`` asks for somebody new, ``opened`` for one person's recordings, ``build`` for the voiceprints of those who
    have none that can be compared."""

    add = Signal()
    build = Signal()
    opened = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("card")
        self.setMinimumWidth(max(28 * GRID, round(8.5 * self.fontMetrics().height())))
        self.setMaximumWidth(60 * GRID)
        self._heading = ElidedLabel(strings.PEOPLE)
        self._heading.setFont(scaled(self.font(), 1.0, QFont.Weight.DemiBold))
        self.add_button = QToolButton()
        self.add_button.setText(strings.ADD)
        self.add_button.setToolTip(strings.ADD_PERSON_TIP)
        self.add_button.setAccessibleName(strings.ADD_PERSON)
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.clicked.connect(self.add)
        self.list = PeopleList(theme)
        self._people: tuple[PersonView, ...] = ()
        self._needed, self._nobody = 1.0, False
        self.sort = Sort.NAME
        self.search = QLineEdit()
        self.search.setPlaceholderText(strings.SEARCH_PEOPLE)
        self.search.setAccessibleName(strings.SEARCH_PEOPLE)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._show_list())
        self.search.hide()
        self._nobody_found = QLabel(strings.NOBODY_FOUND)
        self._nobody_found.setProperty("role", "muted")
        self._nobody_found.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sort_button = self._make_sort_button()
        self.list.opened.connect(self.opened)
        self.build_button = QPushButton(strings.BUILD)
        self.build_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.build_button.clicked.connect(self.build)
        self.build_button.hide()
        self.first_button = QPushButton(strings.ADD_PERSON)
        self._hint = self._nobody_page()
        self._pages = QStackedWidget()
        self._pages.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._pages.addWidget(self.list)
        self._pages.addWidget(self._hint)
        self._pages.addWidget(self._nobody_found)
        heading = QHBoxLayout()
        heading.setContentsMargins(int(1.5 * GRID), 0, GRID // 2, 0)
        heading.addWidget(self._heading, 1)
        heading.addWidget(self.sort_button)
        heading.addWidget(self.add_button)
        column = QVBoxLayout(self)
        column.setSpacing(GRID // 2)
        column.setContentsMargins(GRID, int(1.25 * GRID), GRID, GRID)
        column.addLayout(heading)
        column.addWidget(self.search)
        column.addWidget(self._pages, 1)
        column.addWidget(self.build_button)

    def show_people(
        self, people: tuple[PersonView, ...], needed: float, *, nobody: bool, can_change: bool = True
    ) -> None:
        """``needed``: where the threshold's marks are, 0 to 1; ``nobody``: it is known that nobody is enrolled."""
        self._people, self._needed, self._nobody = people, needed, nobody
        self.search.setVisible(len(people) >= SEARCHED_FROM)
        self.sort_button.setVisible(len(people) >= SORTED_FROM)
        self._show_list()
        self._heading.setText(strings.PEOPLE_COUNT.format(count=len(people)) if people else strings.PEOPLE)
        self.add_button.setVisible(can_change and not nobody)
        self.list.can_open = can_change
        waiting = ", ".join(person.name for person in people if person.stale)
        self.build_button.setVisible(bool(waiting) and can_change)
        self.build_button.setToolTip(strings.BUILD_TIP.format(names=waiting))
        self.build_button.setAccessibleDescription(strings.BUILD_TIP.format(names=waiting))

    def _show_list(self) -> None:
        shown = listed(self._people, self.sort, self.search.text() if self.search.isVisibleTo(self) else "")
        self.list.show_people(shown, self._needed)
        nobody_found = bool(self._people) and not shown
        self._pages.setCurrentWidget(self._hint if self._nobody else self._nobody_found if nobody_found else self.list)

    def _make_sort_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("\u2195")
        button.setToolTip(strings.SORT_TIP)
        button.setAccessibleName(strings.SORT_TIP)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu, group = QMenu(button), QActionGroup(self)
        for sort in Sort:
            action = menu.addAction(strings.SORTS[sort.value])
            action.setCheckable(True)
            action.setChecked(sort is self.sort)
            action.triggered.connect(lambda _, sort=sort: self.sort_by(sort))
            group.addAction(action)
        button.setMenu(menu)
        button.hide()
        return button

    def sort_by(self, sort: Sort) -> None:
        """Sort the list like this from now on."""
        self.sort = sort
        self._show_list()

    def hasHeightForWidth(self) -> bool:
        return False  # the words of an empty list must not move the rest of the window

    def _nobody_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(int(1.5 * GRID), GRID, int(1.5 * GRID), GRID)
        column.setSpacing(GRID)
        for text, role in ((strings.NOBODY, ""), (strings.NOBODY_HINT, "muted")):
            label = QLabel(text)
            label.setWordWrap(True)
            label.setProperty("role", role)
            label.setAccessibleName(text)
            column.addWidget(label)
        self.first_button.setProperty("primary", True)
        self.first_button.setToolTip(strings.ADD_PERSON_TIP)
        self.first_button.clicked.connect(self.add)
        self.first_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column.addSpacing(GRID)
        column.addWidget(self.first_button)
        column.addStretch(1)
        return page
