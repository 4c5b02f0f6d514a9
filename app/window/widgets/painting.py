"""Small pictures drawn by several widgets: avatars, the microphone, signs. All of them scale with their rectangle."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app.window.view.status import Severity


def round_pen(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def avatar(
    painter: QPainter,
    rect: QRectF,
    initials: str,
    colour: QColor,
    letters: QColor,
    *,
    filled: bool = True,
    texture: QBrush | None = None,
) -> None:
    """A disc with one or two letters; not ``filled`` it is a ring, with the letters in the same colour.

    ``texture``: what lies on its rim, around the letters.
    """
    if not filled:
        width = max(1.5, rect.width() / 28)
        painter.setPen(round_pen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(rect.adjusted(width / 2, width / 2, -width / 2, -width / 2))
        _letters(painter, rect, initials, colour, 0.38)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(rect)
    if texture is not None:
        painter.setBrush(texture)
        painter.drawEllipse(rect)
        inset = 0.16 * rect.width()
        painter.setBrush(colour)
        painter.drawEllipse(rect.adjusted(inset, inset, -inset, -inset))
    _letters(painter, rect, initials, letters, 0.38)


def stranger(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """A dashed ring with a question mark: a voice without a name."""
    width = max(1.5, rect.width() / 28)
    pen = round_pen(colour, width)
    pen.setDashPattern([2.2, 2.4])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(rect.adjusted(width, width, -width, -width))
    _letters(painter, rect, "?", colour, 0.48)


def _letters(painter: QPainter, rect: QRectF, text: str, colour: QColor, share: float) -> None:
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(rect.height() * share)))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def microphone(painter: QPainter, rect: QRectF, colour: QColor, *, struck_out: bool = False) -> None:
    """A microphone in the middle of ``rect``, about half as high."""
    unit, centre = rect.height() / 32, rect.center()
    painter.setPen(round_pen(colour, 1.6 * unit))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    body = QRectF(centre.x() - 3 * unit, centre.y() - 9 * unit, 6 * unit, 11 * unit)
    painter.drawRoundedRect(body, 3 * unit, 3 * unit)
    cradle = QRectF(centre.x() - 6 * unit, centre.y() - 6.5 * unit, 12 * unit, 12 * unit)
    painter.drawArc(cradle, 180 * 16, 180 * 16)
    foot = centre + QPointF(0, 9 * unit)
    painter.drawLine(centre + QPointF(0, 5.5 * unit), foot)
    painter.drawLine(foot - QPointF(3.5 * unit, 0), foot + QPointF(3.5 * unit, 0))
    if struck_out:
        painter.drawLine(centre + QPointF(-8 * unit, -8 * unit), centre + QPointF(8 * unit, 8 * unit))


def sound(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """Five upright strokes: a voice that is not known yet."""
    unit, centre = rect.height() / 32, rect.center()
    painter.setPen(round_pen(colour, 2.2 * unit))
    for index, height in enumerate((2.5, 5.5, 8, 4.5, 2.5)):
        x = centre.x() + (index - 2) * 4.4 * unit
        painter.drawLine(QPointF(x, centre.y() - height * unit), QPointF(x, centre.y() + height * unit))


def sign(painter: QPainter, rect: QRectF, severity: Severity, colours: dict[Severity, QColor], turn: float = 0) -> None:
    """The sign of a severity: each another shape. ``turn`` (0 to 1) is where the sign of BUSY has got to."""
    colour = colours[severity]
    size = rect.height()
    line = max(1.5, size / 9)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(round_pen(colour, line))
    inner = rect.adjusted(line, line, -line, -line)
    centre = rect.center()
    match severity:
        case Severity.BUSY:
            spinner(painter, inner, colour, line, turn)
        case Severity.GOOD:
            painter.drawEllipse(inner)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(centre, size / 6, size / 6)
        case Severity.NEUTRAL:
            painter.drawEllipse(inner)
            painter.drawLine(centre, centre + QPointF(0, size * 0.2))
            painter.drawPoint(centre - QPointF(0, size * 0.2))
        case Severity.WARNING | Severity.ERROR:
            warning(painter, rect, colour)


def warning(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """A triangle with an exclamation mark."""
    size, centre = rect.height(), rect.center()
    line = max(1.5, size / 12)
    painter.setPen(round_pen(colour, line))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    top = QPointF(centre.x(), rect.top() + line)
    left = QPointF(centre.x() - size * 0.46, rect.bottom() - line * 1.2)
    right = QPointF(centre.x() + size * 0.46, rect.bottom() - line * 1.2)
    painter.drawPolygon(QPolygonF([top, right, left]))
    painter.drawLine(QPointF(centre.x(), rect.top() + size * 0.4), QPointF(centre.x(), rect.top() + size * 0.6))
    painter.drawPoint(QPointF(centre.x(), rect.top() + size * 0.76))


def spinner(painter: QPainter, rect: QRectF, colour: QColor, width: float, turn: float) -> None:
    """Three quarters of a ring, turned by ``turn`` (0 to 1) of a full circle."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(round_pen(colour, width))
    painter.drawArc(rect, round(-360 * 16 * turn), 270 * 16)


def start_sign(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setPen(round_pen(colour, 1.5))
    painter.setBrush(colour)
    inner = rect.adjusted(3, 3, -5, -3)
    painter.drawPolygon(QPolygonF([inner.topLeft(), QPointF(inner.right(), rect.center().y()), inner.bottomLeft()]))


def stop_sign(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setPen(round_pen(colour, 1.5))
    painter.setBrush(colour)
    painter.drawRect(rect.adjusted(2, 4, -6, -4))


def icon(draw: Callable[[QPainter, QRectF, QColor], None], colour: QColor, ratio: float, size: int = 16) -> QIcon:
    """A picture as an icon of ``size``, sharp on a screen of ``ratio`` pixels to one of ours."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw(painter, QRectF(0, 0, size, size), colour)
    painter.end()
    return QIcon(pixmap)


def bar(painter: QPainter, rect: QRectF, share: float, fill: QColor, track: QColor) -> None:
    """A rounded bar of which ``share``, 0 to 1, is filled from the left."""
    radius = rect.height() / 2
    outline = QPainterPath()
    outline.addRoundedRect(rect, radius, radius)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillPath(outline, track)
    share = min(1.0, max(0.0, share))
    if share > 0:
        filled = QPainterPath()
        filled.addRect(QRectF(rect.left(), rect.top(), rect.width() * share, rect.height()))
        painter.fillPath(outline.intersected(filled), fill)
