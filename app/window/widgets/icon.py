"""The program's icon, drawn here: Qt reads SVG only with a module that is not installed. heard.svg is the same."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from app.window.widgets import painting

BLUE = "#2756c5"
BARS = ((0.25, 0.17), (0.375, 0.36), (0.5, 0.56), (0.625, 0.36), (0.75, 0.17))
"""(centre, height) of the strokes, as shares of the icon."""


def app_icon() -> QIcon:
    """In every size that a desktop asks for."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(BLUE))
        painter.drawRoundedRect(QRectF(0, 0, size, size), 0.23 * size, 0.23 * size)
        painter.setPen(painting.round_pen(QColor("#ffffff"), 0.07 * size))
        for centre, height in BARS:
            top, bottom = (0.5 - height / 2) * size, (0.5 + height / 2) * size
            painter.drawLine(QPointF(centre * size, top), QPointF(centre * size, bottom))
        painter.end()
        icon.addPixmap(pixmap)
    return icon
