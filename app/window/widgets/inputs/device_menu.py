"""The menu of microphones. A thread looks for them; the menu never waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app.audio.devices import BOTH, COMPUTER
from app.window import strings
from app.window.widgets.inputs.device_search import DeviceSearch, Inputs, microphone_inputs
from app.window.widgets.inputs.themed_menu import ThemedMenu
from app.window.widgets.theme import Theme


class DeviceMenu(ThemedMenu):
    """``device`` is what was chosen, None for the default; ``chosen`` is emitted when the user chooses.

    ``microphones_only``: one person is recorded, so that what this computer plays is not among the choices.
    """

    chosen = Signal()
    looked = Signal()
    """There is something new about the inputs."""

    def __init__(
        self,
        theme: Theme,
        *,
        device: str | None = None,
        find: Callable[[], Inputs] = microphone_inputs,
        microphones_only: bool = False,
        parent: QWidget | None = None,
    ):
        super().__init__(theme, parent)
        self._find = find
        self._fixed = [(strings.DEFAULT_DEVICE, None)]
        if not microphones_only:
            self._fixed += [(strings.COMPUTER_DEVICE, COMPUTER), (strings.BOTH_DEVICE, BOTH)]
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

    def choose(self, device: str | None) -> None:
        """Show this one as chosen, whether or not it is there."""
        self._fill(self._found, device)

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
        for text, fixed in self._fixed:
            self.addItem(text, fixed)
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
        parts = (i for i, entry in enumerate(entries) if i >= len(self._fixed) and part and part in entry)
        return next(whole, next(parts, None))

    def _absent(self, device: str) -> str:
        """What to call a chosen device that is not among the names."""
        if device.isdecimal():  # the command line takes PortAudio's numbers too
            return strings.DEVICE_NUMBER.format(number=device)
        return strings.DEVICE_GONE.format(device=device) if self._found else device

    # ------------------------------------------------------------ look

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())
