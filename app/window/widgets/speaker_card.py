"""Who is speaking now: the large picture with a name, or whatever there is to say instead."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.scoring.certainty import MARK
from app.window import strings
from app.window.view.view_state import Mood, SpeakerView
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, scaled

TEXT_WIDTH = 560
"""Longest line of an explanation."""
HALO = 0.1
"""Widest ring around a speaker, as a share of the picture."""
CALM = (Mood.OFF, Mood.BUSY, Mood.QUIET, Mood.VOICE)
"""Moods in which there is nothing to look up for."""


class SpeakerCard(QWidget):
    """Paints a ``SpeakerView``. Sizes follow the widget's, between what can be read and what looks well."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self._view = SpeakerView(Mood.OFF, strings.STOPPED)
        self._loudness = self._turn = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)
        self.show_view(self._view)

    def show_view(self, view: SpeakerView) -> None:
        self._view = view
        self.setAccessibleName(strings.NOW)
        self.setAccessibleDescription(view.spoken)
        tip = view.text if view.mood is Mood.NAMED else ""
        self.setToolTip("\n".join(filter(None, (tip, view.numbers))))
        self.update()

    def advance(self, loudness: float, elapsed_s: float) -> None:
        """One frame on: the ring around a speaker follows ``loudness`` (0 to 1), the ring of waiting turns."""
        if self._view.mood is Mood.BUSY:
            self._turn = (self._turn + elapsed_s / 1.2) % 1
        elif self._view.mood in (Mood.NAMED, Mood.UNKNOWN, Mood.VOICE):
            if abs(loudness - self._loudness) < 0.01:
                return
            self._loudness += 0.5 * (loudness - self._loudness)
        else:
            return
        self.update(self._rects()[0].adjusted(-40, -40, 40, 40).toAlignedRect())

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def minimumSizeHint(self) -> QSize:
        line = QFontMetricsF(self.font()).height()
        return QSize(round(11 * line), round(5 * line))

    # ------------------------------------------------------------ sizes

    @property
    def _beside(self) -> bool:
        """Whether there is so little height that the words stand beside the picture, not below it."""
        return self.height() < 14 * QFontMetricsF(self.font()).height()

    def title_font(self) -> QFont:
        """The font of the name: as large as there is room for it."""
        calm = self._view.mood in CALM
        font = scaled(self.font(), 1.0, QFont.Weight.Normal if calm else QFont.Weight.DemiBold)
        line = QFontMetricsF(self.font()).height()
        share = 0.22 if self._beside else 0.12
        size = max(1.6 * line, min(share * self.height(), 0.09 * self.width(), 160.0))
        if calm or self._view.mood is Mood.TROUBLE:
            size = max(1.4 * line, 0.7 * size)  # names are what one looks for from across the room
        font.setPixelSize(round(size))
        width = QFontMetricsF(font).horizontalAdvance(self._view.title) + self._room_for_mark(font)
        available = self._text_width()
        if width > available > 0:  # a long name: first smaller, then cut
            font.setPixelSize(round(max(1.4 * line, size * max(0.6, available / width))))
        return font

    def _room_for_mark(self, font: QFont) -> float:
        """Kept beside every name, so that it stands where it stood when the mark comes or goes."""
        mark = QFontMetricsF(font).horizontalAdvance(MARK)
        return 0.0 if self._view.mood is not Mood.NAMED else mark if self._beside else 2 * mark

    def _detail_font(self) -> QFont:
        return scaled(self.font(), max(1.0, min(self.height() / 380, 2.0)))

    def _picture_size(self) -> float:
        if self._beside:
            return max(40.0, min(0.72 * self.height(), 0.26 * self.width()))
        return max(56.0, min(0.34 * self.height(), 0.3 * self.width(), 400.0))

    def _text_width(self) -> float:
        if self._beside:
            return self.width() - self._picture_size() * (1 + 2 * HALO) - 4 * GRID
        widest = max(TEXT_WIDTH, 34 * QFontMetricsF(self._detail_font()).averageCharWidth())
        return (
            min(self.width() - 4 * GRID, widest)
            if self._view.mood in (Mood.TROUBLE, Mood.BUSY)
            else (self.width() - 4 * GRID)
        )

    def _align(self) -> Qt.AlignmentFlag:
        return Qt.AlignmentFlag.AlignLeft if self._beside else Qt.AlignmentFlag.AlignHCenter

    def _detail_height(self) -> float:
        flags = self._align() | Qt.TextFlag.TextWordWrap
        asked = QRectF(0, 0, self._text_width(), 10_000)
        return QFontMetricsF(self._detail_font()).boundingRect(asked, int(flags), self._view.detail or " ").height()

    def _hint_font(self) -> QFont:
        return scaled(self.font(), max(1.0, min(self.height() / 450, 1.6)))

    def title_rect(self) -> QRectF:
        """Where the name stands."""
        return self._rects()[1]

    def hint_rect(self) -> QRectF:
        """Where the hint stands: right below the detail, or in its place if there is none."""
        detail = self._rects()[2]
        top = detail.bottom() + GRID / 2 if self._view.detail else detail.top()
        return QRectF(detail.left(), top, detail.width(), QFontMetricsF(self._hint_font()).height())

    def _free_below(self, needed: float, used: float) -> float:
        """The top of what is ``used`` high: in the middle, higher only if ``needed`` would not fit below it, so that a
        hint that comes and goes moves nothing where there is room."""
        return max(0.0, min((self.height() - used) / 2, self.height() - used - needed))

    def _rects(self) -> tuple[QRectF, QRectF, QRectF]:
        """The rectangles of picture, title and detail."""
        hint = (QFontMetricsF(self._hint_font()).height() + GRID) * bool(self._view.hint)
        size, halo = self._picture_size(), HALO * self._picture_size()
        title, detail = QFontMetricsF(self.title_font()).height(), self._detail_height()
        width = self._text_width()
        if self._beside:
            gap = GRID / 2 if self._view.detail else 0.0
            top = self._free_below(hint, title + gap + detail * bool(self._view.detail))
            left = halo + size + halo + 2 * GRID
            picture = QRectF(halo, (self.height() - size) / 2, size, size)
            return picture, QRectF(left, top, width, title), QRectF(left, top + title + gap, width, detail)
        top = self._free_below(hint * bool(self._view.detail), size * (1 + HALO) + 2 * GRID + title + GRID + detail)
        picture = QRectF((self.width() - size) / 2, top, size, size)
        words = QRectF(2 * GRID, picture.bottom() + halo + 2 * GRID, self.width() - 4 * GRID, title)
        return picture, words, QRectF((self.width() - width) / 2, words.bottom() + GRID, width, detail)

    # ------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picture, title, detail = self._rects()
        self._paint_picture(painter, picture)

        font = self.title_font()
        painter.setFont(font)
        plain = QColor(colours.muted if self._view.mood in CALM else colours.text)
        painter.setPen(plain if self._view.ink is None else self._ink())
        metrics, room = QFontMetricsF(font), title.width() - self._room_for_mark(font)
        text = metrics.elidedText(self._view.title, Qt.TextElideMode.ElideRight, room)
        absolute = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(title, self._align() | absolute, text)
        if self._view.likely:
            width = metrics.horizontalAdvance(text)
            title.moveLeft(title.left() + width if self._beside else title.center().x() + width / 2)
            painter.drawText(title, Qt.AlignmentFlag.AlignLeft | absolute, MARK)

        painter.setFont(self._detail_font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(detail, int(self._align() | Qt.TextFlag.TextWordWrap), self._view.detail)
        if self._view.hint:
            hint = self.hint_rect()
            painter.setFont(self._hint_font())
            text = QFontMetricsF(self._hint_font()).elidedText(
                self._view.hint, Qt.TextElideMode.ElideRight, hint.width()
            )
            painter.drawText(hint, self._align() | absolute, text)
        painter.end()

    def _ink(self) -> QColor:
        """The speaker's colour, paler for a name that may be wrong."""
        ink = self._theme.ink(self._view.ink)
        return self._theme.paler(ink) if self._view.likely else ink

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        colours, view = self._theme.colours, self._view
        muted, track = QColor(colours.muted), QColor(colours.track)
        ring = max(2.0, rect.width() / 32)
        if view.mood in (Mood.NAMED, Mood.UNKNOWN, Mood.VOICE):
            self._paint_loudness(painter, rect)
        match view.mood:
            case Mood.NAMED:
                painting.avatar(
                    painter,
                    rect,
                    view.initials,
                    self._ink(),
                    QColor(colours.surface),
                    filled=not view.likely,
                    texture=self._theme.texture(view.ink),
                )
            case Mood.UNKNOWN:
                painting.stranger(painter, rect, muted)
            case Mood.TROUBLE:
                inset = rect.width() * 0.14
                painting.warning(painter, rect.adjusted(inset, inset, -inset, -inset), QColor(colours.warning))
            case _:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.raised))
                painter.drawEllipse(rect)
                if view.mood is Mood.VOICE:
                    painting.sound(painter, rect, QColor(colours.accent))
                else:
                    painting.microphone(painter, rect, muted, struck_out=view.mood is Mood.OFF)
        if view.mood is Mood.BUSY:
            inner = rect.adjusted(ring, ring, -ring, -ring)
            if view.progress is None:
                painting.spinner(painter, inner, QColor(colours.accent), ring, self._turn)
            else:
                painter.setPen(painting.round_pen(track, ring))
                painter.drawEllipse(inner)
                painter.setPen(painting.round_pen(QColor(colours.accent), ring))
                painter.drawArc(inner, 90 * 16, round(-360 * 16 * view.progress))

    def _paint_loudness(self, painter: QPainter, rect: QRectF) -> None:
        """A ring that widens with the voice."""
        colour = self._theme.ink(self._view.ink) if self._view.ink is not None else QColor(self._theme.colours.edge)
        colour.setAlphaF(0.25)
        grow = rect.width() * HALO * (0.3 + 0.7 * self._loudness)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(rect.adjusted(-grow, -grow, grow, grow))
        painter.setBrush(QColor(self._theme.colours.surface))
        if self._view.mood is not Mood.NAMED:
            painter.drawEllipse(rect)
