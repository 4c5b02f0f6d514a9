"""The window: one timer draws the newest facts thirty times a second; nothing here waits for anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QColor, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.window import painting, strings
from app.window.device_menu import DeviceMenu, microphone_names
from app.window.facts import Facts
from app.window.level_meter import LevelMeter, loudness
from app.window.levels import Level
from app.window.match_bar import MatchBar
from app.window.now_view import NowPicture
from app.window.people_panel import PeoplePanel
from app.window.status_line import StatusLine
from app.window.theme import GRID, Theme
from app.window.timing import Stopwatch
from app.window.view_state import ViewState, view_state
from app.window.worker import Listener

FRAME_S = 1 / 30


class MainWindow(QWidget):
    """Shows a ``Listener`` and gives it its orders."""

    def __init__(
        self,
        listener: Listener,
        theme: Theme,
        *,
        find_microphones: Callable[[], Sequence[str]] = microphone_names,
        stopwatch: Stopwatch | None = None,
    ):
        super().__init__()
        self._listener, self._theme = listener, theme
        self._stopwatch = stopwatch or Stopwatch()
        self._facts: Facts | None = None
        self.state: ViewState | None = None
        """What is shown."""
        self.setWindowTitle(strings.APP)
        self._build(find_microphones)
        self._connect()
        self.resize(1040, 680)
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 * FRAME_S))
        self._timer.timeout.connect(self.draw_frame)
        self._timer.start()
        self.draw_frame()

    # ------------------------------------------------------------ parts

    def _build(self, find_microphones: Callable[[], Sequence[str]]) -> None:
        file = self._listener.facts.file
        self.device_menu = DeviceMenu(self._theme, device=self._listener.options.device, find=find_microphones)
        if file:
            self.device_menu.show_file(file if self._listener.options.demo else strings.FILE_INPUT.format(file=file))
        self.meter = LevelMeter(self._theme)
        self.button = QPushButton()
        self.button.setMinimumSize(13 * GRID, self.device_menu.sizeHint().height())
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.now, self.match = NowPicture(self._theme), MatchBar(self._theme)
        self.people = PeoplePanel(self._theme)
        self.status = StatusLine(self._theme)

        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(self.device_menu, 2)
        top.addWidget(self.meter, 3)
        top.addWidget(self.button)

        middle = QHBoxLayout()
        middle.setSpacing(2 * GRID)
        middle.addWidget(self._speaker_card(), 5)
        middle.addWidget(self.people, 3)

        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 1.5 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(top)
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        for before, after in ((self.button, self.device_menu), (self.device_menu, self.people.list)):
            QWidget.setTabOrder(before, after)
        for control in (self.button, self.device_menu):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the frame around it is for those who use the keyboard
        self.setFocus()

    def _speaker_card(self) -> QFrame:
        card = QFrame()
        card.setObjectName("card")
        column = QVBoxLayout(card)
        column.setSpacing(GRID)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        column.addWidget(self.now, 1)
        column.addWidget(self.match)
        return card

    def _connect(self) -> None:
        self.button.clicked.connect(self.toggle)
        self.device_menu.chosen.connect(self._restart)
        self._theme.changed.connect(self._show_button_icon)
        QShortcut(QKeySequence(Qt.Key.Key_Space), self, activated=self.toggle)
        closing = {"Ctrl+Q", "Ctrl+W"}  # whatever the platform's own are
        for standard in (QKeySequence.StandardKey.Quit, QKeySequence.StandardKey.Close):
            closing |= {keys.toString() for keys in QKeySequence.keyBindings(standard)}
        for keys in closing:
            QShortcut(QKeySequence(keys), self, activated=self.close)

    # ------------------------------------------------------------ orders

    def start(self) -> None:
        """Listen to what the menu says."""
        self._listener.start(self.device_menu.device)
        self.draw_frame()

    def toggle(self) -> None:
        """Start, or stop if it is running."""
        if self._listener.facts.running:
            self._listener.stop()
            self.draw_frame()
        else:
            self.start()

    def _restart(self) -> None:
        """Another microphone was chosen: change over if one is in use."""
        if self._listener.facts.running:
            self.start()

    # ------------------------------------------------------------ showing

    def draw_frame(self) -> None:
        """Show the newest facts and move what moves."""
        now_s = time.monotonic()
        elapsed_s, self._frame_at_s = now_s - self._frame_at_s, now_s
        facts = self._listener.facts
        if facts is not self._facts:
            self._facts = facts
            self.show_state(view_state(facts))
        self.show_level(self._listener.levels.read(now_s), elapsed_s)

    def show_state(self, state: ViewState) -> None:
        """Show what follows from the facts; parts that did not change are left alone."""
        before, self.state = self.state, state
        if before is None or before.now != state.now:
            self.now.show_view(state.now)
        if before is None or before.match != state.match:
            self.match.show_view(state.match)
        if before is None or (before.people, before.nobody, before.needed) != (
            state.people,
            state.nobody,
            state.needed,
        ):
            self.people.show_people(state.people, state.needed, nobody=state.nobody)
        if before is None or (before.status, before.model) != (state.status, state.model):
            self.status.show_view(state.status, state.model)
        if before is None or before.running != state.running:
            self._show_button(running=state.running)

    def show_level(self, level: Level, elapsed_s: float) -> None:
        self.meter.show_level(level, running=bool(self.state and self.state.running))
        self.now.advance(loudness(level.db), elapsed_s)
        self.match.advance(elapsed_s)
        self.status.advance(elapsed_s)

    def _show_button(self, *, running: bool) -> None:
        self.button.setText(strings.STOP if running else strings.START)
        self._show_button_icon()
        self.button.setToolTip(strings.STOP_TIP if running else strings.START_TIP)
        self.button.setAccessibleName(strings.STOP_TIP if running else strings.START_TIP)
        self.button.setProperty("primary", not running)
        self.button.style().unpolish(self.button)  # a style sheet looks at properties only when it is applied
        self.button.style().polish(self.button)

    def _show_button_icon(self) -> None:
        running, colours = bool(self.state and self.state.running), self._theme.colours
        draw = painting.stop_sign if running else painting.start_sign
        colour = colours.text if running else colours.on_accent
        self.button.setIcon(painting.icon(draw, QColor(colour), self.devicePixelRatioF()))

    # ------------------------------------------------------------ the window itself

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._stopwatch.mark("window shown")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.device_menu.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.device_menu.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        self._listener.close()
        event.accept()
