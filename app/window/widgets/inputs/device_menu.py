"""The menu of microphones. A thread looks for them; the menu never waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from app.audio.devices import BOTH, COMPUTER
from app.window import strings
from app.window.widgets import painting
from app.window.widgets.inputs.device_search import DeviceSearch, Inputs, microphone_inputs
from app.window.widgets.theme import Theme


class DeviceMenu(QComboBox):
    """``device`` is what was chosen, None for the default; ``chosen`` is emitted when the user chooses."""

    chosen = Signal()
    looked = Signal()
    """There is something new about the inputs."""

    def __init__(
        self,
        theme: Theme,
        *,
        device: str | None = None,
        find: Callable[[], Inputs] = microphone_inputs,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._theme, self._find = theme, find
        self._search: DeviceSearch | None = None
        self._found: Inputs = []
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._poll_search)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(18)
        self.setMaximumWidth(480)
        self.setAccessibleName(strings.DEVICE)
        self.setToolTip(strings.DEVICE_TIP)
        self.activated.connect(lambda _: self.chosen.emit())
        theme.changed.connect(self.update)
        self._fill([], device)

    @property
    def device(self) -> str | None:
        return self.currentData()

    @property
    def microphone(self) -> str | None:
        """What one person is recorded with: of both inputs the microphone."""
        return None if self.device == BOTH else self.device

    @property
    def channels(self) -> int:
        """How many channels of the input can be chosen; 0 if none can, or that is not known."""
        counts = self._found if isinstance(self._found, Mapping) else {}
        return counts.get(self.device, 0) if self.isEnabled() else 0

    def show_file(self, name: str) -> None:
        """A file is played: there is nothing to choose."""
        self.clear()
        self.addItem(name)
        self.setEnabled(False)

    def refresh(self) -> None:
        """Look for microphones, in a thread; the entries change when it is done."""
        if self._search is None and self.isEnabled():
            self._search = DeviceSearch(self._find)
            self._timer.start()

    @property
    def searching(self) -> bool:
        """Whether a look for microphones is under way."""
        return self._search is not None

    def close_search(self, timeout_s: float) -> None:
        """Wait for a look that is under way: the sound system must not be shut down in the middle of it."""
        self._timer.stop()
        if self._search is not None:
            self._search.join(timeout_s)

    def showPopup(self) -> None:
        self.refresh()
        super().showPopup()

    def _poll_search(self) -> None:
        """Take what the search found, once it has come to an end."""
        if self._search is None or self._search.found is None:
            return
        found, self._search = self._search.found, None
        self._timer.stop()
        if found != self._found:
            self._fill(found, self.device)
            if self.view().isVisible():
                super().showPopup()  # lays the open list out again
            self.looked.emit()

    def _fill(self, found: Inputs, device: str | None) -> None:
        """Entries for what was found, with ``device`` chosen, even if it is not there at the moment."""
        self._found, names = found, [name for name in found if name is not None]
        self.clear()
        self.addItem(strings.DEFAULT_DEVICE, None)
        self.addItem(strings.COMPUTER_DEVICE, COMPUTER)
        self.addItem(strings.BOTH_DEVICE, BOTH)
        if names:
            self.insertSeparator(self.count())
        for name in names:
            self.addItem(name, name)
        if device is not None:
            index = self._place_of(device)
            if index is None:
                self.addItem(self._absent(device), device)
                index = self.count() - 1
            self.setCurrentIndex(index)

    def _place_of(self, device: str) -> int | None:
        """The entry that a device is, by its whole name or else by a part of it."""
        entries = [str(self.itemData(i) or "").casefold() for i in range(self.count())]
        part = device.casefold()
        whole = (i for i, entry in enumerate(entries) if entry == part)
        parts = (i for i, entry in enumerate(entries) if i > 2 and part and part in entry)
        return next(whole, next(parts, None))

    def _absent(self, device: str) -> str:
        """What to call a chosen device that is not among the names."""
        if device.isdecimal():  # the command line takes PortAudio's numbers too
            return strings.DEVICE_NUMBER.format(number=device)
        return strings.DEVICE_GONE.format(device=device) if self._found else device

    # ------------------------------------------------------------ look

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it as usual, but with a long name cut by an ellipsis, and an arrow in the colours of the theme."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field: QRect = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, field.width() - 8
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        if self.isEnabled():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(painting.round_pen(QColor(self._theme.colours.muted), 1.8))
            centre = QPointF(self.width() - 18, self.height() / 2 + 1)
            painter.drawPolyline([centre + QPointF(-4, -2), centre + QPointF(0, 2.5), centre + QPointF(4, -2)])
        painter.end()
