"""A choice of several, in the colours of the theme: a long entry is cut by an ellipsis, the arrow is ours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from app.window.widgets import painting
from app.window.widgets.theme import Theme


class ThemedMenu(QComboBox):
    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field: QRect = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, field.width() - 8
        )
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        if self.isEnabled():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(painting.round_pen(QColor(self._theme.colours.muted), 1.8))
            x = 18 if self.layoutDirection() is Qt.LayoutDirection.RightToLeft else self.width() - 18
            centre = QPointF(x, self.height() / 2 + 1)
            painter.drawPolyline([centre + QPointF(-4, -2), centre + QPointF(0, 2.5), centre + QPointF(4, -2)])
        painter.end()
