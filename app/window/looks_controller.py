"""What the user does to the looks: which parts are shown, light or dark, full screen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.window.file_page import FilePage
from app.window.live_page import LivePage
from app.window.settings import Settings
from app.window.view.shown_facts import ShownFacts
from app.window.widgets.theme import Appearance, Theme


class LooksController:
    """``gender_shown``: whether the estimate is wanted, for whoever turns facts into what is shown."""

    def __init__(
        self, window: QWidget, theme: Theme, live: LivePage, file: FilePage, facts: ShownFacts, settings: Settings
    ):
        self._window, self._theme, self._settings = window, theme, settings
        self._live, self._file, self._facts = live, file, facts
        self.gender_shown = settings.shown("gender")
        for part in ("timeline", "spectrogram"):
            self.show_part(part, settings.shown(part))

    def show_part(self, part: str, wanted: bool) -> None:
        """Show or hide the "timeline", the "spectrogram" or the "gender" estimate."""
        match part:
            case "timeline":
                self._live.show_timeline(wanted)
            case "spectrogram":
                for timeline in (self._live.history.timeline, self._file.panel.timeline):
                    timeline.spectrogram = wanted
                    timeline.update()
            case "gender":
                self.gender_shown = wanted
                self._facts.forget()
        self._settings.show(part, wanted)

    def choose_appearance(self, appearance: Appearance) -> None:
        self._theme.choose(appearance)
        self._settings.appearance = appearance

    def toggle_full_screen(self) -> None:
        self._window.showNormal() if self._window.isFullScreen() else self._window.showFullScreen()
