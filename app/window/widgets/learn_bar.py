"""Below a file's name, once a label was corrected: shall the voice be learned from it?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.diarisation.timeline import Turn
from app.window import strings
from app.window.widgets.theme import GRID


class LearnBar(QFrame):
    """Hidden while there is nothing to offer."""

    accepted = Signal(object, object)
    """(turns, name): learn this person's voice from these."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("card")
        self._turns: tuple[Turn, ...] = ()
        self._name = ""
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.learn_button, self.not_now_button = QPushButton(strings.LEARN), QPushButton(strings.NOT_NOW)
        self.learn_button.setProperty("primary", True)
        self.learn_button.clicked.connect(self._accept)
        self.not_now_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self.text, 1)
        for button in (self.learn_button, self.not_now_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.hide()

    def offer(self, turns: tuple[Turn, ...], name: str, *, known: bool) -> None:
        """Offer to learn ``name``'s voice, who may be ``known`` already."""
        self._turns, self._name = turns, name
        seconds = sum(turn.duration_s for turn in turns)
        form = strings.LEARN_MORE if known else strings.LEARN_NEW
        self.text.setText(form.format(name=name, seconds=strings.seconds(seconds)))
        self.show()

    def _accept(self) -> None:
        self.hide()
        self.accepted.emit(self._turns, self._name)
