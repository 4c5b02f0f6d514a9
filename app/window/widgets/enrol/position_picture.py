"""A large picture of where to be for the next sentence: near, a step back, or near and softly."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window import strings
from app.window.widgets import painting
from app.window.widgets.theme import Theme

WIDTH, HEIGHT = 340.0, 200.0
"""The picture's own units."""
NEAR_X, BACK_X = 150.0, 58.0
"""Where the person sits, or stands."""
EYES_Y = 82.0


class PositionPicture(QWidget):
    """A person, a computer that listens, and what is said between them; or the number that is counted."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self._position, self._count = theme, "", 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_position(self, position: str, count: int) -> None:
        """``position``: "near", "back" or "soft"; ``count``: 3, 2, 1, or 0 for none."""
        if (position, count) == (self._position, self._count):
            return
        self._position, self._count = position, count
        self.setAccessibleName(strings.PICTURES.get(position, ""))
        self.setAccessibleDescription(str(count) if count else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(340, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(self.width() / WIDTH, self.height() / HEIGHT)
        painter.translate((self.width() - scale * WIDTH) / 2, (self.height() - scale * HEIGHT) / 2)
        painter.scale(scale, scale)
        ink, muted, edge = QColor(colours.accent), QColor(colours.muted), QColor(colours.edge)
        back, soft = self._position == "back", self._position == "soft"
        self._paint_ground(painter, edge)
        self._paint_computer(painter, muted)
        x = BACK_X if back else NEAR_X
        if back:
            self._paint_person(painter, NEAR_X, edge, ghost=True)
            self._paint_step(painter, edge)
        self._paint_person(painter, x, ink)
        self._paint_voice(painter, x, ink, soft=soft)
        if soft:
            self._paint_night(painter, muted)
        if self._count:
            self._paint_count(painter)
        painter.end()

    @staticmethod
    def _paint_ground(painter: QPainter, colour: QColor) -> None:
        painter.setPen(painting.round_pen(colour, 2))
        painter.drawLine(QPointF(12, 172), QPointF(WIDTH - 12, 172))

    @staticmethod
    def _paint_computer(painter: QPainter, colour: QColor) -> None:
        """From the side: a screen, a keyboard, and a desk below them."""
        painter.setPen(painting.round_pen(colour, 6))
        painter.drawLine(QPointF(284, 128), QPointF(304, 66))
        painter.drawLine(QPointF(284, 128), QPointF(236, 128))
        painter.setPen(painting.round_pen(colour, 3))
        painter.drawLine(QPointF(222, 136), QPointF(318, 136))
        painter.drawLine(QPointF(306, 136), QPointF(306, 171))
        painter.drawLine(QPointF(236, 136), QPointF(236, 171))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(302, 60), 5, 5)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    @staticmethod
    def _paint_person(painter: QPainter, x: float, colour: QColor, *, ghost: bool = False) -> None:
        pen = painting.round_pen(colour, 2 if ghost else 5)
        if ghost:
            pen.setDashPattern([3, 4])
        fill = QColor(colour)
        fill.setAlphaF(0.0 if ghost else 0.14)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawEllipse(QPointF(x, EYES_Y), 25, 28)
        body = QPainterPath(QPointF(x - 44, 171))
        body.cubicTo(QPointF(x - 44, 130), QPointF(x - 24, 120), QPointF(x, 120))
        body.cubicTo(QPointF(x + 24, 120), QPointF(x + 44, 130), QPointF(x + 44, 171))
        painter.drawPath(body)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    @staticmethod
    def _paint_step(painter: QPainter, colour: QColor) -> None:
        """An arrow away from the computer."""
        painter.setPen(painting.round_pen(colour, 3))
        painter.drawLine(QPointF(NEAR_X - 8, 188), QPointF(BACK_X + 8, 188))
        painter.drawPolyline([QPointF(BACK_X + 18, 180), QPointF(BACK_X + 8, 188), QPointF(BACK_X + 18, 196)])

    @staticmethod
    def _paint_voice(painter: QPainter, x: float, colour: QColor, *, soft: bool) -> None:
        mouth = QPointF(x + 24, EYES_Y + 10)
        for index, radius in enumerate((16.0,) if soft else (16.0, 30.0, 44.0)):
            faint = QColor(colour)
            faint.setAlphaF((0.8 if soft else 1.0) - 0.25 * index)
            painter.setPen(painting.round_pen(faint, 3 if soft else 5))
            rect = QRectF(mouth.x() - radius, mouth.y() - radius, 2 * radius, 2 * radius)
            painter.drawArc(rect, -34 * 16, 68 * 16)

    @staticmethod
    def _paint_night(painter: QPainter, colour: QColor) -> None:
        """A moon: somebody sleeps."""
        disc, bite = QPainterPath(), QPainterPath()
        disc.addEllipse(QPointF(64, 44), 20, 20)
        bite.addEllipse(QPointF(73, 38), 17, 17)
        painter.fillPath(disc.subtracted(bite), colour)
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.Bold)
        painter.setPen(colour)
        for size, x, y in ((12, 92, 52), (15, 104, 38), (19, 118, 22)):
            font.setPixelSize(size)
            painter.setFont(font)
            painter.drawText(QPointF(x, y), "z")

    def _paint_count(self, painter: QPainter) -> None:
        """The number, in a disc in the middle, so that it is seen from a step away."""
        colours, centre, radius = self._theme.colours, QPointF(WIDTH / 2, HEIGHT / 2 - 4), 62.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.background))
        painter.drawEllipse(centre, radius + 6, radius + 6)
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(centre, radius, radius)
        font = QFont(painter.font())
        font.setPixelSize(84)
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.setPen(QColor(colours.on_accent))
        box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self._count))
