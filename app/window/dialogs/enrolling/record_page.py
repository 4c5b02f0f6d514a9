"""The page of an enrolment on which one reads: microphone and level above, dots, the scene, what is wrong, buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.enrolment.sentences import languages
from app.window import strings
from app.window.dialogs.enrolling.scenes import Scenes
from app.window.engine.levels import Level
from app.window.view.enrol_view import EnrolView, Scene
from app.window.widgets.elided_label import ElidedLabel
from app.window.widgets.enrol.labels import wrapped_label
from app.window.widgets.enrol.progress_dots import ProgressDots
from app.window.widgets.inputs.device_menu import DeviceMenu
from app.window.widgets.inputs.device_search import Inputs
from app.window.widgets.inputs.themed_menu import ThemedMenu
from app.window.widgets.level_meter import LevelMeter, loudness
from app.window.widgets.theme import GRID, Theme, restyle, row_of, scaled

LONGEST_NAME = 160
"""On a button, in pixels."""


class RecordPage(QWidget):
    """Shows an ``EnrolView``; what is pressed becomes a signal."""

    language_chosen = Signal(str)
    talk_chosen = Signal(bool)

    def __init__(self, theme: Theme, *, device: str | None, find: Callable[[], Inputs], language: str, just_talk: bool):
        super().__init__()
        self.device_menu = DeviceMenu(theme, device=device, find=find, microphones_only=True)
        self.device_menu.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.meter = LevelMeter(theme)
        self.heading = ElidedLabel()
        self.heading.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.dots, self.scenes = ProgressDots(theme), Scenes(theme)
        self.hint = wrapped_label("")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setFixedHeight(round(2.6 * self.fontMetrics().height()))
        self.language_menu = self._make_language_menu(theme, language)
        self.talk_box = QPushButton(strings.JUST_TALK)
        self.talk_box.setCheckable(True)
        self.talk_box.setToolTip(strings.JUST_TALK_TIP)
        self.talk_box.setChecked(just_talk)
        self.talk_box.toggled.connect(self.talk_chosen)
        self.cancel_button, self.redo_button = QPushButton(strings.CANCEL), QPushButton(strings.REDO)
        self.finish_button, self.anyway_button = QPushButton(strings.FINISH), QPushButton(strings.ENROL_ANYWAY)
        self.more_button, self.go_button = QPushButton(strings.ONE_MORE), QPushButton(strings.BEGIN)
        self.go_button.setProperty("primary", True)
        self._plays_file = False
        self._lay_out()

    def _make_language_menu(self, theme: Theme, language: str) -> ThemedMenu:
        menu = ThemedMenu(theme)
        for one in languages():
            menu.addItem(one.name, one.code)
        menu.setCurrentIndex(menu.findData(language))
        menu.setMaxVisibleItems(12)
        menu.setAccessibleName(strings.LANGUAGE)
        menu.setToolTip(strings.LANGUAGE_TIP)
        menu.activated.connect(lambda _: self.language_chosen.emit(menu.currentData()))
        return menu

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(2 * GRID)
        header.addWidget(self.device_menu, 3)
        header.addWidget(self.meter, 2)
        title = QHBoxLayout()
        title.setSpacing(GRID)
        title.addWidget(self.heading, 1)
        title.addWidget(self.language_menu)
        title.addWidget(self.talk_box)
        title.addSpacing(GRID)
        title.addWidget(self.dots)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(header)
        column.addSpacing(GRID)
        column.addLayout(title)
        column.addWidget(self.scenes, 1)
        column.addWidget(self.hint)
        column.addLayout(
            row_of(
                self.cancel_button,
                None,
                self.redo_button,
                self.finish_button,
                self.anyway_button,
                self.more_button,
                self.go_button,
            )
        )

    @property
    def language(self) -> str:
        return self.language_menu.currentData()

    def show_view(self, view: EnrolView, ink: int | None) -> None:
        """``ink``: the colour of whose name is shown."""
        self.heading.setText(view.heading)
        self.dots.show_dots(view.dots, short=bool(view.missing))
        self.scenes.show_view(view, self.language, self.talk_box.isChecked(), ink)
        if self.hint.text() != view.hint or self.hint.property("role") != view.severity:
            self.hint.setText(view.hint)
            self.hint.setProperty("role", view.severity)
            restyle(self.hint)
        for widget in (self.language_menu, self.talk_box):
            widget.setVisible(view.can_choose)
        self.device_menu.setEnabled(view.can_choose and not self._plays_file)
        whose = self.fontMetrics().elidedText(view.twice, Qt.TextElideMode.ElideRight, LONGEST_NAME)
        go_on = view.go_on or strings.BEGIN  # while it is hidden, too, it has a name
        self.go_button.setText(strings.ADD_TO.format(name=whose) if view.twice else go_on)
        self.go_button.setToolTip(view.twice if whose != view.twice else "")
        self.go_button.setVisible(bool(view.twice or view.go_on))
        self.go_button.setEnabled(bool(view.twice or view.go_on))
        self.anyway_button.setVisible(bool(view.twice))
        self.more_button.setVisible(view.missing > 0)
        self.cancel_button.setVisible(not view.done)
        self.redo_button.setText(strings.TRY_AGAIN if view.failed else strings.REDO)
        self.redo_button.setVisible(view.can_redo)
        self.finish_button.setVisible(view.can_finish)

    def show_level(self, view: EnrolView, level_db: float) -> None:
        """The level, in the meter and, while one reads, in the ring."""
        live = not (view.failed or view.busy)
        self.meter.show_level(Level(level_db, level_db), running=live)
        moved = loudness(level_db) if live else 0.0
        note = "" if view.done else view.ring_note
        text = view.ring if view.scene is Scene.READING else ""
        done = view.scene is Scene.KEPT
        self.scenes.ring.show_progress(view.share, text, note, loudness=moved, done=done, failed=view.failed)
        self.scenes.name.advance(moved, 1 / 30)

    def show_file(self, name: str) -> None:
        """A file plays the microphone: there is no other to choose."""
        self._plays_file = True
        self.device_menu.show_file(name)
