"""The window: one timer draws the newest facts thirty times a second; nothing here waits for anything."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.closing_controller import ClosingController
from app.window.dialogs import questions
from app.window.dialogs.crash_notice import CrashNotice
from app.window.engine.engine import Engine
from app.window.engine.levels import Level
from app.window.engine.stopwatch import Stopwatch
from app.window.export_controller import ExportController
from app.window.file_controller import FileController, dragged_files
from app.window.file_page import FilePage
from app.window.interruption import Interruption
from app.window.keys import ButtonKeys
from app.window.listening_controller import ListeningController, given_input, remembered_input
from app.window.live_page import LivePage
from app.window.looks_controller import LooksController
from app.window.menus import MenuCommands, Menus
from app.window.people_controller import PeopleController
from app.window.settings import Settings
from app.window.transcript_controller import TranscriptController
from app.window.undo_controller import UndoController
from app.window.view.shown_facts import ShownFacts
from app.window.view.stranger import StrangerWatch
from app.window.view.view_state import Mood, ViewState, view_state
from app.window.widgets.icon import app_icon
from app.window.widgets.inputs.device_search import Inputs, microphone_inputs
from app.window.widgets.playback import Playback
from app.window.widgets.status_bar import StatusBar
from app.window.widgets.theme import GRID, Theme
from app.window.widgets.timeline import TimelineWidget
from utils import data_dir

FRAME_S = 1 / 30


class MainWindow(QWidget):
    """Shows an ``Engine`` and gives it its orders. Without ``settings`` nothing is remembered."""

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        *,
        find_microphones: Callable[[], Inputs] = microphone_inputs,
        stopwatch: Stopwatch | None = None,
        settings: Settings | None = None,
        playback: Playback | None = None,
    ):
        super().__init__()
        self.engine, self._theme, self._settings = engine, theme, settings or Settings(None)
        self._stopwatch = stopwatch or Stopwatch()
        self.playback = playback or Playback()
        self._shown_facts = ShownFacts()
        self._strangers = StrangerWatch()
        self._strange_turn: Turn | None = None
        self._file_progress = ""
        self.state: ViewState | None = None
        """What is shown."""
        self.crash_notice = CrashNotice(self)
        self.setWindowTitle(strings.APP)
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self._make_pages(find_microphones)
        self._make_controllers(find_microphones)
        self.menus = Menus(
            self,
            self._commands(),
            models=questions.models(),
            model=engine.options.model,
            shown=self._settings.shown,
            merges_gaps=self.exports.merges_gaps,
        )
        self._lay_out()
        self._connect()
        self._restore(settings)
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setInterval(round(1000 * FRAME_S))
        self._timer.timeout.connect(self.draw_frame)
        self._timer.start()
        self.draw_frame()

    # ------------------------------------------------------------ parts

    def _make_pages(self, find_microphones: Callable[[], Inputs]) -> None:
        options, file = self.engine.options, self.engine.facts.file
        device, channel = remembered_input(options, self._settings) or given_input(options)
        self.live = LivePage(
            self._theme,
            self.engine.sound,
            self.playback,
            device=device,
            channel=channel,
            find_microphones=find_microphones,
        )
        if file:
            self.live.device_menu.show_file(file if options.demo else strings.FILE_INPUT.format(file=file))
            self.live.choose_channel(None)
        self.file = FilePage(self._theme, self.playback)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.live)
        self.pages.addWidget(self.file)
        self.status = StatusBar(self._theme)

    def _make_controllers(self, find_microphones: Callable[[], Inputs]) -> None:
        self.listening = ListeningController(
            self, self.engine, self._theme, self.live, self.playback, self._settings, self.draw_frame
        )
        interruption = Interruption(self.engine, self.playback, self._resume)
        self.file_controller = FileController(self, self.engine, self.pages, self.file, interruption, self._settings)
        self.people_controller = PeopleController(
            self,
            self.engine,
            self._theme,
            self.playback,
            interruption,
            lambda: self.listening.microphone,
            self._settings,
            find_microphones=find_microphones,
            use_microphone=self.listening.use_microphone,
        )
        self.exports = ExportController(
            self, self.engine, self.file, lambda: self.file_controller.showing, self._settings
        )
        self.transcripts = TranscriptController(self, self.engine, self.file, self._settings)
        self.undo = UndoController(self, self.engine, lambda: self.people_controller.shows_toast)
        self.closing = ClosingController(self, self.engine, self.file)
        self.looks = LooksController(self, self._theme, self.live, self.file, self._shown_facts, self._settings)

    def _commands(self) -> MenuCommands:
        return MenuCommands(
            open_file=self.file_controller.ask,
            export=self.exports.export,
            copy=self.exports.copy,
            label_transcript=self.transcripts.label,
            merge_gaps=self.exports.merge_gaps,
            close=self.close,
            undo=self.undo.undo,
            forget_corrections=self.file_controller.forget_corrections,
            toggle=self.toggle,
            deny=self.listening.deny,
            threshold=self.listening.open_threshold,
            use_model=self.listening.use_model,
            open_model=lambda: questions.ask_for_model(self, self.listening.use_model),
            add_person=self.people_controller.add,
            rebuild=self.people_controller.rebuild,
            sealing=self.people_controller.open_sealing,
            show_part=self.looks.show_part,
            appearance=self.looks.choose_appearance,
            zoom=lambda factor: self._timeline().zoom(factor),
            full_screen=self.looks.toggle_full_screen,
            shortcuts=lambda: questions.show_shortcuts(self, self.menus.keys()),
            data_folder=lambda: questions.open_folder(self, data_dir(self.engine.options.data)),
            about=lambda: questions.show_about(self, data_dir(self.engine.options.data)),
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setMenuBar(self.menus.bar)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, int(1.25 * GRID))
        column.setSpacing(int(1.25 * GRID))
        column.addWidget(self.pages, 1)
        column.addWidget(self.status)
        self.setFocus()

    def _connect(self) -> None:
        self.live.button.clicked.connect(self.toggle)
        self.live.people.build.connect(self.people_controller.rebuild)
        self.live.people.add.connect(self.people_controller.add)
        self.live.people.opened.connect(self.people_controller.open)
        self.live.history.named.connect(self.people_controller.name_turn)
        self.live.who.named.connect(lambda name: self.people_controller.name_turn(self._strange_turn, name))
        for panel in (self.live.history, self.file.panel):
            panel.export.connect(self.exports.export)
            panel.export_button.setMenu(self.menus.exports)
        self.file.progressed.connect(self._show_title)
        ButtonKeys(self, but=self.live.button)
        self.live.too_old.connect(lambda: self.engine.notify(strings.TOO_OLD, good=False))

    def _restore(self, settings: Settings | None) -> None:
        """Look as the last time."""
        self.resize(1080, 760)
        if settings:
            if settings.geometry is not None:
                self.restoreGeometry(settings.geometry)
            self._theme.choose(settings.appearance)
        self.menus.show_appearance(self._theme.appearance)

    def _timeline(self) -> TimelineWidget:
        return (self.file.panel if self.file_controller.showing else self.live.history).timeline

    # ------------------------------------------------------------ orders

    def start(self) -> None:
        """Listen to what the menu says."""
        self.listening.start()

    def toggle(self) -> None:
        """Start, or stop if it is running; on a file's page, play."""
        (self.file if self.file_controller.showing else self.listening).toggle()

    def _resume(self) -> None:
        if self.isVisible():
            self.start()

    # ------------------------------------------------------------ showing

    def draw_frame(self) -> None:
        """Show the newest facts and move what moves."""
        now_s = time.monotonic()
        elapsed_s, self._frame_at_s = now_s - self._frame_at_s, now_s
        if progress := self.people_controller.follow_rebuild():
            self.status.show_view(progress, self.state.model)
        self.crash_notice.show_first()
        if error := self.playback.take_error():
            self.engine.notify(error, good=False)
        self.undo.draw_frame(self.engine.facts, elapsed_s)
        self.closing.draw_frame()
        self.live.ask_who(self._stranger(now_s))
        if facts := self._shown_facts.changed(self.engine.facts, now_s):
            self.show_state(view_state(facts, gender=self.looks.gender_shown))
            self.menus.undo.setEnabled(facts.deed is not None)
            self.menus.show_last(facts.last_speaker if facts.running else None)
        self.show_level(self.engine.sound.levels.read(now_s), elapsed_s)

    def _stranger(self, now_s: float) -> Turn | None:
        """A turn of the unknown voice that may be named now."""
        self._strange_turn = self._strangers.look(self.engine.facts, now_s) or (
            self._strange_turn if self.live.who.busy else None
        )
        return self._strange_turn

    def show_state(self, state: ViewState) -> None:
        """Show what follows from the facts; parts that did not change are left alone."""
        before, self.state = self.state, state
        self.live.show_state(state)
        if before is None or (before.status, before.model) != (state.status, state.model):
            self.status.show_view(state.status, state.model)
        if before is None or before.speaker.text != state.speaker.text:
            self._show_title()
        self.menus.add_person.setEnabled(state.can_change)
        self.menus.rebuild.setEnabled(any(person.stale for person in state.people))
        for action in (self.menus.export, self.menus.copy):
            action.setEnabled(bool(state.scene.turns) or self.file.analysis is not None)
        self.menus.label_transcript.setEnabled(self.file.analysis is not None)

    def _show_title(self, file_progress: str | None = None) -> None:
        """How far the analysis of a file is, or who speaks now. ``file_progress``: what is new of the file."""
        if file_progress is not None:
            if file_progress == self._file_progress:
                return
            self._file_progress = file_progress
        speaker = self.state.speaker if self.state else None
        worth_a_title = speaker is not None and speaker.mood in (Mood.NAMED, Mood.UNKNOWN, Mood.TROUBLE)
        title = strings.WINDOW_TITLE.format(now=speaker.text) if worth_a_title else strings.APP
        self.setWindowTitle(self._file_progress or title)

    def show_level(self, level: Level, elapsed_s: float) -> None:
        """Show the input level, and how far playing is, ``elapsed_s`` after the frame before."""
        if self.pages.currentWidget() is self.live:
            self.live.show_level(level, elapsed_s)
        self.status.advance(elapsed_s)

    # ------------------------------------------------------------ the window itself

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dragged_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.file_controller.drop(event.mimeData()):
            event.acceptProposedAction()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._stopwatch.mark("window shown")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.live.device_menu.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.live.device_menu.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.closing.may_close():
            event.ignore()
            return
        self._timer.stop()
        self.file.close_file()
        self.playback.stop()
        self._settings.geometry = self.saveGeometry()
        self.engine.close()
        event.accept()
