"""The bar: how well the voice fits the closest person, with a mark where a name begins."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window import strings
from app.window.view.view_state import MatchView
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, scaled

BAR = 12
MARK = 5
"""Half the width of the mark's arrow head."""


class MatchBar(QWidget):
    """Paints a ``MatchView``, its figures in the tip; keeps its place while there is nothing to show."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._view: MatchView | None = None
        self.shown_share = 0.0
        """How much of the bar is filled, 0 to 1: it glides to its value."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(strings.CONFIDENCE)
        theme.changed.connect(self.update)

    def show_view(self, view: MatchView | None) -> None:
        self._view = view
        self.setAccessibleDescription(view.spoken if view else "")
        self.setToolTip(view.explanation if view else "")
        if view is None:
            self.shown_share = 0.0
        self.update()

    def advance(self, elapsed_s: float) -> None:
        """One frame on."""
        if self._view is None or self.shown_share == self._view.share:
            return
        rest = self._view.share - self.shown_share
        self.shown_share = self._view.share if abs(rest) < 0.004 else self.shown_share + rest * min(1.0, 12 * elapsed_s)
        self.update()

    def settle(self) -> None:
        """Show the value at once."""
        self.shown_share = self._view.share if self._view else 0.0
        self.update()

    def sizeHint(self) -> QSize:
        caption = QFontMetricsF(self.font()).height()
        return QSize(320, round(caption + GRID + BAR + 2 * MARK + self._note_metrics().height()))

    minimumSizeHint = sizeHint

    def _note_font(self) -> QFont:
        return scaled(self.font(), 0.9)

    def _note_metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._note_font())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        view, colours = self._view, self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QRectF(0, 0, self.width(), QFontMetricsF(self.font()).height())

        painter.setFont(self.font())
        painter.setPen(QColor(colours.text))
        caption = QFontMetricsF(self.font()).elidedText(view.caption, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)

        track = QRectF(0, line.bottom() + GRID, self.width(), BAR)
        painting.bar(painter, track, self.shown_share, self._theme.ink(view.ink), QColor(colours.track))
        self._paint_mark(painter, track, view.needed)
        painter.end()

    def _paint_mark(self, painter: QPainter, track: QRectF, needed: float) -> None:
        """A line across the bar, an arrow head below it, and what it stands for."""
        colours = self._theme.colours
        x = min(max(track.width() * needed, 1.0), track.width() - 1.0)
        painter.setPen(QColor(colours.surface))
        painter.setBrush(QColor(colours.text))
        painter.drawRect(QRectF(x - 1.5, track.top() - 1, 3, track.height() + 2))
        tip = QPointF(x, track.bottom() + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(MARK, MARK + 2), tip + QPointF(-MARK, MARK + 2)]))

        text, metrics = strings.NEEDED, self._note_metrics()
        width = metrics.horizontalAdvance(text)
        left = min(max(0.0, x - width / 2), track.width() - width)
        painter.setFont(self._note_font())
        painter.setPen(QColor(colours.muted))
        note = QRectF(left, track.bottom() + 2 * MARK, width + 1, metrics.height())
        painter.drawText(note, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
