"""What stands in the middle of an enrolment: one widget for each scene, in one place of fixed size."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.enrolment.sentences import read_language
from app.window import strings
from app.window.view.enrol_view import EnrolView, Scene
from app.window.view.names import initials
from app.window.view.view_state import Mood, SpeakerView
from app.window.widgets.enrol.labels import wrapped_label
from app.window.widgets.enrol.position_picture import PositionPicture
from app.window.widgets.progress_ring import ProgressRing
from app.window.widgets.speaker_card import SpeakerCard
from app.window.widgets.theme import GRID, Theme, scaled

CENTRE = Qt.AlignmentFlag.AlignCenter


class PositionScene(QWidget):
    """Where to be: a large picture, which shows the count as well, and a line or two below it."""

    def __init__(self, theme: Theme):
        super().__init__()
        self.picture = PositionPicture(theme)
        self.title, self.how = wrapped_label(""), wrapped_label("", "muted")
        self.title.setFont(scaled(self.font(), 1.7, QFont.Weight.DemiBold))
        for label in (self.title, self.how):
            label.setAlignment(CENTRE)
        column = _column(self)
        column.addWidget(self.picture, 1)
        column.addWidget(self.title)
        column.addWidget(self.how)

    def show_view(self, view: EnrolView) -> None:
        self.picture.show_position(view.position, view.count)
        self.title.setText(view.instruction)
        self.how.setText(strings.POSITION_HOW.get(view.position, ""))


class ReadingScene(QWidget):
    """A sentence, or three cards with questions, and a ring that fills with speech."""

    def __init__(self, theme: Theme):
        super().__init__()
        self.caption = wrapped_label("", "muted")
        self.caption.setAlignment(CENTRE)
        self.sentence = wrapped_label("")
        self.sentence.setFont(scaled(self.font(), 1.55))
        self.sentence.setAlignment(CENTRE)
        self.ring = ProgressRing(theme)
        self.cards = QWidget()
        row = QHBoxLayout(self.cards)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        self.questions: list[QLabel] = []
        for _ in range(3):
            card, label = QFrame(), wrapped_label("")
            card.setObjectName("card")
            label.setFont(scaled(self.font(), 1.2))
            label.setAlignment(CENTRE)
            inside = QVBoxLayout(card)
            inside.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
            inside.addWidget(label)
            row.addWidget(card, 1)
            self.questions.append(label)
        column = _column(self)
        column.addWidget(self.caption)
        column.addWidget(self.sentence, 3)
        column.addWidget(self.cards, 3)
        column.addWidget(self.ring, 2)

    def show_view(self, view: EnrolView, language: str, just_talk: bool) -> None:
        """The sentence or the questions in this language, from the right if it is written so."""
        talks = just_talk and bool(view.questions)
        right = read_language(language).right_to_left
        direction = Qt.LayoutDirection.RightToLeft if right else Qt.LayoutDirection.LeftToRight
        self.caption.setText(strings.TALK_ABOUT if talks else strings.READ_ALOUD)
        self.sentence.setText(view.sentence)
        self.sentence.setLayoutDirection(direction)
        self.cards.setLayoutDirection(direction)
        for label, question in zip(self.questions, view.questions or ("", "", ""), strict=False):
            label.setText(question)
        self.sentence.setVisible(not talks)
        self.cards.setVisible(talks)


class RingScene(QWidget):
    """The ring alone: full with a tick, or a sign of warning; with a word."""

    def __init__(self, theme: Theme):
        super().__init__()
        self.ring, self.title = ProgressRing(theme), wrapped_label("")
        self.title.setFont(scaled(self.font(), 1.7, QFont.Weight.DemiBold))
        self.title.setAlignment(CENTRE)
        column = _column(self)
        column.addStretch(1)
        column.addWidget(self.ring, 4)
        column.addWidget(self.title)
        column.addStretch(1)


class Scenes(QStackedWidget):
    """``ink``: the person's colour in the palette, by name."""

    def __init__(self, theme: Theme):
        super().__init__()
        self.position, self.reading = PositionScene(theme), ReadingScene(theme)
        self.alone, self.name = RingScene(theme), SpeakerCard(theme)
        for scene in (self.position, self.reading, self.alone, self.name):
            self.addWidget(scene)

    @property
    def ring(self) -> ProgressRing:
        """The ring that is seen."""
        return self.reading.ring if self.currentWidget() is self.reading else self.alone.ring

    def show_view(self, view: EnrolView, language: str, just_talk: bool, ink: int | None) -> None:
        """``ink``: the colour, in the palette, of whose name is shown."""
        match view.scene:
            case Scene.POSITION:
                self.position.show_view(view)
                self.setCurrentWidget(self.position)
            case Scene.READING:
                self.reading.show_view(view, language, just_talk)
                self.setCurrentWidget(self.reading)
            case Scene.DONE | Scene.QUESTION:
                self.name.show_view(_lit(view, ink))
                self.setCurrentWidget(self.name)
            case _:
                self.alone.title.setText(view.instruction)
                self.setCurrentWidget(self.alone)


def _lit(view: EnrolView, ink: int | None) -> SpeakerView:
    """The name as the window shows it when it is recognised; before that, what to do."""
    if name := view.lit or view.twice:
        return SpeakerView(Mood.NAMED, name, view.instruction, ink=ink, initials=initials(name))
    return SpeakerView(Mood.QUIET, view.instruction, view.ring_note)


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    return column
