"""The page of the microphone: who is speaking, the people, and who spoke when."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.audio.devices import BOTH
from app.diarisation.timeline import Turn
from app.window import strings
from app.window.engine.levels import Level
from app.window.engine.live_sound import LiveSound
from app.window.view.view_state import ViewState
from app.window.widgets.inputs.channel_menu import ChannelMenu
from app.window.widgets.inputs.device_menu import DeviceMenu
from app.window.widgets.inputs.device_search import Inputs
from app.window.widgets.inputs.who_is_this import WhoIsThis
from app.window.widgets.level_meter import LevelMeter, loudness
from app.window.widgets.match_bar import MatchBar
from app.window.widgets.people_panel import PeoplePanel
from app.window.widgets.playback import LEAD_S, Playback
from app.window.widgets.speaker_card import SpeakerCard
from app.window.widgets.start_button import StartButton
from app.window.widgets.theme import GRID, Theme, row_of
from app.window.widgets.timeline_panel import TimelinePanel

TIMELINE_LINES = 23
"""Lines of text that the page must be high for the timeline to be shown."""


class LivePage(QWidget):
    """Shows a ``ViewState``, and plays what was heard; its other controls are connected by the main window."""

    too_old = Signal()
    """A piece cannot be played any more."""

    def __init__(
        self,
        theme: Theme,
        sound: LiveSound,
        playback: Playback,
        *,
        device: str | None,
        channel: int | None,
        find_microphones: Callable[[], Inputs],
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._sound, self._playback = sound, playback
        self.state: ViewState | None = None
        self.device_menu = DeviceMenu(theme, device=device, find=find_microphones)
        self.channel_menu = ChannelMenu(strings.MICROPHONE_CHANNEL_TIP)
        self.channel_menu.setMinimumHeight(self.device_menu.sizeHint().height())
        self.device_menu.looked.connect(lambda: self.choose_channel(self.channel_menu.channel))
        self.meter = LevelMeter(theme)
        self.button = StartButton(theme)
        self.button.setMinimumHeight(self.device_menu.sizeHint().height())
        self.speaker_card, self.match = SpeakerCard(theme), MatchBar(theme)
        self.who = WhoIsThis()
        self.people = PeoplePanel(theme)
        self.history = TimelinePanel(theme, sound.mel)
        self.history.play.connect(self._play)
        self.history.timeline.sought.connect(lambda _: playback.stop())
        self._timeline_wanted = True
        self._build()
        self.choose_channel(channel)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        input_row = row_of(self.device_menu, self.channel_menu)
        input_row.setStretch(0, 1)
        top.addLayout(input_row, 2)
        top.addWidget(self.meter, 3)
        top.addWidget(self.button)
        middle = QHBoxLayout()
        middle.setSpacing(int(1.5 * GRID))
        middle.addWidget(self._speaker_frame(), 5)
        middle.addWidget(self.people, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(int(1.5 * GRID))
        column.addLayout(top)
        column.addLayout(middle, 5)
        column.addWidget(self.history, 3)
        order = (
            self.button,
            self.device_menu,
            self.channel_menu,
            self.who.field,
            self.who.button,
            self.people.search,
            self.people.list,
            self.people.build_button,
            self.people.add_button,
            self.history.timeline,
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
        for control in (self.button, self.device_menu, self.channel_menu):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the frame around it is for those who use the keyboard

    def _speaker_frame(self) -> QFrame:
        self._card = QFrame()
        self._card.setObjectName("card")
        column = QVBoxLayout(self._card)
        column.setSpacing(GRID)
        column.addWidget(self.speaker_card, 1)
        column.addWidget(self.who)
        column.addWidget(self.match)
        return self._card

    def choose_channel(self, channel: int | None) -> None:
        """Show this channel of the microphone as chosen, None for all; of both inputs, or a file, one cannot be."""
        choice = self.device_menu.isEnabled() and self.device_menu.device != BOTH
        self.channel_menu.offer(self.device_menu.channels if choice else 0, channel if choice else None)

    def _play(self, turn: Turn | None) -> None:
        """Play a piece of the last minutes; None is silence."""
        if turn is None:
            self._playback.stop()
            return
        start_s = max(turn.start_s - LEAD_S, self._sound.recent.start_s)
        samples = self._sound.recent.between(start_s, turn.end_s + LEAD_S)
        if len(samples):
            self._playback.play(samples, start_s)
        else:
            self.too_old.emit()

    # ------------------------------------------------------------ showing

    def show_state(self, state: ViewState) -> None:
        """Show what follows from the facts; parts that did not change are left alone."""
        before, self.state = self.state, state
        if before is None or (before.running, before.downloading) != (state.running, state.downloading):
            self.button.show_running(state.running, downloading=state.downloading)
        if before is None or before.speaker != state.speaker:
            self.speaker_card.show_view(state.speaker)
        if before is None or before.match != state.match:
            self.match.show_view(state.match)
        people = (state.people, state.nobody, state.needed, state.can_change)
        if before is None or (before.people, before.nobody, before.needed, before.can_change) != people:
            self.people.show_people(state.people, state.needed, nobody=state.nobody, can_change=state.can_change)
            names = tuple(person.name for person in state.people)
            self.history.show_people(names, can_name=state.can_change)
        if before is None or before.scene != state.scene:
            self.history.show_scene(state.scene)

    def ask_who(self, stranger: Turn | None) -> None:
        """Ask whose voice this turn was; None: nobody's. Whoever types is not interrupted."""
        if stranger is not None or not self.who.busy:
            names = tuple(person.name for person in self.state.people) if self.state else ()
            self.who.ask("" if stranger is None else str(stranger.label), names)

    def show_level(self, level: Level, elapsed_s: float) -> None:
        """Show the input level, and how far playing is, ``elapsed_s`` after the frame before."""
        self.history.timeline.playable_from_s = self._sound.recent.start_s
        self.history.show_playing(self._playback.cursor_s)
        running = bool(self.state and self.state.running)
        self.meter.show_level(level, running=running)
        self.speaker_card.advance(loudness(level.db), elapsed_s)
        self.match.advance(elapsed_s)
        self.history.timeline.advance(elapsed_s, running=running)

    def show_timeline(self, wanted: bool) -> None:
        self._timeline_wanted = wanted
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """In a small window who is speaking comes first."""
        line = QFontMetricsF(self.font()).height()
        self.history.setVisible(self._timeline_wanted and self.height() >= TIMELINE_LINES * line)
        margin = int(3 * GRID if self.height() > 34 * line else 1.5 * GRID)
        self._card.layout().setContentsMargins(margin, margin, margin, margin)
