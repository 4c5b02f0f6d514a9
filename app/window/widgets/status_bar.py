"""The line at the bottom: a sign, one sentence, and the model in use."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.window import strings
from app.window.view.status import Severity, StatusView
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme


class StatusSign(QWidget):
    """The sign of a severity, as high as a line of text."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._severity, self._turn = Severity.NEUTRAL, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_severity(self, severity: Severity) -> None:
        self._severity = severity
        self.update()

    def advance(self, elapsed_s: float) -> None:
        if self._severity is Severity.BUSY:
            self._turn = (self._turn + elapsed_s / 1.2) % 1
            self.update()

    def sizeHint(self) -> QSize:
        size = round(QFontMetricsF(self.font()).height()) + 2
        return QSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = self._theme.colours
        colours = {
            Severity.NEUTRAL: c.muted,
            Severity.BUSY: c.accent,
            Severity.GOOD: c.good,
            Severity.WARNING: c.warning,
            Severity.ERROR: c.error,
        }
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painting.sign(painter, rect, self._severity, {k: QColor(v) for k, v in colours.items()}, self._turn)
        painter.end()


class StatusBar(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._sign = StatusSign(theme, self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # commands are to be copied
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._model = QLabel(self)
        self._model.setProperty("role", "muted")
        self._model.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._model)
        self._text.setAccessibleName(strings.STATUS)
        self._sign.setAccessibleName(strings.STATUS)

    @property
    def text(self) -> str:
        """The sentence that is shown."""
        return self._text.text()

    def show_view(self, view: StatusView, model: str) -> None:
        self._sign.show_severity(view.severity)
        self._sign.setAccessibleDescription(view.severity.value)
        self._text.setText(view.text)
        self._text.setAccessibleDescription(view.text)
        self._model.setText(model)
        self._model.setVisible(bool(model))

    def advance(self, elapsed_s: float) -> None:
        self._sign.advance(elapsed_s)
