"""The input level: a bar from -60 to 0 dB, its peak of the last moments, and a word when it is too loud or too soft."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window import strings
from app.window.engine.levels import Level
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, scaled

FLOOR_DB = -60.0
LOUD_DB = -6.0
BAR = 8


def loudness(db: float) -> float:
    """-60 to 0 dB as 0 to 1."""
    return min(1.0, max(0.0, (db - FLOOR_DB) / -FLOOR_DB))


class LevelMeter(QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._level, self._running = Level(), False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(strings.LEVEL)
        theme.changed.connect(self.update)

    def show_level(self, level: Level, *, running: bool) -> None:
        if (level, running) == (self._level, self._running):
            return
        self._level, self._running = level, running
        hint = self._hint()
        if hint != self.accessibleDescription():
            self.setAccessibleDescription(hint)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, round(QFontMetricsF(self._font()).height()) + GRID + BAR)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, self.sizeHint().height())

    def _font(self, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        return scaled(self.font(), 0.9, weight)

    def _hint(self) -> str:
        if not self._running:
            return ""
        return strings.CLIPPING if self._level.clipping else strings.TOO_QUIET if self._level.too_quiet else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, level = self._theme.colours, self._level
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self._font())
        line = QRectF(0, 0, self.width(), metrics.height())
        hint = self._hint()
        painter.setFont(self._font(QFont.Weight.DemiBold if hint else QFont.Weight.Normal))
        painter.setPen(QColor(colours.error if level.clipping and hint else colours.warning if hint else colours.muted))
        text = QFontMetricsF(painter.font()).elidedText(
            hint or strings.LEVEL, Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self._running and not hint and level.db > FLOOR_DB and self.width() > 160:
            painter.setFont(self._font())
            value = strings.decibels(level.db)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)

        track = QRectF(0, line.bottom() + GRID, self.width(), BAR)
        fill = colours.error if level.clipping else colours.warning if level.peak_db > LOUD_DB else colours.good
        shown = loudness(level.db) if self._running else 0.0
        painting.bar(painter, track, shown, QColor(fill), QColor(colours.track))
        peak = loudness(level.peak_db)
        if self._running and peak > 0.01:
            painter.fillRect(QRectF(track.width() * peak - 2, track.top(), 2, track.height()), QColor(fill))
        painter.end()
