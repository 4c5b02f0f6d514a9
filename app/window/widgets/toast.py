"""A message at the lower edge that says what was just done, with a button that undoes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from app.window import strings
from app.window.engine.edits.undo import Deed
from app.window.view.toast import ToastClock
from app.window.widgets.theme import GRID

WIDEST = 70 * GRID


class Toast(QFrame):
    """``show_deed`` follows the newest deed, ``advance`` the time. Floats over its parent if ``floating``."""

    undone = Signal(int)
    """The deed of this number is to be undone."""
    over = Signal(int)
    """The time of the deed of this number is over, or the user sent the toast away."""

    def __init__(self, parent: QWidget | None = None, *, floating: bool = False):
        super().__init__(parent)
        self.setObjectName("toast")
        self._clock, self._floating = ToastClock(), floating
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.countdown = QLabel()
        self.countdown.setProperty("role", "muted")
        self.countdown.setToolTip(strings.COUNTDOWN_TIP)
        self.undo_button = QPushButton(strings.UNDO)
        self.undo_button.setToolTip(strings.UNDO_TIP)
        self.close_button = QToolButton()
        self.close_button.setText(strings.DISMISS)
        for button in (self.undo_button, self.close_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.undo_button.clicked.connect(self._undo)
        self.close_button.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self.text, 1)
        row.addWidget(self.countdown)
        row.addWidget(self.undo_button)
        row.addWidget(self.close_button)
        self.hide()
        if floating and parent is not None:
            parent.installEventFilter(self)

    @property
    def deed(self) -> Deed | None:
        """What it shows."""
        return self._clock.deed

    def show_deed(self, deed: Deed | None, *, visible: bool = True) -> None:
        """Follow the newest deed that can be undone; ``visible`` False: somebody else shows it."""
        if self._clock.follow(deed) and self.deed is not None:
            self._show(self.deed)
        if self.isVisibleTo(self.parentWidget()) != (visible and self.deed is not None):
            self.setVisible(visible and self.deed is not None)
            self._place()

    def pass_over(self, deed: Deed | None) -> None:
        """This deed, and those before it, are not for this toast."""
        self._clock.follow(deed)
        self._clock.dismiss()

    def advance(self, elapsed_s: float) -> None:
        """Time goes by, unless somebody points at it or has the keyboard on it."""
        held = self.isVisible() and (self.underMouse() or self.isAncestorOf(self.window().focusWidget() or self))
        if deed := self._clock.advance(elapsed_s, held=held):
            self._end(deed)
        self._show_countdown()

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _show(self, deed: Deed) -> None:
        self.text.setText(deed.text)
        self.setAccessibleName(deed.text)
        self.undo_button.setAccessibleName(f"{strings.UNDO}: {deed.text}")
        tip = strings.UNDO_OVER_TIP if deed.erases else strings.DISMISS_TIP
        self.close_button.setToolTip(tip)
        self.close_button.setAccessibleName(tip)
        self._show_countdown()
        self._place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{deed.text} {strings.UNDO_TIP}"))

    def _show_countdown(self) -> None:
        left_s = self._clock.countdown_s
        self.countdown.setVisible(left_s is not None)
        text = "" if left_s is None else strings.seconds(left_s)
        if text != self.countdown.text():
            self.countdown.setText(text)

    def _undo(self) -> None:
        if deed := self.deed:
            self.undone.emit(deed.number)

    def _dismiss(self) -> None:
        if deed := self._clock.dismiss():
            self._end(deed)

    def _end(self, deed: Deed) -> None:
        self.hide()
        self.over.emit(deed.number)

    def _place(self) -> None:
        """In the middle of the lower edge, above the status line."""
        parent = self.parentWidget()
        if not self._floating or parent is None:
            return
        width = min(WIDEST, parent.width() - 4 * GRID)
        self.setFixedWidth(width)
        height = max(self.sizeHint().height(), self.layout().heightForWidth(width))
        self.setGeometry((parent.width() - width) // 2, parent.height() - height - 6 * GRID, width, height)
        self.raise_()
