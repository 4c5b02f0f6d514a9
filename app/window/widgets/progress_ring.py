"""A ring that fills with good speech; the disc inside it moves with the voice."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window import strings
from app.window.widgets import painting
from app.window.widgets.theme import Theme, scaled


class ProgressRing(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._share = self._shown = self._loudness = 0.0
        self._text, self._note, self._done, self._failed = "", "", False, False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(strings.RING)
        theme.changed.connect(self.update)

    def show_progress(
        self, share: float, text: str, note: str, *, loudness: float = 0.0, done: bool = False, failed: bool = False
    ) -> None:
        """``share`` and ``loudness`` 0 to 1; ``text`` stands in the middle, ``note`` below it."""
        if share < self._share:
            self._shown = share
        self._share, self._text, self._note, self._done, self._failed = share, text, note, done, failed
        self._loudness += 0.5 * (loudness - self._loudness)
        self.setAccessibleDescription(f"{text} {note}".strip())
        self.update()

    def advance(self, elapsed_s: float) -> None:
        """One frame on: the ring glides."""
        if abs(self._share - self._shown) > 0.001:
            self._shown += (self._share - self._shown) * min(1.0, 8 * elapsed_s)
            self.update()

    def settle(self) -> None:
        self._shown = self._share
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(112, 112)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = min(self.width(), self.height(), 260) - 8.0
        rect = QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size)
        if self._failed:
            painting.warning(
                painter, rect.adjusted(*(0.28 * size * s for s in (1, 1, -1, -1))), QColor(colours.warning)
            )
            painter.end()
            return
        line = size / 18
        inner = rect.adjusted(line, line, -line, -line)
        grow = inner.width() * (0.34 + 0.1 * self._loudness)
        painter.setPen(Qt.PenStyle.NoPen)
        disc = QColor(colours.good if self._done else colours.accent)
        disc.setAlphaF(0.10 + 0.12 * self._loudness)
        painter.setBrush(disc)
        painter.drawEllipse(rect.center(), grow, grow)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(painting.round_pen(QColor(colours.track), line))
        painter.drawEllipse(inner)
        if self._shown > 0.002:
            colour = QColor(colours.good if self._done or self._shown > 0.995 else colours.accent)
            painter.setPen(painting.round_pen(colour, line))
            painter.drawArc(inner, 90 * 16, round(-360 * 16 * min(1.0, self._shown)))
        if self._done:
            self._paint_tick(painter, rect)
        else:
            self._paint_text(painter, inner)
        painter.end()

    def _paint_tick(self, painter: QPainter, rect: QRectF) -> None:
        size, centre = rect.width(), rect.center()
        painter.setPen(painting.round_pen(QColor(self._theme.colours.good), size / 16))
        left, low, right = (-0.16, 0.01), (-0.04, 0.13), (0.17, -0.12)
        painter.drawPolyline([centre + _point(x, y, size) for x, y in (left, low, right)])

    def _paint_text(self, painter: QPainter, rect: QRectF) -> None:
        colours = self._theme.colours
        font = scaled(self.font(), 1.0, QFont.Weight.DemiBold)
        font.setPixelSize(max(14, round(rect.height() * 0.17)))
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        height = QFontMetricsF(font).height()
        note = scaled(self.font(), 0.9)
        top = rect.center().y() - (height + (QFontMetricsF(note).height() if self._note else 0)) / 2
        painter.drawText(QRectF(rect.left(), top, rect.width(), height), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.setFont(note)
        painter.setPen(QColor(colours.muted))
        box = QRectF(rect.left(), top + height, rect.width(), QFontMetricsF(note).height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._note)


def _point(x: float, y: float, size: float) -> QPointF:
    return QPointF(x * size, y * size)
