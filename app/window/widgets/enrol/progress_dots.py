"""How many of the recordings are done, as dots."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window import strings
from app.window.view.enrol_view import Dot
from app.window.widgets import painting
from app.window.widgets.theme import Theme

SIZE, GAP = 14, 10


class ProgressDots(QWidget):
    """A tick in a full disc is a recording that was kept, a ring the one that is going on."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self._dots = theme, ()
        self._short = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_dots(self, dots: tuple[Dot, ...], *, short: bool = False) -> None:
        """``short``: the enrolment is over, with fewer of them than there should be."""
        if (dots, short) == (self._dots, self._short):
            return
        self._dots, self._short = dots, short
        self.setAccessibleName(strings.DOTS.format(kept=dots.count(Dot.KEPT), of=len(dots)))
        self.setToolTip(self.accessibleName())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(max(0, len(self._dots) * (SIZE + GAP) - GAP) + 2, SIZE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, dot in enumerate(self._dots):
            rect = QRectF(1 + index * (SIZE + GAP), 1, SIZE, SIZE)
            match dot:
                case Dot.KEPT:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(QColor(colours.warning if self._short else colours.good))
                    painter.drawEllipse(rect)
                    painter.setPen(painting.round_pen(QColor(colours.background), 2))
                    centre = rect.center()
                    tick = (QPointF(-3, 0.2), QPointF(-0.8, 2.6), QPointF(3.2, -2.4))
                    painter.drawPolyline([centre + point for point in tick])
                case Dot.HERE:
                    painter.setPen(painting.round_pen(QColor(colours.accent), 2.5))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(rect.adjusted(1.5, 1.5, -1.5, -1.5))
                case Dot.OPEN:
                    painter.setPen(painting.round_pen(QColor(colours.edge), 1.5))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(rect.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()
