"""Add a person: a name, then where to be and what to read, three times, then the voiceprint and a try."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QMessageBox, QStackedWidget, QVBoxLayout, QWidget

from app.enrolment.sentences import ENGLISH
from app.voiceprints.looks.colours import colours_for
from app.window import strings
from app.window.dialogs import questions
from app.window.dialogs.enrolling.name_page import NamePage
from app.window.dialogs.enrolling.record_page import RecordPage
from app.window.engine.engine import Engine
from app.window.engine.enrol.facts import SAMPLES
from app.window.engine.enrolling import Enrolment
from app.window.keys import ENTER
from app.window.view.enrol_view import EnrolView, Scene, enrol_view
from app.window.widgets.enrol.chime import chime
from app.window.widgets.inputs.device_search import Inputs
from app.window.widgets.playback import Playback
from app.window.widgets.theme import GRID, Theme

FRAME_MS = 33


class EnrolDialog(QDialog):
    """``Enrolment`` runs in the engine's thread; this shows its facts and passes on what is pressed.

    ``microphone``: device and channel, as ``Enrolment`` takes them; ``find_microphones``: for the menu of them.
    ``playback``: what chimes; without it nothing does. When it is closed, ``enrolled`` says whether somebody was.
    """

    device_chosen = Signal(object)
    """Another microphone: its name, or None for the default."""
    language_chosen = Signal(str)
    talk_chosen = Signal(bool)

    def __init__(
        self,
        engine: Engine,
        theme: Theme,
        *,
        microphone: tuple[str | None, int | None] = (None, None),
        find_microphones: Callable[[], Inputs] = list,
        playback: Playback | None = None,
        name: str = "",
        people: tuple[str, ...] = (),
        language: str = ENGLISH,
        just_talk: bool = False,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self._engine, self._theme, self._microphone = engine, theme, microphone
        self._playback, self._people = playback, people
        self._name = name
        self.enrolment: Enrolment | None = None
        self.question: QMessageBox | None = None
        """Whether to discard what was recorded, while that is asked."""
        self.view: EnrolView | None = None
        self.setWindowTitle(strings.ADD_PERSON_TITLE)
        self.setModal(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # keys go to no button while one reads
        self.names = NamePage(people)
        self.record = RecordPage(
            theme, device=microphone[0], find=find_microphones, language=language, just_talk=just_talk
        )
        if engine.facts.file:
            self.record.show_file(engine.facts.file)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.names)
        self.pages.addWidget(self.record)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.addWidget(self.pages)
        self._connect()
        self.setFixedSize(self._size())
        self._frame_at_s = time.monotonic()
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self.draw_frame)
        self.names.edit.setText(name)
        if name:
            self.names.go_on()

    def _connect(self) -> None:
        record = self.record
        self.names.given.connect(self.begin_recording)
        self.names.cancelled.connect(self.reject)
        record.cancel_button.clicked.connect(self.reject)
        record.redo_button.clicked.connect(self.redo)
        record.finish_button.clicked.connect(lambda: self.enrolment.finish())
        record.go_button.clicked.connect(self.go_on)
        record.anyway_button.clicked.connect(lambda: self.enrolment.answer(self.enrolment.facts.name))
        record.more_button.clicked.connect(self.record_rest)
        record.device_menu.chosen.connect(self._choose_device)
        record.language_chosen.connect(self._choose_language)
        record.talk_chosen.connect(self._choose_talk)

    def _size(self) -> QSize:
        """One size for all of it, with the letters that the system has; never more than the screen."""
        line = self.fontMetrics().height()
        room = self.screen().availableSize() - QSize(2 * GRID, 5 * GRID)
        return QSize(round(42 * line), round(37 * line)).boundedTo(room)

    @property
    def enrolled(self) -> bool:
        return bool(self.view and self.view.done)

    # ------------------------------------------------------------ orders

    def begin_recording(self, name: str, samples: int = SAMPLES) -> None:
        """The name is there: prepare, and show where to be and what to read."""
        self._name = name
        self.enrolment = Enrolment(name, *self._microphone, samples=samples, language=self.record.language)
        self._engine.begin(self.enrolment)
        self.show_recording()
        self._timer.start()
        self.draw_frame()

    def show_recording(self) -> None:
        """The page with the prompts; keys go to none of its buttons."""
        self.pages.setCurrentWidget(self.record)
        self.record.device_menu.refresh()
        self.setFocus()

    def record_rest(self) -> None:
        """Of somebody who is enrolled already, what is missing."""
        missing, name = self.view.missing, self.enrolment.facts.name
        self._engine.stop()
        self._people = (*self._people, name)
        self.view = None
        self.begin_recording(name, missing)

    def redo(self) -> None:
        """This sample again; after an error, all of it."""
        if self.view and self.view.failed:
            self.begin_recording(self._name)
        else:
            self.enrolment.again()

    def go_on(self) -> None:
        """What the button says."""
        if self.enrolled:
            self.accept()
        elif self.view and self.view.twice:
            self.enrolment.answer(self.view.twice)
        else:
            self.enrolment.begin()

    def _choose_device(self) -> None:
        device = self.record.device_menu.microphone
        self._microphone = (device, None)
        self.device_chosen.emit(device)
        if self.enrolment is not None:
            self.enrolment.use_microphone(device)
        self.setFocus()

    def _choose_language(self, language: str) -> None:
        self.language_chosen.emit(language)
        if self.enrolment is not None:
            self.enrolment.read_in(language)
        self.setFocus()

    def _choose_talk(self, talk: bool) -> None:
        self.talk_chosen.emit(talk)
        self.view = None  # shown anew by the next frame
        self.setFocus()

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
        self.record.device_menu.close_search(2.0)
        if self._playback is not None:
            self._playback.stop()
        if self.enrolment is not None:
            self._engine.stop()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, *ENTER) and self.pages.currentWidget() is self.record:
            if self.record.go_button.isVisible() and not (self.view and self.view.twice):
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
        self.record.scenes.ring.advance(elapsed_s)

    def show_level(self, level_db: float) -> None:
        self.record.show_level(self.view, level_db)

    def show_view(self, view: EnrolView) -> None:
        if view == self.view:
            return
        before, self.view = self.view, view
        if view.done and self.question is not None:
            self.question.reject()  # there is nothing to discard any more
        if self._playback is not None and _is_new(before, view, Scene.KEPT):
            self._playback.play(chime(), 0.0, wanted=False)  # without a loudspeaker there is none
        self.record.show_view(view, self._ink_of(view.lit or view.twice))

    def _ink_of(self, name: str) -> int | None:
        facts = self._engine.facts
        return colours_for({*(facts.people or ()), name}, facts.colours)[name] if name else None


def _is_new(before: EnrolView | None, view: EnrolView, scene: Scene) -> bool:
    return view.scene is scene and (before is None or before.scene is not scene)
