"""The program's icon, drawn as heard.svg says: Qt reads SVG only with a module that is not installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from app.window.widgets import painting

FILE = Path(__file__).with_name("heard.svg")
SIZES = (16, 24, 32, 48, 64, 128, 256)
"""Every size that a desktop asks for, in pixels."""


@dataclass(frozen=True)
class IconShape:
    """A rounded square with upright strokes. Lengths are shares of the icon's size."""

    ground: str
    """Colour of the square, "#rrggbb"."""
    radius: float
    line: float
    """Width of the strokes, which are white."""
    strokes: tuple[tuple[float, float, float], ...]
    """(x, top, height) of each stroke."""


def read_shape(svg: str) -> IconShape:
    """The shape in the text of an SVG file, of which it takes exactly what heard.svg has."""
    size = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    square = re.search(r'<rect [^>]*rx="([\d.]+)" fill="(#\w{6})"', svg)
    line = float(re.search(r'stroke="#fff" stroke-width="([\d.]+)"', svg)[1])
    strokes = re.findall(r"M([\d.]+) ([\d.]+)v([\d.]+)", svg)
    shares = tuple(tuple(float(number) / size for number in stroke) for stroke in strokes)
    return IconShape(square[2], float(square[1]) / size, line / size, shares)


def app_icon() -> QIcon:
    """The icon in every size."""
    shape, icon = read_shape(FILE.read_text(encoding="utf-8")), QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shape.ground))
        painter.drawRoundedRect(QRectF(0, 0, size, size), shape.radius * size, shape.radius * size)
        painter.setPen(painting.round_pen(QColor("#ffffff"), shape.line * size))
        for x, top, height in shape.strokes:
            painter.drawLine(QPointF(x * size, top * size), QPointF(x * size, (top + height) * size))
        painter.end()
        icon.addPixmap(pixmap)
    return icon
