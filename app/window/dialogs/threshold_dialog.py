"""The threshold: a slider, and what it would cost with the people who are enrolled."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from app.window import strings
from app.window.engine.activity import Answer
from app.window.engine.engine import Engine
from app.window.engine.threshold_errors import ErrorScores, ThresholdCosts, measure_costs
from app.window.view.threshold_view import accepted_text, basis_text, rejected_text
from app.window.widgets import painting
from app.window.widgets.theme import GRID, Theme, scaled

STEPS = 100
"""Steps of the slider for a score of 1."""
LOWEST, HIGHEST = 0.0, 1.0


class ScoreChart(QWidget):
    """How often which score occurs: the same person to the right, other people to the left of the threshold."""

    def __init__(self, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._theme = theme
        self.scores, self.threshold = ErrorScores(), 0.5
        self.setAccessibleName(strings.SCORES)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(440, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 90)

    def show_scores(self, scores: ErrorScores, threshold: float) -> None:
        self.scores, self.threshold = scores, threshold
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QFontMetricsF(self.font()).height()
        plot = QRectF(0, line + 4, self.width(), self.height() - line - 6)
        painter.setPen(QColor(colours.edge))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        for scores, colour, title, align in (
            (self.scores.different, colours.warning, strings.OTHERS, Qt.AlignmentFlag.AlignLeft),
            (self.scores.same, colours.good, strings.SAME_PERSON, Qt.AlignmentFlag.AlignRight),
        ):
            if len(scores):
                self._paint_curve(painter, plot, scores, QColor(colour))
            painter.setPen(QColor(colour))
            painter.drawText(QRectF(0, 0, self.width(), line), align, title)
        x = plot.left() + plot.width() * (self.threshold - LOWEST) / (HIGHEST - LOWEST)
        painter.setPen(painting.round_pen(QColor(colours.text), 2))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.end()

    def _paint_curve(self, painter: QPainter, plot: QRectF, scores: np.ndarray, colour: QColor) -> None:
        """A smoothed histogram, as high as the plot."""
        grid = np.linspace(LOWEST, HIGHEST, 121)
        density = np.exp(-0.5 * ((grid[:, None] - scores[None]) / 0.03) ** 2).sum(axis=1)
        density /= max(density.max(), 1e-9)
        path = QPainterPath(plot.bottomLeft())
        for at, value in zip(np.linspace(plot.left(), plot.right(), len(grid)), density, strict=True):
            path.lineTo(QPointF(at, plot.bottom() - value * plot.height() * 0.95))
        path.lineTo(plot.bottomRight())
        fill = QColor(colour)
        fill.setAlphaF(0.3)
        painter.fillPath(path, fill)
        painter.setPen(painting.round_pen(colour, 1.5))
        painter.drawPath(path)


class ThresholdDialog(QDialog):
    """Moves the threshold while one listens."""

    chosen = Signal(object)
    """The threshold that holds from now on; None: the model's own."""

    def __init__(self, engine: Engine, theme: Theme, parent: QWidget | None = None):
        super().__init__(parent)
        self._engine = engine
        self.setWindowTitle(strings.THRESHOLD_TITLE)
        self.costs: Answer[ThresholdCosts] = engine.ask(measure_costs)
        self._shown: ThresholdCosts | None = None
        rule = engine.facts.rule
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(LOWEST * STEPS), round(HIGHEST * STEPS))
        self.slider.setAccessibleName(strings.THRESHOLD_TITLE)
        self.slider.setValue(round((rule.threshold if rule else 0.5) * STEPS))
        self.value = QLabel()
        self.value.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
        self.chart = ScoreChart(theme)
        self.accepted_label, self.rejected_label = QLabel(), QLabel()
        self.basis = QLabel(strings.MEASURING)
        self.basis.setWordWrap(True)
        self.basis.setProperty("role", "muted")
        self._build()
        self._timer = QTimer(self, interval=100)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self.slider.valueChanged.connect(lambda _: self._show())
        self.slider.valueChanged.connect(lambda value: self._choose(value / STEPS))
        self._show()
        self.resize(540, 470)

    @property
    def threshold(self) -> float:
        return self.slider.value() / STEPS

    def _build(self) -> None:
        title = QLabel(strings.THRESHOLD_ABOUT)
        title.setWordWrap(True)
        title.setProperty("role", "muted")
        self.own_button, close = QPushButton(strings.THRESHOLD_OWN), QPushButton(strings.CLOSE)
        close.setProperty("primary", True)
        close.setDefault(True)
        self.own_button.setAutoDefault(False)
        self.own_button.clicked.connect(self.use_own)
        close.clicked.connect(self.accept)
        ends = QHBoxLayout()
        for text, stretch in ((strings.MORE_NAMES, 1), (strings.MORE_UNKNOWN, 0)):
            label = QLabel(text)
            label.setProperty("role", "muted")
            ends.addWidget(label)
            if stretch:
                ends.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        for column, (label, caption) in enumerate(
            ((self.accepted_label, strings.FALSE_ACCEPTS), (self.rejected_label, strings.FALSE_REJECTS))
        ):
            label.setFont(scaled(self.font(), 1.4, QFont.Weight.DemiBold))
            label.setAccessibleName(caption)
            words = QLabel(caption)
            words.setWordWrap(True)
            grid.addWidget(label, 0, column)
            grid.addWidget(words, 1, column)
            grid.setColumnStretch(column, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.own_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(title)
        column.addWidget(self.value)
        column.addWidget(self.chart, 1)
        column.addWidget(self.slider)
        column.addLayout(ends)
        column.addSpacing(GRID)
        column.addLayout(grid)
        column.addWidget(self.basis)
        column.addSpacing(GRID)
        column.addLayout(buttons)

    def _choose(self, threshold: float | None) -> None:
        self._engine.set_threshold(threshold)
        self.chosen.emit(threshold)

    def use_own(self) -> None:
        """Back to the model's own threshold, which is another for little speech."""
        self._choose(None)
        own = self._engine.own_threshold()
        if own is not None:
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(round(own * STEPS))
            self.slider.blockSignals(blocked)
            self._show()

    def look(self) -> None:
        """Show what was measured, once it is there."""
        if self.costs.value is not None and self.costs.value is not self._shown:
            self._shown = self.costs.value
            self._show()

    def _show(self) -> None:
        costs = self._shown or ThresholdCosts()
        self.value.setText(strings.THRESHOLD_VALUE.format(threshold=self.threshold))
        self.chart.show_scores(costs.scores, self.threshold)
        for label, text in (
            (self.accepted_label, accepted_text(costs, self.threshold)),
            (self.rejected_label, rejected_text(costs, self.threshold)),
        ):
            label.setText(text)
            label.setAccessibleDescription(text)
        if self._shown is not None:
            self.basis.setText(basis_text(costs))

    def done(self, result: int) -> None:
        self._timer.stop()
        super().done(result)
