"""The card with the timeline: above it what can be done with the piece that was chosen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.engine.spectrogram import MelSpectrogram
from app.window.view.timeline import TimelineScene
from app.window.widgets import painting
from app.window.widgets.elided_label import ElidedLabel
from app.window.widgets.theme import GRID, Theme, scaled
from app.window.widgets.timeline import TimelineWidget

MOST_IN_MENU = 12
"""People that a menu can hold; of more one is searched for."""


class TimelinePanel(QFrame):
    """``show_people`` says whose voice it may have been. Orders leave as signals."""

    play = Signal(object)
    """A turn is to be heard; None: be silent."""
    named = Signal(object, object)
    """(turn, name): it was this person; a name of None asks for a new one."""
    export = Signal()

    def __init__(self, theme: Theme, mel: MelSpectrogram, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._playing = False
        self._people: tuple[str, ...] = ()
        self._can_name = True
        self.setObjectName("card")
        self.timeline = TimelineWidget(theme, mel)
        self.title = ElidedLabel(strings.TIMELINE)
        self.title.setFont(scaled(self.font(), 1.0, QFont.Weight.DemiBold))
        self.play_button = _tool(strings.PLAY, strings.PLAY_TIP)
        self.play_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.name_button = _tool(strings.WHO_WAS_THAT, strings.WHO_WAS_THAT_TIP)
        self.name_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.name_menu = QMenu(self.name_button)
        self.name_button.setMenu(self.name_menu)
        self.latest_button = _tool(strings.LATEST, strings.LATEST_TIP)
        self.out_button, self.in_button = _tool("\u2212", strings.ZOOM_OUT), _tool("+", strings.ZOOM_IN)
        self.export_button = _tool(strings.EXPORT, strings.EXPORT_TIP)
        self.export_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        buttons = (self.play_button, self.name_button, self.latest_button)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.title, 1)
        for button in (*buttons, self.out_button, self.in_button, self.export_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, int(1.25 * GRID), 2 * GRID, int(1.25 * GRID))
        column.setSpacing(GRID // 2)
        column.addLayout(row)
        column.addWidget(self.timeline, 1)
        self._connect()
        self._show_choice(None)
        self._show_follow()

    def _connect(self) -> None:
        timeline = self.timeline
        timeline.picked.connect(self._show_choice)
        timeline.played.connect(self.play)
        timeline.asked.connect(lambda turn, position: self._popup(position))
        timeline.moved.connect(self._show_follow)
        self.play_button.clicked.connect(lambda: self.play.emit(None if self._playing else timeline.selected))
        self.latest_button.clicked.connect(timeline.follow)
        self.in_button.clicked.connect(lambda: timeline.zoom(0.7))
        self.out_button.clicked.connect(lambda: timeline.zoom(1 / 0.7))
        self.export_button.clicked.connect(self.export)
        self._theme.changed.connect(self._show_play)

    # ------------------------------------------------------------ what is shown

    def show_scene(self, scene: TimelineScene) -> None:
        before = self.timeline.selected
        self.timeline.show_scene(scene)
        self.export_button.setEnabled(bool(scene.turns))
        if self.timeline.selected != before:
            self._show_choice(self.timeline.selected)

    def show_people(self, people: tuple[str, ...], *, can_name: bool = True) -> None:
        """Whom a voice may be given to; ``can_name`` False: to nobody."""
        if (people, can_name) == (self._people, self._can_name) and self.name_menu.actions():
            return
        self._people, self._can_name = people, can_name
        self.name_menu.clear()
        many = len(people) > MOST_IN_MENU
        for name in people[: 0 if many else None]:
            self.name_menu.addAction(
                name.replace("&", "&&"), lambda name=name: self.named.emit(self.timeline.selected, name)
            )
        self.name_menu.addSeparator()
        other = strings.SOMEBODY_ELSE if many else strings.NEW_PERSON
        self.name_menu.addAction(other, lambda: self.named.emit(self.timeline.selected, None))
        self._show_choice(self.timeline.selected)

    def show_playing(self, cursor_s: float | None) -> None:
        """Show where sound is being played; None is nowhere."""
        self.timeline.cursor_s = cursor_s
        if (cursor_s is not None) != self._playing:
            self._playing = cursor_s is not None
            self._show_play()
            self._show_choice(self.timeline.selected)

    def _show_choice(self, turn: Turn | None) -> None:
        self.title.setText(self.timeline.describe(turn) if turn else strings.TIMELINE)
        self.play_button.setVisible(turn is not None or self._playing)
        self.name_button.setVisible(turn is not None and self._can_name)
        self._show_play()
        self._show_follow()

    def _show_play(self) -> None:
        draw = painting.stop_sign if self._playing else painting.start_sign
        self.play_button.setText(strings.PLAY_STOP if self._playing else strings.PLAY)
        self.play_button.setAccessibleName(self.play_button.text())
        colour = QColor(self._theme.colours.text)
        self.play_button.setIcon(painting.icon(draw, colour, self.devicePixelRatioF()))

    def _show_follow(self) -> None:
        self.latest_button.setVisible(not self.timeline.viewport.follow)

    def _popup(self, position: QPoint) -> None:
        if self._can_name:
            self.name_menu.popup(position)


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
