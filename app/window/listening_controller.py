"""What the user does to listening: start, stop, another microphone, another model, another threshold."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.window.dialogs.threshold_dialog import ThresholdDialog
from app.window.engine.engine import Engine
from app.window.settings import Settings
from app.window.widgets.device_menu import DeviceMenu
from app.window.widgets.playback import Playback
from app.window.widgets.theme import Theme


class ListeningController:
    """``redraw`` shows at once what a press of a button changed."""

    def __init__(
        self,
        window: QWidget,
        engine: Engine,
        theme: Theme,
        device_menu: DeviceMenu,
        playback: Playback,
        settings: Settings,
        redraw: Callable[[], None],
    ):
        self._window, self._engine, self._theme = window, engine, theme
        self._device_menu, self._playback, self._settings, self._redraw = device_menu, playback, settings, redraw
        self._remembered_device = None if engine.options.device else settings.device
        self.threshold_dialog: ThresholdDialog | None = None
        device_menu.chosen.connect(self._change_device)

    def start(self) -> None:
        """Listen to what the menu says."""
        self._playback.stop()
        device = self._device_menu.device
        self._engine.start(device, or_default=device is not None and device == self._remembered_device)
        self._redraw()

    def toggle(self) -> None:
        """Start, or stop if it is running."""
        if self._engine.facts.running:
            self._engine.stop()
            self._redraw()
        else:
            self.start()

    def _change_device(self) -> None:
        """Another microphone was chosen: change over if one is in use."""
        self._remembered_device = None  # this one is meant, now
        self._settings.device = self._device_menu.device
        if self._engine.facts.running:
            self.start()

    def use_model(self, model: str) -> None:
        """Take another model from now on: it is loaded, and downloaded first if it has to be."""
        running = self._engine.facts.running
        self._engine.use_model(model)
        self._settings.model = model
        if running:
            self.start()

    def open_threshold(self) -> None:
        """Show what a threshold costs, and move it."""
        self.threshold_dialog = ThresholdDialog(self._engine, self._theme, self._window)
        self.threshold_dialog.chosen.connect(self._keep_threshold)
        self.threshold_dialog.open()

    def _keep_threshold(self, threshold: float | None) -> None:
        self._settings.keep_threshold(self._engine.options.model, threshold)
