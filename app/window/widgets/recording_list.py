"""A person's recordings, one line each: Enter hears one, Delete removes it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.window import strings
from app.window.engine.person_recordings import Recording


class RecordingList(QListWidget):
    """``played`` and ``removed``: the chosen one is to be heard, or to go."""

    played = Signal()
    removed = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.recordings: tuple[Recording, ...] = ()
        self.setAccessibleName(strings.RECORDINGS)
        self.setMinimumHeight(120)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # a long line ends in dots
        self.itemDoubleClicked.connect(lambda _: self.played.emit())

    @property
    def chosen(self) -> Recording | None:
        row = self.currentRow()
        return self.recordings[row] if 0 <= row < len(self.recordings) else None

    def show_recordings(self, recordings: tuple[Recording, ...]) -> None:
        """The line that was chosen stays chosen, or the one that took its place."""
        row, self.recordings = self.currentRow(), recordings
        self.clear()
        for number, recording in enumerate(recordings, 1):
            self.addItem(QListWidgetItem(describe(number, recording)))
        self.setCurrentRow(min(max(row, 0), len(recordings) - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:  # not for the dialog, whose button would close it
                self.played.emit()
            case Qt.Key.Key_Delete:
                self.removed.emit()
            case _:
                super().keyPressEvent(event)


def describe(number: int, recording: Recording) -> str:
    """One line: when, how long, where from."""
    try:
        at = datetime.fromisoformat(recording.recorded_at)
        when = at.astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        when = ""
    seconds = strings.SECONDS.format(seconds=recording.seconds)
    return strings.DETAILS_SEPARATOR.join(
        part for part in (f"{number}", when, seconds, recording.position, recording.device) if part
    )
