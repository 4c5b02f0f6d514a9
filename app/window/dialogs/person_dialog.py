"""One person: the recordings (hear, remove), another name, more recordings, deleting for good."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.names import new_name
from app.window import strings
from app.window.engine import jobs
from app.window.engine.activity import Answer
from app.window.engine.engine import Engine
from app.window.engine.facts import Notice
from app.window.engine.person_recordings import Recording, recordings_of
from app.window.widgets.playback import Playback
from app.window.widgets.theme import GRID, Theme, restyle, row_of, scaled
from utils import BadInput, clean_name, read_audio


class PersonDialog(QDialog):
    """``record_more`` is emitted, and the dialog closed, when another recording is wanted."""

    record_more = Signal(str)

    def __init__(self, engine: Engine, theme: Theme, name: str, playback: Playback, parent: QWidget | None = None):
        super().__init__(parent)
        self._engine, self._playback = engine, playback
        self.name = name
        self._found: list[Recording] = []
        self._notice = engine.facts.notice
        self._waiting_for: tuple[str, str] | None = None  # what was asked for: ("rename", new), ("delete", name)
        self.list = QListWidget()
        self.list.setAccessibleName(strings.RECORDINGS)
        self.list.setMinimumHeight(120)
        self.list.currentRowChanged.connect(lambda _: self._show_buttons())
        self.list.itemActivated.connect(lambda _: self.play())
        self.heading = QLabel()
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setWordWrap(True)
        self.heading.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.summary, self.message = QLabel(), QLabel()
        self.summary.setProperty("role", "muted")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.name_edit = QLineEdit(name)
        self.name_edit.setAccessibleName(strings.NAME_LABEL)
        self.name_edit.setMaxLength(120)
        self.rename_button = QPushButton(strings.RENAME)
        self.play_button, self.remove_button = QPushButton(strings.PLAY), QPushButton(strings.REMOVE)
        self.more_button, self.delete_button = QPushButton(strings.RECORD_MORE), QPushButton(strings.DELETE)
        self.delete_button.setProperty("danger", True)
        self._build()
        self._show_name()
        self.reload()
        self._timer = QTimer(self, interval=100)
        self._timer.timeout.connect(self._poll)
        self._timer.start()
        self.resize(520, 460)

    def _build(self) -> None:
        close = QPushButton(strings.CLOSE)
        close.setProperty("primary", True)
        close.setDefault(True)
        for button, order in (
            (self.rename_button, self.rename),
            (self.play_button, self.play),
            (self.remove_button, self.remove),
            (self.more_button, self._more),
            (self.delete_button, self.delete),
            (close, self.accept),
        ):
            button.clicked.connect(order)
            if button is not close:
                button.setAutoDefault(False)
        self.name_edit.textChanged.connect(lambda _: self._show_buttons())
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.heading)
        column.addWidget(self.summary)
        column.addLayout(row_of(self.name_edit, self.rename_button))
        column.addSpacing(GRID)
        column.addWidget(self.list, 1)
        column.addLayout(row_of(self.play_button, self.remove_button, None, self.more_button))
        column.addWidget(self.message)
        column.addSpacing(GRID)
        column.addLayout(row_of(self.delete_button, None, close))

    # ------------------------------------------------------------ orders

    def reload(self) -> None:
        self._answer: Answer[list[Recording]] | None = self._engine.ask(recordings_of(self.name))

    def rename(self) -> None:
        self._waiting_for = ("rename", clean_name(self.name_edit.text()))
        self._engine.submit(jobs.rename(self.name, self._waiting_for[1]))

    def play(self) -> None:
        """Hear the chosen recording, or be silent."""
        recording = self.chosen
        if self._playback.cursor_s is not None:
            self._playback.stop()
        elif recording is not None:
            self._playback.play(lambda: read_audio(recording.path), 0.0)

    def remove(self) -> None:
        if self.chosen is not None:
            self._playback.stop()
            self._waiting_for = ("remove", self.name)
            self._engine.submit(jobs.remove_sample(self.name, self.chosen.file))

    def delete(self) -> None:
        """Delete the person for good, after asking."""
        if self.confirm(strings.DELETE_QUESTION.format(name=self.name), strings.DELETE_DETAIL):
            self._playback.stop()
            self._waiting_for = ("delete", self.name)
            self._engine.submit(jobs.delete(self.name))

    def confirm(self, question: str, detail: str) -> bool:
        box = QMessageBox(QMessageBox.Icon.Warning, strings.APP, question, parent=self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(detail.format(count=strings.recordings(len(self._found))))
        yes = box.addButton(strings.DELETE_YES, QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(strings.CANCEL, QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is yes

    def _more(self) -> None:
        self.accept()
        self.record_more.emit(self.name)

    def done(self, result: int) -> None:
        self._timer.stop()
        self._playback.stop()
        super().done(result)

    # ------------------------------------------------------------ showing

    @property
    def chosen(self) -> Recording | None:
        row = self.list.currentRow()
        return self._found[row] if 0 <= row < len(self._found) else None

    def _poll(self) -> None:
        """Show what has come from the engine since the last time."""
        if self._answer is not None and self._answer.value is not None:
            self._found, self._answer = self._answer.value, None
            self._fill()
        notice = self._engine.facts.notice
        if notice is not self._notice:
            self._notice = notice
            self._take_notice(notice)
        if error := self._playback.take_error():
            self._show_message(Notice(error, good=False))
        playing = self._playback.cursor_s is not None
        self.play_button.setText(strings.PLAY_STOP if playing else strings.PLAY)

    def _take_notice(self, notice: Notice | None) -> None:
        """What became of an order."""
        order, self._waiting_for = self._waiting_for, None
        if notice is None or order is None:
            return
        if notice.good and order[0] == "delete":
            self.accept()
            return
        if notice.good and order[0] == "rename":
            self.name = order[1]
            self._show_name()
        self._show_message(notice)
        self.reload()

    def _show_message(self, notice: Notice) -> None:
        self.message.setText(strings.capitalised(notice.text))
        self.message.setProperty("role", "good" if notice.good else "error")
        restyle(self.message)

    def _show_name(self) -> None:
        self.setWindowTitle(self.name)
        self.heading.setText(self.name)
        self.delete_button.setText(strings.DELETE)
        self.name_edit.setText(self.name)
        self._show_buttons()

    def _fill(self) -> None:
        row = self.list.currentRow()
        self.list.clear()
        for number, recording in enumerate(self._found, 1):
            self.list.addItem(QListWidgetItem(describe(number, recording)))
        self.list.setCurrentRow(min(max(row, 0), len(self._found) - 1))
        total = sum(recording.seconds for recording in self._found)
        self.summary.setText(
            strings.RECORDINGS_SUMMARY.format(count=strings.recordings(len(self._found)), time=strings.clock(total))
        )
        self._show_buttons()

    def _show_buttons(self) -> None:
        try:
            new = clean_name(self.name_edit.text())
            new = new if new == self.name else new_name(new)
        except BadInput:
            new = self.name
        self.rename_button.setEnabled(new != self.name)
        self.play_button.setEnabled(self.chosen is not None)
        self.remove_button.setEnabled(self.chosen is not None and len(self._found) > 1)
        self.remove_button.setToolTip("" if len(self._found) > 1 else strings.LAST_SAMPLE.format(name=self.name))


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
