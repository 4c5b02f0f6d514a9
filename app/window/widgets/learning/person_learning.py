"""On a person's page: on what they are known, whether speech of theirs may be kept, and what is offered to be added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.names import shown_name
from app.voiceprints.enrolled import Consent
from app.voiceprints.offers import Offer
from app.window import strings
from app.window.widgets.theme import GRID, row_of


class PersonLearning(QWidget):
    """``answered``: whether speech may be kept. ``played``, ``accepted``, ``dismissed``: one of the offers."""

    answered = Signal(bool)
    played = Signal(object)
    accepted = Signal(object)
    dismissed = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.offers: tuple[Offer, ...] = ()
        self.rows: list[OfferRow] = []
        self.question = _label()
        self.detail = _label("muted")
        self.yes_button, self.no_button = QPushButton(strings.CONSENT_ALLOW), QPushButton(strings.CONSENT_REFUSE)
        self.yes_button.clicked.connect(lambda _: self.answered.emit(True))
        self.no_button.clicked.connect(lambda _: self.answered.emit(False))
        for button in (self.yes_button, self.no_button):
            button.setAutoDefault(False)
        self._buttons = row_of(None, self.yes_button, self.no_button)
        self._consent = QFrame()
        self._consent.setObjectName("card")
        consent = QVBoxLayout(self._consent)
        consent.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        consent.setSpacing(GRID // 2)
        consent.addWidget(self.question)
        consent.addWidget(self.detail)
        consent.addLayout(self._buttons)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addWidget(self._consent)
        self._consent.hide()

    @property
    def buttons(self) -> list[QPushButton]:
        """All that can be pressed, from top to bottom."""
        return [button for row in self.rows for button in row.buttons] + [self.yes_button, self.no_button]

    def show_person(self, name: str, consent: Consent | None, offers: tuple[Offer, ...]) -> None:
        """What was answered, and what is offered, as it is now."""
        self._show_consent(shown_name(name), consent)
        if offers != self.offers:
            self.offers = offers
            for row in self.rows:
                self._column.removeWidget(row)
                row.deleteLater()
            self.rows = [OfferRow(offer) for offer in offers]
            for place, row in enumerate(self.rows):
                row.played.connect(self.played)
                row.accepted.connect(self.accepted)
                row.dismissed.connect(self.dismissed)
                self._column.insertWidget(place, row)

    def _show_consent(self, name: str, consent: Consent | None) -> None:
        may_keep, day = (consent.may_keep, consent.answered_on) if consent else (False, "")
        if consent is None:
            question = strings.CONSENT_QUESTION
        else:
            question = strings.CONSENT_GIVEN if may_keep else strings.CONSENT_REFUSED
        self.question.setText(question.format(name=name, day=day))
        self.question.setAccessibleName(self.question.text())
        self.detail.setText(strings.CONSENT_DETAIL)
        self.detail.setVisible(consent is None)
        self.yes_button.setVisible(not may_keep)
        self.no_button.setVisible(consent is None or may_keep)
        self.no_button.setText(strings.CONSENT_WITHDRAW if may_keep else strings.CONSENT_REFUSE)
        self.no_button.setToolTip(strings.CONSENT_WITHDRAW_TIP if may_keep else "")
        self._consent.show()


class OfferRow(QFrame):
    """One recording that is offered: what it is, and what can be done with it."""

    played = Signal(object)
    accepted = Signal(object)
    dismissed = Signal(object)

    def __init__(self, offer: Offer, parent: QWidget | None = None):
        super().__init__(parent)
        self.setObjectName("card")
        self.offer = offer
        name = shown_name(offer.name)
        self.title, self.detail = _label(), _label("muted")
        self.title.setText(strings.OFFER_TITLE.format(name=name))
        seconds = strings.SECONDS.format(seconds=offer.speech_s)
        parts = (offer.condition.day, offer.condition.device, seconds)
        self.detail.setText(strings.DETAILS_SEPARATOR.join(part for part in parts if part))
        self.play_button = QPushButton(strings.PLAY)
        self.add_button, self.dismiss_button = QPushButton(strings.OFFER_ADD), QPushButton(strings.OFFER_DISMISS)
        self.buttons = [self.play_button, self.add_button, self.dismiss_button]
        for button, signal in zip(self.buttons, (self.played, self.accepted, self.dismissed), strict=True):
            button.setAutoDefault(False)
            button.setAccessibleName(f"{button.text()}: {self.detail.text()}")
            button.clicked.connect(lambda _, signal=signal: signal.emit(self.offer))
        self.dismiss_button.setToolTip(strings.OFFER_DISMISS_TIP)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self.title)
        column.addWidget(self.detail)
        column.addLayout(row_of(self.play_button, None, self.add_button, self.dismiss_button))


def _label(role: str = "") -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label


def known_on(devices: Mapping[str, Sequence[str]]) -> str:
    """The devices, each with its day or how many there are: "Known on USB mic (2 days), file (2026-01-31)"."""
    parts = [
        f"{device} ({days[0]})" if len(days) == 1 else strings.KNOWN_DAYS.format(device=device, count=len(days))
        for device, days in devices.items()
    ]
    return strings.KNOWN_ON.format(devices=", ".join(parts))
