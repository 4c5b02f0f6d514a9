"""Everybody enrolled, each with a bar for how well the voice of the moment fits."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.window import strings
from app.window.view.view_state import PersonView
from app.window.widgets import painting
from app.window.widgets.theme import GRID, RADIUS, Theme, scaled

VIEW_ROLE = Qt.ItemDataRole.UserRole
BAR = 4


class PeopleModel(QAbstractListModel):
    """Rows of ``PersonView``; scores change in place, so that scrolling and focus stay where they are."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._people: tuple[PersonView, ...] = ()

    def show_people(self, people: tuple[PersonView, ...]) -> None:
        if [person.name for person in people] != [person.name for person in self._people]:
            self.beginResetModel()
            self._people = people
            self.endResetModel()
            return
        before, self._people = self._people, people
        for row, (old, new) in enumerate(zip(before, people, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._people)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        person = self._people[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                tip = role == Qt.ItemDataRole.ToolTipRole and person.offers
                return f"{person.name}\n{strings.offers(person.offers)}" if tip else person.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return person.spoken
            case int() if role == VIEW_ROLE:
                return person
        return None


class PersonDelegate(QStyledItemDelegate):
    """Paints one row: avatar, name, share in percent, and the bar with the threshold's mark."""

    def __init__(self, theme: Theme, parent: QObject | None = None):
        super().__init__(parent)
        self._theme = theme
        self.needed = 1.0

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        line = QFontMetricsF(option.font).height()
        return QSize(160, round(max(7 * GRID, 2 * line + BAR + GRID)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        person: PersonView = index.data(VIEW_ROLE)
        colours = self._theme.colours
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect).adjusted(0, 2, 0, -2)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        if hovered or focused:
            painter.setPen(QPen(QColor(colours.accent), 1.5) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), RADIUS - 2, RADIUS - 2)
        if person.speaking:
            painter.setPen(QPen(self._theme.ink(person.ink), 1.5))
            painter.setBrush(QColor(colours.raised))
            painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), RADIUS - 2, RADIUS - 2)

        size = row.height() - 2 * GRID
        picture = QRectF(row.left() + 1.5 * GRID, row.center().y() - size / 2, size, size)
        ink = QColor(colours.edge) if person.stale else self._theme.ink(person.ink)
        painter.setFont(option.font)
        texture = None if person.stale else self._theme.texture(person.ink)
        painting.avatar(painter, picture, person.initials, ink, QColor(colours.surface), texture=texture)

        if person.offers:
            self._paint_badge(painter, option.font, picture, person.offers)
        left = picture.right() + 1.5 * GRID
        line = QFontMetricsF(option.font).height()
        top = row.center().y() - (line + GRID + BAR) / 2
        text = QRectF(left, top, row.right() - 1.5 * GRID - left, line)
        self._paint_text(painter, option.font, text, person)
        self._paint_bar(painter, QRectF(left, text.bottom() + GRID, text.width(), BAR), person)
        painter.restore()

    def _paint_text(self, painter: QPainter, font: QFont, rect: QRectF, person: PersonView) -> None:
        colours = self._theme.colours
        note_font = scaled(
            font, 0.9 if person.stale else 1.0, QFont.Weight.DemiBold if person.speaking else QFont.Weight.Normal
        )
        note_width = min(QFontMetricsF(note_font).horizontalAdvance(person.note), rect.width() * 0.6)
        painter.setFont(note_font)
        painter.setPen(QColor(colours.text if person.speaking else colours.muted))
        note = QFontMetricsF(note_font).elidedText(person.note, Qt.TextElideMode.ElideRight, note_width + 1)
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)

        name_font = scaled(font, 1.0, QFont.Weight.DemiBold if person.speaking else QFont.Weight.Normal)
        room = rect.width() - note_width - 1.5 * GRID
        name = QFontMetricsF(name_font).elidedText(person.title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(name_font)
        painter.setPen(QColor(colours.muted if person.stale else colours.text))
        # Absolute: a name in a right-to-left script still stands where names stand.
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(rect.left(), rect.top(), room, rect.height()), align, name)

    def _paint_badge(self, painter: QPainter, font: QFont, picture: QRectF, offers: int) -> None:
        """How many recordings are offered: a disc at the upper right of the picture."""
        colours, size = self._theme.colours, 2 * GRID
        disc = QRectF(picture.right() - 0.6 * size, picture.top() - 0.4 * size, size, size)
        painter.setPen(QPen(QColor(colours.surface), 2))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(disc)
        painter.setFont(scaled(font, 0.7, QFont.Weight.Bold))
        painter.setPen(QColor(colours.surface))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(offers))

    def _paint_bar(self, painter: QPainter, rect: QRectF, person: PersonView) -> None:
        colours = self._theme.colours
        fill = self._theme.ink(person.ink if person.speaking else None)
        painting.bar(painter, rect, person.share or 0.0, fill, QColor(colours.track))
        if person.share is not None:
            x = rect.left() + rect.width() * self.needed
            painter.fillRect(QRectF(x - 1, rect.top() - 2, 2, rect.height() + 4), QColor(colours.text))


class PeopleList(QListView):
    """``opened``: a person was clicked, or chosen with the keyboard."""

    opened = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._model, self._delegate = PeopleModel(self), PersonDelegate(theme, self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.can_open = True
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setMouseTracking(True)
        self.clicked.connect(self._open)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setAccessibleName(strings.PEOPLE)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        if self.can_open:
            self.opened.emit(index.data(VIEW_ROLE).name)

    def show_people(self, people: tuple[PersonView, ...], needed: float) -> None:
        """``needed``: where the marks of the threshold are, 0 to 1."""
        self._delegate.needed = needed
        self._model.show_people(people)
        speaking = next((row for row, person in enumerate(people) if person.speaking), None)
        if speaking is not None and not self.underMouse():
            self.scrollTo(self._model.index(speaking))
