"""The window: one timer draws the newest facts thirty times a second; nothing here waits for anything."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.dialogs import questions
from app.window.dialogs.threshold_dialog import ThresholdDialog
from app.window.engine.engine import Engine
from app.window.engine.facts import Facts, Notice
from app.window.engine.levels import Level
from app.window.engine.stopwatch import Stopwatch
from app.window.file_controller import FileOrders, files
from app.window.file_page import FilePage
from app.window.interruption import Interruption
from app.window.live_page import LivePage
from app.window.menus import Menus, Orders
from app.window.people_controller import PeopleOrders
from app.window.settings import Settings
from app.window.view.view_state import Mood, ViewState, view_state
from app.window.widgets.device_menu import microphone_names
from app.window.widgets.icon import app_icon
from app.window.widgets.playback import LEAD_S, Playback
from app.window.widgets.status_bar import StatusLine
from app.window.widgets.theme import GRID, Appearance, Theme
from utils import data_dir

FRAME_S = 1 / 30
NOTICE_S = 8.0
"""How long what was done for the user stays in the status line."""


class MainWindow(QWidget):
    """Shows a ``Engine`` and gives it its orders. Without ``settings`` nothing is remembered."""

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        *,
        find_microphones: Callable[[], Sequence[str]] = microphone_names,
        stopwatch: Stopwatch | None = None,
        settings: Settings | None = None,
        playback: Playback | None = None,
    ):
        super().__init__()
        self.engine, self._theme, self._settings = engine, theme, settings
        self._stopwatch = stopwatch or Stopwatch()
        self.playback = playback or Playback()
        self._facts: Facts | None = None
        self._notice: Notice | None = None
        self._notice_at_s, self._notice_passed = 0.0, False
        self._gender = self._shown("gender")
        self.state: ViewState | None = None
        """What is shown."""
        self.crashes: SimpleQueue[str] = SimpleQueue()
        """Errors of the program, from any thread; the first is told."""
        self.crash_log: Path | None = None
        self.setWindowTitle(strings.APP)
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self._build(find_microphones)
        self._connect()
        self._remembered()
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 * FRAME_S))
        self._timer.timeout.connect(self.draw_frame)
        self._timer.start()
        self.draw_frame()

    # ------------------------------------------------------------ parts

    def _build(self, find_microphones: Callable[[], Sequence[str]]) -> None:
        options, file = self.engine.options, self.engine.facts.file
        self._remembered_device = None if options.device or not self._settings else self._settings.device
        device = options.device or self._remembered_device
        self.live = LivePage(self._theme, self.engine.mel, device=device, find_microphones=find_microphones)
        self.device_menu, self.meter, self.button = self.live.device_menu, self.live.meter, self.live.button
        self.now, self.match, self.people = self.live.now, self.live.match, self.live.people
        self.history = self.live.history
        if file:
            self.device_menu.show_file(file if options.demo else strings.FILE_INPUT.format(file=file))
        self.file = FilePage(self._theme, self.playback)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.live)
        self.pages.addWidget(self.file)
        self.status = StatusLine(self._theme)
        interruption = Interruption(self.engine, self.playback, lambda: self.start() if self.isVisible() else None)
        self.files = FileOrders(self, self.engine, self.pages, self.file, interruption, self._settings)
        self.persons = PeopleOrders(
            self, self.engine, self._theme, self.playback, interruption, lambda: self.device_menu.device
        )
        orders = Orders(
            open_file=self.files.ask,
            export=self.files.export,
            close=self.close,
            toggle=self.toggle,
            threshold=self.open_threshold,
            use_model=self.use_model,
            open_model=lambda: questions.ask_for_model(self, self.use_model),
            add_person=self.persons.add,
            rebuild=self.persons.rebuild,
            show_part=self.show_part,
            appearance=self.choose_appearance,
            zoom=lambda factor: self._timeline().zoom(factor),
            full_screen=self._toggle_full_screen,
            shortcuts=lambda: questions.shortcuts(self, self.menus.keys()),
            data_folder=lambda: questions.open_folder(self, self._data()),
            about=lambda: questions.about(self, self._data()),
        )
        self.menus = Menus(self, orders, models=questions.models(), model=options.model, shown=self._shown)
        column = QVBoxLayout(self)
        column.setMenuBar(self.menus.bar)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, int(1.25 * GRID))
        column.setSpacing(int(1.25 * GRID))
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setFocus()

    def _connect(self) -> None:
        self.button.clicked.connect(self.toggle)
        self.device_menu.chosen.connect(self._restart)
        self.people.add.connect(self.persons.add)
        self.people.opened.connect(self.persons.open)
        self.history.play.connect(self._play)
        self.history.named.connect(self.persons.named)
        self.history.export.connect(self.files.export)
        self.history.timeline.sought.connect(lambda _: self.playback.stop())

    def _remembered(self) -> None:
        self.resize(1080, 760)
        if self._settings:
            if self._settings.geometry is not None:
                self.restoreGeometry(self._settings.geometry)
            self._theme.choose(self._settings.appearance)
        for part in ("timeline", "spectrogram"):
            self.show_part(part, self._shown(part))
        self.menus.show_appearance(self._theme.appearance)

    def _shown(self, part: str) -> bool:
        return self._settings.shown(part) if self._settings else True

    def _data(self) -> Path:
        return data_dir(self.engine.options.data)

    def _timeline(self):
        return (self.file.panel if self.files.showing else self.history).timeline

    # ------------------------------------------------------------ listening

    def start(self) -> None:
        """Listen to what the menu says."""
        self.playback.stop()
        device = self.device_menu.device
        self.engine.start(device, or_default=device is not None and device == self._remembered_device)
        self.draw_frame()

    def toggle(self) -> None:
        """Start, or stop if it is running; on a file's page, play."""
        if self.files.showing:
            self.file.toggle()
        elif self.engine.facts.running:
            self.engine.stop()
            self.draw_frame()
        else:
            self.start()

    def _restart(self) -> None:
        """Another microphone was chosen: change over if one is in use."""
        self._remembered_device = None  # this one is meant, now
        if self._settings:
            self._settings.device = self.device_menu.device
        if self.engine.facts.running:
            self.start()

    def use_model(self, model: str) -> None:
        """Take another model from now on: it is loaded, and downloaded first if it has to be."""
        running = self.engine.facts.running
        self.engine.use_model(model)
        if self._settings:
            self._settings.model = model
        if running:
            self.start()

    def open_threshold(self) -> None:
        dialog = ThresholdDialog(self.engine, self._theme, self)
        dialog.chosen.connect(self._keep_threshold)
        self.threshold_dialog = dialog
        dialog.open()

    def _keep_threshold(self, threshold: float | None) -> None:
        if self._settings:
            self._settings.keep_threshold(self.engine.options.model, threshold)

    # ------------------------------------------------------------ sound, files

    def _play(self, turn: Turn | None) -> None:
        """Hear a piece of the last minutes."""
        if turn is None:
            self.playback.stop()
            return
        start_s = max(turn.start_s - LEAD_S, self.engine.recent.start_s)
        sound = self.engine.recent.piece(start_s, turn.end_s + LEAD_S)
        if len(sound):
            self.playback.play(sound, start_s)
        else:
            self.engine.notify(strings.TOO_OLD, good=False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.files.drop(event.mimeData()):
            event.acceptProposedAction()

    # ------------------------------------------------------------ looks

    def show_part(self, part: str, wanted: bool) -> None:
        match part:
            case "timeline":
                self.live.show_timeline(wanted)
            case "spectrogram":
                for timeline in (self.history.timeline, self.file.panel.timeline):
                    timeline.spectrogram = wanted
                    timeline.update()
            case "gender":
                self._gender, self._facts = wanted, None
        if self._settings:
            self._settings.show(part, wanted)

    def choose_appearance(self, appearance: Appearance) -> None:
        self._theme.choose(appearance)
        self.menus.show_appearance(appearance)
        if self._settings:
            self._settings.appearance = appearance

    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    # ------------------------------------------------------------ showing

    def draw_frame(self) -> None:
        """Show the newest facts and move what moves."""
        now_s = time.monotonic()
        elapsed_s, self._frame_at_s = now_s - self._frame_at_s, now_s
        if progress := self.persons.follow_rebuild():
            self.status.show_view(progress, self.state.model)
        self._tell_of_crashes()
        if error := self.playback.take_error():
            self.engine.notify(error, good=False)
        facts = self.engine.facts
        if facts.notice is not self._notice:
            self._notice, self._notice_at_s = facts.notice, now_s
        passed = now_s - self._notice_at_s > NOTICE_S
        if facts is not self._facts or passed != self._notice_passed:
            self._facts, self._notice_passed = facts, passed
            self.show_state(view_state(replace(facts, notice=None) if passed else facts, gender=self._gender))
        self.show_level(self.engine.levels.read(now_s), elapsed_s)

    def show_state(self, state: ViewState) -> None:
        """Show what follows from the facts; parts that did not change are left alone."""
        before, self.state = self.state, state
        self.live.show_state(state)
        if before is None or (before.status, before.model) != (state.status, state.model):
            self.status.show_view(state.status, state.model)
        if before is None or (before.running, before.downloading) != (state.running, state.downloading):
            self.button.show_running(state.running, downloading=state.downloading)
        if before is None or before.now.title != state.now.title:
            told = state.now.mood in (Mood.NAMED, Mood.UNKNOWN, Mood.TROUBLE)
            self.setWindowTitle(strings.WINDOW_TITLE.format(now=state.now.title) if told else strings.APP)
        self.menus.add_person.setEnabled(state.can_change)
        self.menus.rebuild.setEnabled(any(person.stale for person in state.people))
        self.menus.export.setEnabled(bool(self._facts and self._facts.turns) or self.file.analysis is not None)

    def show_level(self, level: Level, elapsed_s: float) -> None:
        if self.pages.currentWidget() is self.live:
            self.history.timeline.playable_from_s = self.engine.recent.start_s
            self.history.show_playing(self.playback.cursor_s)
            self.live.show_level(level, elapsed_s)
        self.status.advance(elapsed_s)

    def _tell_of_crashes(self) -> None:
        """Once: what follows is in the log as well."""
        if not self.crashes.empty() and self.crash_log is not None:
            error, where = self.crashes.get(), self.crash_log
            self.crash_log = None
            questions.tell(self, strings.CRASHED, f"{error}\n\n{strings.CRASHED_WHERE.format(path=where)}")

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
        self.file.close_file()
        self.playback.stop()
        if self._settings:
            self._settings.geometry = self.saveGeometry()
        self.engine.close()
        event.accept()
