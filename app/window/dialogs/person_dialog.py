"""One person: the recordings (hear, remove), another name, more recordings, deleting for good."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from app.names import new_name, shown_name
from app.voiceprints.recordings import read_recording
from app.window import strings
from app.window.dialogs import questions
from app.window.engine.activity import Answer, Job
from app.window.engine.edits import offers
from app.window.engine.edits import people as jobs
from app.window.engine.engine import Engine
from app.window.engine.person_recordings import PersonNow, person_now
from app.window.keys import ENTER, NameEdit
from app.window.widgets.inputs.themed_menu import ThemedMenu
from app.window.widgets.learning.person_learning import PersonLearning, known_on
from app.window.widgets.playback import Playback
from app.window.widgets.recording_list import RecordingList
from app.window.widgets.theme import GRID, Theme, restyle, row_of, scaled
from app.window.widgets.toast import Toast
from utils import BadInput

POLL_MS = 100


class PersonDialog(QDialog):
    """``record_more`` is emitted, and the dialog closed, when another recording is wanted.

    It follows what happens to the person elsewhere: another name, another recording, nobody any more.
    """

    record_more = Signal(str)

    def __init__(self, engine: Engine, theme: Theme, name: str, playback: Playback, parent: QWidget | None = None):
        super().__init__(parent)
        self._engine, self._playback = engine, playback
        self.name = name
        self.question: QMessageBox | None = None
        """The one that was asked last."""
        self._order: Answer[None] | None = None  # what was asked for, until it is done
        self._after: Callable[[], None] = lambda: None  # follows when that went well
        self._read = -1  # when people were read for what is shown
        self._answer: Answer[PersonNow] | None = None
        self.list = RecordingList()
        self.list.currentRowChanged.connect(lambda _: self._show_buttons())
        self.list.played.connect(self.play)
        self.list.removed.connect(self.remove)
        self.heading = QLabel()
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setWordWrap(True)
        self.heading.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.summary, self.message = QLabel(), QLabel()
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.learning = PersonLearning()
        self.learning.answered.connect(lambda may: self._ask(offers.answer(self.name, may_keep=may)))
        self.learning.played.connect(lambda offer: self._hear(offer.path))
        self.learning.accepted.connect(lambda offer: self._ask(offers.accept(offer)))
        self.learning.dismissed.connect(lambda offer: self._ask(offers.dismiss(offer)))
        self.voice_line = ThemedMenu(theme)
        for gender, text in strings.VOICE_LINES.items():
            self.voice_line.addItem(text, gender)
        self.voice_line.setMinimumContentsLength(max(map(len, strings.VOICE_LINES.values())) + 2)
        self.voice_line.setAccessibleName(strings.VOICE_LINE)
        self.voice_line.setToolTip(strings.VOICE_LINE_TIP)
        self.voice_line.activated.connect(
            lambda _: self._ask(jobs.show_gender(self.name, self.voice_line.currentData()))
        )
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.hide()
        self.toast = Toast()
        self.name_edit = NameEdit(name)
        self.name_edit.setAccessibleName(strings.NAME_LABEL)
        self.name_edit.setMaxLength(120)
        self.rename_button = QPushButton(strings.RENAME)
        self.play_button, self.remove_button = QPushButton(strings.PLAY), QPushButton(strings.REMOVE)
        self.more_button, self.delete_button = QPushButton(strings.RECORD_MORE), QPushButton(strings.DELETE)
        self.close_button = QPushButton(strings.CLOSE)
        self.delete_button.setProperty("danger", True)
        self._build()
        self._show_name()
        self.toast.pass_over(engine.facts.deed)  # what was done before is no news here
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.poll)
        self._timer.start()
        self.poll()
        self.resize(520, 460)

    def _build(self) -> None:
        self.close_button.setProperty("primary", True)
        self.close_button.setDefault(True)
        for button, order in (
            (self.rename_button, self.rename),
            (self.play_button, self.play),
            (self.remove_button, self.remove),
            (self.more_button, self._more),
            (self.delete_button, self.delete),
            (self.close_button, self.reject),
        ):
            button.clicked.connect(lambda _, order=order: order())
        self.name_edit.textChanged.connect(lambda _: self._show_buttons())
        self.toast.undone.connect(lambda number: self._engine.submit(jobs.undo(number)))
        self.toast.over.connect(lambda number: self._engine.submit(jobs.end_undo(number)))
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self.undo)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.heading)
        column.addWidget(self.summary)
        column.addLayout(row_of(self.name_edit, self.rename_button))
        column.addSpacing(GRID)
        column.addWidget(self.list, 1)
        column.addLayout(row_of(self.play_button, self.remove_button, None, self.more_button))
        label = QLabel(strings.VOICE_LINE)
        label.setBuddy(self.voice_line)
        column.addLayout(row_of(label, self.voice_line, None))
        column.addWidget(self.learning)
        column.addWidget(self.message)
        column.addWidget(self.toast)
        column.addSpacing(GRID)
        column.addLayout(row_of(self.delete_button, None, self.close_button))
        self.list.setFocus()  # no key that is pressed at once changes anything

    # ------------------------------------------------------------ orders

    def rename(self, then: Callable[[], None] = lambda: None) -> None:
        """Save the name that was typed, if it is another, and ``then`` go on."""
        if not self.typed:
            return
        try:
            new = new_name(self.typed)
        except BadInput as error:
            self._show_error(str(error))
            return

        def called() -> None:
            self.name = new
            self._show_name()
            then()

        self._ask(jobs.rename(self.name, new), called)

    def play(self) -> None:
        """Hear the chosen recording, or be silent."""
        recording = self.list.chosen
        if self._playback.cursor_s is not None or recording is not None:
            self._hear(recording.path if recording else None)

    def _hear(self, path: Path | None) -> None:
        """Hear a recording, or be silent."""
        if self._playback.cursor_s is not None:
            self._playback.stop()
        elif path is not None:
            self._playback.play(lambda: read_recording(path), 0.0)

    def remove(self) -> None:
        """Remove the chosen recording; that can be undone."""
        if self.remove_button.isEnabled():
            self._ask(jobs.remove_sample(self.name, self.list.chosen.file))

    def delete(self) -> None:
        """Delete the person, after asking; for a while that can be undone."""
        detail = strings.DELETE_DETAIL.format(count=strings.recordings(len(self.list.recordings)))
        question = strings.DELETE_QUESTION.format(name=self.name)
        self.question = questions.ask(
            self, question, detail, go=strings.DELETE_YES, stay=strings.CANCEL, then=self._delete
        )

    def _delete(self) -> None:
        self._ask(jobs.delete(self.name), self._close)

    def _ask(self, job: Job, then: Callable[[], None] = lambda: None) -> None:
        """Have one thing done at a time, and ``then`` go on if it went well."""
        if self._order is None:
            self._playback.stop()
            self.message.hide()
            self._order, self._after = self._engine.ask(job), then

    def undo(self) -> None:
        """Undo what was done last."""
        if self._engine.facts.deed is not None:
            self._engine.submit(jobs.undo())

    def _more(self) -> None:
        self._leave(lambda: self.record_more.emit(self.name))

    def reject(self) -> None:
        """Esc, the button and the window's own: they all close it, and lose nothing."""
        self._leave()

    def accept(self) -> None:
        self._leave()

    def _leave(self, then: Callable[[], None] = lambda: None) -> None:
        """Close, unless a name was typed and not saved: then ask what is to become of it."""
        if self.typed and self._order is None:
            self.question = questions.ask(
                self,
                strings.SAVE_NAME_QUESTION,
                strings.SAVE_NAME_DETAIL.format(old=self.name, new=self.typed),
                go=strings.SAVE,
                stay=strings.BACK,
                then=lambda: self.rename(lambda: self._close(then)),
                other=(strings.DISCARD, lambda: self._close(then)),
                go_is_safe=True,
            )
        else:
            self._close(then)

    def _close(self, then: Callable[[], None] = lambda: None) -> None:
        self.done(QDialog.DialogCode.Accepted)
        then()

    def done(self, result: int) -> None:
        self._timer.stop()
        self._playback.stop()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the field saves the name; it never goes on to the button that closes."""
        if event.key() in ENTER and self.name_edit.hasFocus():
            self.rename()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ showing

    @property
    def typed(self) -> str:
        """What stands in the field, if that is not the person's name; it may be no name at all."""
        typed = " ".join(self.name_edit.text().split())
        return "" if typed == self.name else typed

    def poll(self) -> None:
        """Show what has come from the engine since the last time."""
        now_s = time.monotonic()
        elapsed_s, self._frame_at_s = now_s - self._frame_at_s, now_s
        self._follow_order()
        self._follow_person()
        self.toast.show_deed(self._engine.facts.deed)
        self._make_room()
        self.toast.advance(elapsed_s)
        if error := self._playback.take_error():
            self._show_error(error)
        playing = self._playback.cursor_s is not None
        self.play_button.setText(strings.PLAY_STOP if playing else strings.PLAY)

    def _make_room(self) -> None:
        """Grow, if need be, for a message that has just come."""
        needed = self.layout().totalMinimumHeightForWidth(self.width())
        if needed > self.height():
            self.resize(self.width(), needed)

    def _follow_order(self) -> None:
        """What became of the last order."""
        if self._order is None or not self._order.over:
            return
        error, then = self._order.error, self._after
        self._order, self._after = None, lambda: None
        if error:
            self._show_error(error)
        else:
            then()

    def _follow_person(self) -> None:
        """Ask again whenever people were read; nobody of that name any more: there is nothing to show."""
        if self._answer is not None and self._answer.over:
            person, self._answer = self._answer.value, None
            if person is not None and not person.name:
                self._close()
            elif person is not None and self._order is None:
                self._show(person)
        read = self._engine.facts.people_read
        if self._answer is None and read != self._read:
            self._read = read
            self._answer = self._engine.ask(person_now(self.name))

    def _show(self, person: PersonNow) -> None:
        if person.name != self.name:
            typed = self.typed
            self.name = person.name
            self._show_name()
            if typed:
                self.name_edit.setText(typed)
        self.learning.show_person(person.name, person.consent, person.offers)
        self.voice_line.setCurrentIndex(max(0, self.voice_line.findData(person.gender)))
        reached = [
            self.more_button,
            self.voice_line,
            *self.learning.buttons,
            self.delete_button,
        ]  # by Tab, as they stand
        for before, after in pairwise(reached):
            self.setTabOrder(before, after)
        self._show_summary(person)
        if person.recordings != self.list.recordings:
            self.list.show_recordings(person.recordings)
            self._show_buttons()

    def _show_summary(self, person: PersonNow) -> None:
        """How many recordings there are, and on which devices and days the person is known."""
        count, seconds = len(person.recordings), sum(recording.seconds for recording in person.recordings)
        text = strings.RECORDINGS_SUMMARY.format(count=strings.recordings(count), time=strings.clock(seconds))
        if person.devices:
            text += f"\n{known_on(person.devices)}"
        self.summary.setText(text)
        tips = (strings.KNOWN_DAYS_TIP.format(device=d, days=", ".join(days)) for d, days in person.devices.items())
        self.summary.setToolTip("\n".join(tips))

    def _show_error(self, text: str) -> None:
        self.message.setText(strings.capitalised(text))
        self.message.setProperty("role", "error")
        self.message.setAccessibleName(self.message.text())
        self.message.show()
        restyle(self.message)

    def _show_name(self) -> None:
        self.setWindowTitle(shown_name(self.name))
        self.heading.setText(shown_name(self.name))
        self.name_edit.setText(self.name)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.rename_button.setEnabled(bool(self.typed))
        chosen, several = self.list.chosen is not None, len(self.list.recordings) > 1
        self.play_button.setEnabled(chosen)
        self.remove_button.setEnabled(chosen and several)
        self.remove_button.setToolTip("" if several else strings.LAST_SAMPLE.format(name=self.name))
