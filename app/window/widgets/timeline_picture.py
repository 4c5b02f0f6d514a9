"""Paints who spoke when: a ruler, a lane for each speaker, and the spectrogram below, all on one axis of time."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.diarisation.timeline import Turn
from app.scoring.certainty import Certainty
from app.window import strings
from app.window.engine.spectrogram import MelSpectrogram
from app.window.view.timeline import Lane, TimelineScene, Viewport, tick_step_s
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, scaled

SPECTROGRAM_SHARE = 0.32
"""The spectrogram's share of the height; more where the lanes leave room."""
MOST_LINES = 3.4
"""Height of a lane, in lines of text, at most."""
BRACKET = 4
"""Height of what marks two people at once, at the foot of the ruler."""
TWO_LINES = 2.5
"""Height of a lane, in lines of text, from which its title takes two."""


class TimelinePicture(QWidget):
    """Paints a ``TimelineScene`` through a ``Viewport``."""

    def __init__(self, theme: Theme, mel: MelSpectrogram, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme, self.mel = theme, mel
        self.viewport = Viewport()
        self.scene = TimelineScene()
        self.selected: Turn | None = None
        self.hovered: Turn | None = None
        self.cursor_s: float | None = None
        """The moment that is being played; None while nothing is."""
        self.spectrogram = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    # ------------------------------------------------------------ geometry

    def sizeHint(self) -> QSize:
        return QSize(480, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, round(4.2 * QFontMetricsF(self.font()).height()))

    def _ruler_height(self) -> float:
        return QFontMetricsF(self._small()).height() + 4 + (BRACKET if self.scene.overlaps else 0)

    def _small(self, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        return scaled(self.font(), 0.85, weight)

    def plot(self) -> QRectF:
        """The part right of the titles, where time runs."""
        letter = QFontMetricsF(self.font()).averageCharWidth()
        gutter = min(max(0.2 * self.width(), 13 * letter), 0.38 * self.width(), 30 * letter)
        return QRectF(gutter, 0, self.width() - gutter, self.height())

    def pixels_per_s(self) -> float:
        return self.plot().width() / self.viewport.span_s

    def x_of(self, time_s: float) -> float:
        """Place of a moment, in pixels from the left."""
        return self.plot().left() + (time_s - self.viewport.start_s) * self.pixels_per_s()

    def time_s(self, x: float) -> float:
        """The moment at a place, in pixels from the left."""
        return self.viewport.start_s + (x - self.plot().left()) / self.pixels_per_s()

    def _spectrogram_rect(self) -> QRectF:
        line = QFontMetricsF(self.font()).height()
        lanes = max(1, len(self.scene.lanes))
        rest = self.height() - self._ruler_height() - lanes * MOST_LINES * line - GRID
        height = max(min(SPECTROGRAM_SHARE * self.height(), 7 * line), min(rest, 0.5 * self.height()))
        room = self.height() - self._ruler_height() - height
        if not self.spectrogram or height < 1.4 * line or room < min(3, lanes) * 1.05 * line:
            height = 0.0
        plot = self.plot()
        return QRectF(plot.left(), self.height() - height, plot.width(), height)

    def lane_rects(self) -> list[QRectF]:
        """The rectangles of the lanes that have room, over the whole width."""
        top, bottom = self._ruler_height(), self._spectrogram_rect().top()
        bottom -= GRID / 2 if bottom < self.height() else 0
        line = QFontMetricsF(self.font()).height()
        lanes = max(1, len(self.scene.lanes))
        height = min((bottom - top) / lanes, MOST_LINES * line)
        if height < 1.05 * line:
            lanes = max(1, int((bottom - top) / (1.05 * line)))
            height = (bottom - top) / lanes
        return [QRectF(0, top + row * height, self.width(), height) for row in range(lanes)]

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot, colours = self.plot(), self._theme.colours
        rects = self.lane_rects()
        painter.save()
        painter.setClipRect(plot)
        self._paint_ruler(painter, plot, rects[-1].bottom())
        self._paint_pauses(painter, rects)
        self._paint_overlaps(painter)
        self._paint_turns(painter, rects)
        spectrogram = self._spectrogram_rect()
        if spectrogram.height() > 0:
            self._paint_spectrogram(painter, spectrogram)
        self._paint_lines(painter, plot)
        painter.restore()
        self._paint_gutter(painter, plot.left(), rects, spectrogram)
        if not self.scene.lanes:
            painter.setPen(QColor(colours.muted))
            painter.setFont(self.font())
            room = QRectF(plot.left(), rects[0].top(), plot.width(), spectrogram.top() - rects[0].top())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), strings.TIMELINE_HINT)
        if self.hasFocus():
            painter.setPen(painting.round_pen(QColor(colours.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_ruler(self, painter: QPainter, plot: QRectF, bottom: float) -> None:
        colours, font = self._theme.colours, self._small()
        metrics = QFontMetricsF(font)
        step = tick_step_s(self.viewport.span_s, plot.width() / (metrics.horizontalAdvance("00:00:00") + 2 * GRID))
        painter.setFont(font)
        tick = max(0, math.floor(self.viewport.start_s / step)) * step
        while tick <= self.viewport.start_s + self.viewport.span_s:
            x = round(self.x_of(tick)) + 0.5
            painter.setPen(QColor(colours.outline))
            painter.drawLine(QPointF(x, 0), QPointF(x, bottom if self.scene.lanes else self._ruler_height()))
            painter.setPen(QColor(colours.muted))
            painter.drawText(QPointF(x + 4, metrics.ascent() + 1), strings.clock(tick))
            tick += step

    def _paint_pauses(self, painter: QPainter, rects: list[QRectF]) -> None:
        """Grey and hatched over all lanes: there is nothing to be seen because nothing was listened to."""
        colour = QColor(self._theme.colours.muted)
        painter.setPen(Qt.PenStyle.NoPen)
        for start_s, end_s in self.scene.pauses:
            left, right = self.x_of(start_s), max(self.x_of(end_s), self.x_of(start_s) + 2)
            band = QRectF(left, self._ruler_height(), right - left, rects[-1].bottom() - self._ruler_height())
            for pattern, alpha in ((Qt.BrushStyle.SolidPattern, 0.12), (Qt.BrushStyle.BDiagPattern, 0.45)):
                colour.setAlphaF(alpha)
                painter.setBrush(QBrush(colour, pattern))
                painter.drawRect(band)

    def _paint_overlaps(self, painter: QPainter) -> None:
        """Brackets at the foot of the ruler; what they mean stands beside them."""
        foot = self._ruler_height()
        top = foot - BRACKET
        painter.setPen(painting.round_pen(QColor(self._theme.colours.warning), 2.0))
        for start_s, end_s in self.scene.overlaps:
            left, right = self.x_of(start_s), max(self.x_of(end_s), self.x_of(start_s) + 3)
            painter.drawPolyline([QPointF(x, y) for x, y in ((left, foot), (left, top), (right, top))])
            painter.drawLine(QPointF(right, top), QPointF(right, foot))

    def _paint_turns(self, painter: QPainter, rects: list[QRectF]) -> None:
        colours, last = self._theme.colours, len(rects) - 1
        for number, turn in self.scene.turns:
            left, right = self.x_of(turn.start_s), self.x_of(turn.end_s)
            if right < self.plot().left() or left > self.width():
                continue
            lane, rect = self.scene.lanes[number], rects[min(number, last)]
            inset = max(2.0, 0.14 * rect.height(), (rect.height() - 2 * QFontMetricsF(self.font()).height()) / 2)
            bar = QRectF(left, rect.top() + inset, max(2.0, right - left - 1), rect.height() - 2 * inset)
            radius = min(4.0, bar.width() / 2)
            ink = self._theme.ink(lane.ink)
            painter.setPen(Qt.PenStyle.NoPen)
            fill = QColor(ink)
            if turn == self.hovered:
                fill = fill.lighter(115)
            if lane.ink is None:  # hatched: colour is not the only signal
                fill.setAlphaF(0.25)
                painter.setBrush(fill)
                painter.drawRoundedRect(bar, radius, radius)
                painter.setBrush(Qt.BrushStyle.BDiagPattern)
                brush = painter.brush()
                brush.setColor(ink)
                painter.setBrush(brush)
            else:
                if turn.certainty is Certainty.LIKELY:  # paler, with an edge in full colour
                    painter.setPen(painting.round_pen(fill, 1.0))
                    fill.setAlphaF(0.35)
                    bar = bar.adjusted(0.5, 0.5, -0.5, -0.5)
                painter.setBrush(fill)
                if texture := self._theme.texture(lane.ink):
                    painter.drawRoundedRect(bar, radius, radius)
                    painter.setBrush(texture)
            painter.drawRoundedRect(bar, radius, radius)
            if turn == self.selected:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(painting.round_pen(QColor(colours.text), 2.0))
                painter.drawRoundedRect(bar.adjusted(-1, -1.5, 1, 1.5), radius + 1, radius + 1)

    def _paint_spectrogram(self, painter: QPainter, rect: QRectF) -> None:
        """Drawn on a grid of whole pixels of time, so that nothing shimmers while it moves."""
        density = self.pixels_per_s()
        first = math.floor(self.viewport.start_s * density)
        width = math.ceil(rect.width()) + 1
        values = self.mel.picture(first / density, (first + width) / density, width)
        image = QImage(values.data, width, values.shape[0], values.strides[0], QImage.Format.Format_Indexed8)
        image.setColorTable(self._theme.heat())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        x = rect.left() + first - self.viewport.start_s * density
        painter.drawImage(QRectF(x, rect.top(), width, rect.height()), image)

    def _paint_lines(self, painter: QPainter, plot: QRectF) -> None:
        colours = self._theme.colours
        if self.cursor_s is not None:
            x = self.x_of(self.cursor_s)
            painter.setPen(painting.round_pen(QColor(colours.accent), 2.0))
            painter.drawLine(QPointF(x, 0), QPointF(x, plot.bottom()))

    def _paint_gutter(self, painter: QPainter, width: float, rects: list[QRectF], spectrogram: QRectF) -> None:
        lanes = self.scene.lanes
        if self.scene.overlaps:
            painter.setFont(self._small())
            painter.setPen(QColor(self._theme.colours.warning))
            area = QRectF(0, 0, width - GRID, self._ruler_height())
            text = QFontMetricsF(painter.font()).elidedText(strings.OVERLAP, Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        crowded = len(lanes) > len(rects)
        for row, (lane, rect) in enumerate(zip(lanes, rects, strict=False)):
            area = QRectF(0, rect.top(), width - GRID, rect.height())
            if crowded and row == len(rects) - 1:
                painter.setFont(self._small())
                painter.setPen(QColor(self._theme.colours.muted))
                text = strings.OTHER_LANES.format(count=len(lanes) - row)
                painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            else:
                self._paint_lane_title(painter, area, lane)
        if spectrogram.height() > 0 and self.mel.end_s > 0:
            painter.setFont(self._small())
            painter.setPen(QColor(self._theme.colours.muted))
            area = QRectF(0, spectrogram.top(), width - GRID, spectrogram.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, strings.SPECTROGRAM)

    def _paint_lane_title(self, painter: QPainter, area: QRectF, lane: Lane) -> None:
        """Its colour, its name, and how much of the talk it has."""
        colours, line = self._theme.colours, QFontMetricsF(self._small()).height()
        size = min(line * 0.75, area.height() * 0.6)
        dot = QRectF(0, area.center().y() - size / 2, size, size)
        ink = self._theme.ink(lane.ink)
        if lane.ink is None:
            painter.setPen(painting.round_pen(ink, 1.5, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(dot)
            if texture := self._theme.texture(lane.ink):
                painter.setBrush(texture)
                painter.drawEllipse(dot)
        text = area.adjusted(size + GRID * 0.75, 0, 0, 0)
        two_lines = area.height() >= TWO_LINES * line
        note = lane.note if two_lines else strings.percent(lane.share)
        painter.setFont(self._small())
        metrics = QFontMetricsF(painter.font())
        name_box, note_box = QRectF(text), QRectF(text)
        if two_lines:
            name_box.setHeight(line)
            name_box.moveTop(area.center().y() - line)
            note_box.setHeight(line)
            note_box.moveTop(area.center().y())
            align = Qt.AlignmentFlag.AlignLeft
        else:
            name_box.setRight(text.right() - metrics.horizontalAdvance(note) - GRID)
            align = Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(colours.muted))
        painter.drawText(note_box, align | Qt.AlignmentFlag.AlignVCenter, note)
        painter.setFont(self._small(QFont.Weight.DemiBold))
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        title = QFontMetricsF(painter.font()).elidedText(lane.title, Qt.TextElideMode.ElideRight, name_box.width())
        absolute = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(name_box, absolute, title)
