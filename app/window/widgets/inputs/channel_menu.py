"""The menu of channels, of a file or of a microphone: all of them together, one, or each by itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.audio.channels_source import EACH
from app.audio.mixing import MOST_CHANNELS
from app.audio.reading.mixed import MOST_APART
from app.window import strings

Channel = int | str | None
"""A number, from 1 on; "each" of them by itself; None: all of them, mixed."""


class ChannelMenu(QPushButton):
    """A button that says what is heard. It is there only where something can be chosen."""

    chosen = Signal(object)
    """The user wants this ``Channel``. What is shown changes with ``offer``, not before."""

    def __init__(self, tip: str, *, each: bool = False, parent: QWidget | None = None):
        """``each``: offer to hear each channel by itself, too."""
        super().__init__(parent)
        self._each, self._offered = each, (1, None)
        self.setAccessibleDescription(tip)
        self.setToolTip(tip)
        self.menu_of_channels = QMenu(self)
        self.setMenu(self.menu_of_channels)
        self.hide()

    @property
    def channel(self) -> Channel:
        """What is shown as chosen."""
        return self._offered[1]

    def offer(self, channels: int, channel: Channel) -> None:
        """Show this choice, of so many channels. A number above them is kept, and said to be missing."""
        self.setVisible(channels > 1 or channel is not None)
        if (channels, channel) == self._offered and self.menu_of_channels.actions():
            return
        self._offered = channels, channel
        for action in self.menu_of_channels.actions():
            self.menu_of_channels.removeAction(action)
            action.deleteLater()  # not at once: it may be the one that is being triggered
        self._group = QActionGroup(self)
        self._add(strings.ALL_TOGETHER, None, most=MOST_CHANNELS)
        numbers = list(range(1, channels + 1)) if channels > 1 else []
        if isinstance(channel, int) and channel not in numbers:
            numbers.append(channel)
        for number in numbers:
            self._add(channel_name(number, channels), number)
        if self._each:
            self.menu_of_channels.addSeparator()
            self._add(strings.EACH_BY_ITSELF, EACH, most=MOST_APART)
        self.setText(strings.OPENS_MENU.format(text=channel_name(channel, channels)))
        self.setAccessibleName(strings.CHANNEL_CHOICE.format(choice=channel_name(channel, channels)))

    def _add(self, text: str, channel: Channel, most: int | None = None) -> None:
        """``most``: of more channels than these it cannot be had."""
        possible = most is None or self._offered[0] <= most
        action = self.menu_of_channels.addAction(text if possible else strings.AT_MOST.format(text=text, most=most))
        action.setData(channel)
        action.setEnabled(possible)
        action.setCheckable(True)
        action.setChecked(channel == self.channel)
        action.triggered.connect(lambda _: self._choose(channel))
        self._group.addAction(action)

    def _choose(self, channel: Channel) -> None:
        if channel != self.channel:
            self.chosen.emit(channel)
        for action in self._group.actions():  # as it is now: perhaps somebody has to be asked first
            action.setChecked(action.data() == self.channel)


def channel_name(channel: Channel, channels: int) -> str:
    """What to call a choice, of so many channels; 0 is not known how many."""
    if channel is None:
        return strings.ALL_CHANNELS
    if channel == EACH:
        return strings.EACH_CHANNEL
    name = strings.CHANNEL_NUMBER.format(channel=channel)
    return strings.CHANNEL_GONE.format(channel=name) if channels and channel > channels else name
