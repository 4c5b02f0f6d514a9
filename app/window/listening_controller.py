"""What the user does to listening: start, stop, another microphone or channel, another model, another threshold."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.session import SessionOptions
from app.window.dialogs.threshold_dialog import ThresholdDialog
from app.window.engine.edits.turns import deny
from app.window.engine.engine import Engine
from app.window.live_page import LivePage
from app.window.settings import Settings
from app.window.widgets.playback import Playback
from app.window.widgets.theme import Theme


class ListeningController:
    """``redraw`` shows at once what a press of a button changed."""

    def __init__(
        self,
        window: QWidget,
        engine: Engine,
        theme: Theme,
        page: LivePage,
        playback: Playback,
        settings: Settings,
        redraw: Callable[[], None],
    ):
        self._window, self._engine, self._theme = window, engine, theme
        self._page, self._playback, self._settings, self._redraw = page, playback, settings, redraw
        self._remembered = remembered_input(engine.options, settings)
        self.threshold_dialog: ThresholdDialog | None = None
        page.device_menu.chosen.connect(self._change_device)
        page.channel_menu.chosen.connect(self._change_channel)

    @property
    def microphone(self) -> tuple[str | None, int | None]:
        """What one person is recorded with: a device, and the only channel of it that is heard."""
        return self._page.device_menu.microphone, self._page.channel_menu.channel

    def use_microphone(self, device: str | None) -> None:
        """Another microphone was chosen elsewhere in the window: this is the one from now on."""
        self._page.device_menu.choose(device)
        self._change_device()

    def start(self) -> None:
        """Listen to what the menus say."""
        self._playback.stop()
        wanted = self._page.device_menu.device, self._page.channel_menu.channel
        self._engine.start(*wanted, or_default=wanted == self._remembered)
        self._redraw()

    def toggle(self) -> None:
        """Start, or stop if it is running."""
        if self._engine.facts.running:
            self._engine.stop()
            self._redraw()
        else:
            self.start()

    def deny(self) -> None:
        """It is not who was named last: another voice from now on."""
        if name := self._engine.facts.last_speaker:
            self._engine.submit(deny(name))

    def _change_device(self) -> None:
        """Another microphone was chosen: change over if one is in use."""
        self._page.choose_channel(None)
        self._keep_input()

    def _change_channel(self, channel: int | None) -> None:
        """Another channel of the microphone was chosen: likewise."""
        self._page.choose_channel(channel)
        self._keep_input()

    def _keep_input(self) -> None:
        self._remembered = None  # this one is meant, now
        self._settings.device, self._settings.channel = self._page.device_menu.device, self._page.channel_menu.channel
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


def given_input(options: SessionOptions) -> tuple[str | None, int | None]:
    """The device that the command line names, and the only channel of it that is to be heard."""
    return options.device, options.channel if isinstance(options.channel, int) else None


def remembered_input(options: SessionOptions, settings: Settings) -> tuple[str | None, int | None] | None:
    """Likewise what was chosen last time; None if the command line says what is to be heard."""
    return None if any(given_input(options)) else (settings.device, settings.channel)
