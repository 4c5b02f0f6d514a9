"""The button that starts and stops listening."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.window import strings
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, restyle


class StartButton(QPushButton):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self._running = theme, False
        self.setMinimumWidth(13 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._show_icon)
        self.show_running(False)

    def show_running(self, running: bool, *, downloading: bool = False) -> None:
        """Say what a press would do."""
        self._running = running
        stop = (strings.CANCEL, strings.CANCEL_TIP) if downloading else (strings.STOP, strings.STOP_TIP)
        text, tip = stop if running else (strings.START, strings.START_TIP)
        self.setText(text)
        self._show_icon()
        self.setToolTip(tip)
        self.setAccessibleName(self.toolTip())
        self.setProperty("primary", not running)
        restyle(self)

    def _show_icon(self) -> None:
        draw = painting.stop_sign if self._running else painting.start_sign
        colour = self._theme.colours.text if self._running else self._theme.colours.on_accent
        self.setIcon(painting.icon(draw, QColor(colour), self.devicePixelRatioF()))
