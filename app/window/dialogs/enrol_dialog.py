"""Add a person: a name, then a few sentences to read while a ring fills, then the voiceprint."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.names import new_name
from app.window import strings
from app.window.dialogs import questions
from app.window.engine.engine import Engine
from app.window.engine.enrolling import Enrolment
from app.window.engine.levels import Level
from app.window.keys import ENTER
from app.window.view.enrol_view import EnrolView, enrol_view
from app.window.widgets.level_meter import LevelMeter, loudness
from app.window.widgets.progress_ring import ProgressRing
from app.window.widgets.theme import GRID, Theme, restyle, row_of, scaled
from utils import BadInput, clean_name

FRAME_MS = 33


class EnrolDialog(QDialog):
    """``Enrolment`` runs in the engine's thread; this shows its facts and passes on what is pressed.

    ``microphone``: device and channel, as ``Enrolment`` takes them. When it is closed, ``enrolled`` says whether
    somebody was.
    """

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        *,
        microphone: tuple[str | None, int | None] = (None, None),
        name: str = "",
        people: tuple[str, ...] = (),
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._engine, self._theme, self._microphone = engine, theme, microphone
        self._people = people
        self.enrolment: Enrolment | None = None
        self.question: QMessageBox | None = None
        """Whether to discard what was recorded, while that is asked."""
        self.view: EnrolView | None = None
        self.setWindowTitle(strings.ADD_PERSON_TITLE)
        self.setModal(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # keys go to no button while one reads
        self.pages = QStackedWidget()
        self.pages.addWidget(self._name_page())
        self.pages.addWidget(self._record_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.addWidget(self.pages)
        self.resize(560, 300)
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.draw_frame)
        self.name_edit.setText(name)
        if name:
            self.begin_recording()

    @property
    def enrolled(self) -> bool:
        return bool(self.view and self.view.done)

    # ------------------------------------------------------------ pages

    def _name_page(self) -> QWidget:
        page = QWidget()
        title = QLabel(strings.ADD_PERSON_TITLE)
        title.setFont(scaled(self.font(), 1.5, QFont.Weight.DemiBold))
        label = QLabel(strings.NAME_LABEL)
        self.name_edit = QLineEdit()
        self.name_edit.setPlaceholderText(strings.NAME_PLACEHOLDER)
        self.name_edit.setMaxLength(120)
        self.name_edit.setAccessibleName(strings.NAME_LABEL)
        label.setBuddy(self.name_edit)
        self.name_note = _wrapped("", "muted")
        about = _wrapped(strings.ENROL_ABOUT, "muted")
        self.next_button = QPushButton(strings.NEXT)
        self.next_button.setProperty("primary", True)
        self.next_button.setDefault(True)
        cancel = QPushButton(strings.CANCEL)
        cancel.clicked.connect(self.reject)
        self.next_button.clicked.connect(self.begin_recording)
        self.name_edit.textChanged.connect(self._check_name)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (title, about):
            column.addWidget(widget)
        column.addSpacing(GRID)
        for widget in (label, self.name_edit, self.name_note):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(row_of(cancel, None, self.next_button))
        self._check_name("")
        return page

    def _record_page(self) -> QWidget:
        page = QWidget()
        self.heading = _wrapped("")
        self.heading.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.instruction = _wrapped("", "muted")
        self.sentence = _wrapped("")
        self.sentence.setFont(scaled(self.font(), 1.35))
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.ring = ProgressRing(self._theme)
        self.meter = LevelMeter(self._theme)
        self.hint = _wrapped("")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setMinimumHeight(round(2.4 * self.fontMetrics().height()))
        self.cancel_button, self.redo_button = QPushButton(strings.CANCEL), QPushButton(strings.REDO)
        self.finish_button, self.go_button = QPushButton(strings.FINISH), QPushButton(strings.BEGIN)
        self.go_button.setProperty("primary", True)
        self.cancel_button.clicked.connect(self.reject)
        self.redo_button.clicked.connect(self.redo)
        self.finish_button.clicked.connect(lambda: self.enrolment.finish())
        self.go_button.clicked.connect(self.go_on)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.heading)
        column.addWidget(self.instruction)
        column.addWidget(self.sentence, 1)
        column.addWidget(self.ring, 2)
        column.addWidget(self.hint)
        column.addWidget(self.meter)
        column.addSpacing(GRID)
        column.addLayout(row_of(self.cancel_button, None, self.redo_button, self.finish_button, self.go_button))
        return page

    # ------------------------------------------------------------ orders

    def begin_recording(self) -> None:
        """The name is there: prepare, and show what to read."""
        try:
            name = self._name(self.name_edit.text())
        except BadInput:
            return
        self.enrolment = Enrolment(name, *self._microphone)
        self._engine.begin(self.enrolment)
        self.show_recording()
        self._timer.start()
        self.draw_frame()

    def show_recording(self) -> None:
        """The page with the prompts; keys go to none of its buttons."""
        self.pages.setCurrentIndex(1)
        self.resize(self.size().expandedTo(QSize(600, 580)))
        self.setFocus()

    def redo(self) -> None:
        """This sample again; after an error, all of it."""
        if self.view and self.view.failed:
            self.begin_recording()
        else:
            self.enrolment.again()

    def go_on(self) -> None:
        if self.enrolled:
            self.accept()
        else:
            self.enrolment.begin()

    def reject(self) -> None:
        """Cancel, Esc and the window's own: ask first, if something was recorded."""
        if self.enrolled or not (self.enrolment and self.enrolment.facts.kept):
            super().reject()
        elif self.question is None:
            name, count = self.enrolment.facts.name, strings.recordings(self.enrolment.facts.kept)
            self.question = questions.ask(
                self,
                strings.DISCARD_QUESTION.format(name=name),
                strings.DISCARD_DETAIL.format(name=name, count=count),
                go=strings.DISCARD,
                stay=strings.KEEP_GOING,
                then=super().reject,
            )
            self.question.finished.connect(self._answered)

    def _answered(self) -> None:
        self.question = None

    def done(self, result: int) -> None:
        """However it is closed: what still runs is stopped."""
        self._timer.stop()
        if self.enrolment is not None:
            self._engine.stop()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, *ENTER) and self.pages.currentIndex() == 1:
            if self.go_button.isEnabled():
                self.go_on()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ showing

    def draw_frame(self) -> None:
        """Show the newest facts."""
        now_s = time.monotonic()
        elapsed_s, self._frame_at_s = now_s - self._frame_at_s, now_s
        facts = self.enrolment.facts
        self.show_view(enrol_view(facts))
        self.show_level(facts.level_db)
        self.ring.advance(elapsed_s)

    def show_level(self, level_db: float) -> None:
        live = bool(self.view and not (self.view.done or self.view.failed or self.view.busy))
        self.meter.show_level(Level(level_db, level_db), running=live)
        view = self.view
        moved = loudness(level_db) if live else 0.0
        self.ring.show_progress(
            view.share, view.ring, view.ring_note, loudness=moved, done=view.done, failed=view.failed
        )

    def show_view(self, view: EnrolView) -> None:
        if view == self.view:
            return
        self.view = view
        if view.done and self.question is not None:
            self.question.reject()  # there is nothing to discard any more
        self.heading.setText(view.heading)
        self.instruction.setText(view.instruction)
        self.sentence.setText(f"\u201c{view.sentence}\u201d" if view.sentence else "")
        self.sentence.setVisible(bool(view.sentence))
        self.meter.setVisible(not (view.done or view.failed))
        if self.hint.text() != view.hint or self.hint.property("role") != view.severity:
            self.hint.setText(view.hint)
            self.hint.setProperty("role", view.severity)
            restyle(self.hint)
        self.go_button.setText(strings.CLOSE if view.done else strings.BEGIN)
        self.go_button.setVisible(view.done or view.can_begin)
        self.go_button.setEnabled(view.done or view.can_begin)
        self.cancel_button.setVisible(not view.done)
        self.redo_button.setText(strings.TRY_AGAIN if view.failed else strings.REDO)
        self.redo_button.setVisible(view.can_redo)
        self.finish_button.setVisible(view.can_finish)

    def _name(self, text: str) -> str:
        """Somebody on the list, or a new name. Raises BadInput for one that cannot be."""
        name = clean_name(text)
        return name if name in self._people else new_name(name)

    def _check_name(self, text: str) -> None:
        try:
            name, note = self._name(text), ""
            if name in self._people:
                note = strings.NAME_KNOWN.format(name=name)
        except BadInput as error:
            name, note = "", str(error) if text.strip() else ""
        self.name_note.setText(note)
        self.next_button.setEnabled(bool(name))


def _wrapped(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label
