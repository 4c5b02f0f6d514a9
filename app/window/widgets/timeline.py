"""The timeline one can touch: hover, click to hear, zoom, drag, keys. What it looks like is in timeline_picture.py."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from app.diarisation.timeline import Turn
from app.scoring.certainty import marked
from app.window import strings
from app.window.engine.overlaps import overlaps
from app.window.engine.spectrogram import MelSpectrogram
from app.window.view.timeline import TimelineScene
from app.window.widgets.theme import Theme
from app.window.widgets.timeline_picture import TimelinePicture

DRAG = 4
"""Pixels from which a press is a drag."""


class TimelineWidget(TimelinePicture):
    picked = Signal(object)
    """A turn was chosen, or none."""
    played = Signal(object)
    """A turn is to be heard."""
    sought = Signal(float)
    """A moment was clicked where nobody speaks."""
    asked = Signal(object, object)
    """The menu of a turn is wanted, at a global position."""
    moved = Signal()
    """Another stretch of time is shown."""

    def __init__(self, theme: Theme, mel: MelSpectrogram, parent: QWidget | None = None):
        super().__init__(theme, mel, parent)
        self.playable_from_s = 0.0
        """Older sound is not there any more."""
        self._now_s = 0.0
        self._drawn: tuple[object, ...] = ()
        self._press: QPointF | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(strings.TIMELINE)

    # ------------------------------------------------------------ what is shown

    def show_scene(self, scene: TimelineScene) -> None:
        """Who spoke when, now."""
        self.scene = scene
        self._now_s = max(self._now_s, scene.end_s) if self._now_s - scene.end_s < 1 else scene.end_s
        if self.selected is not None:
            self.selected = self._same(self.selected)
        self.viewport.update(self._now_s)
        self.setAccessibleDescription(scene.spoken)
        self._redraw()

    def show_mel(self, mel: MelSpectrogram) -> None:
        """Another sound's spectrogram."""
        self.mel = mel
        self._redraw()

    def advance(self, elapsed_s: float, *, running: bool) -> None:
        """One frame on: time goes by between two answers of the engine."""
        if running and self.scene.end_s:
            self._now_s = min(self._now_s + elapsed_s, self.scene.end_s + 0.3)
        self.viewport.update(self._now_s)
        drawn = (round(self.viewport.start_s * self.pixels_per_s()), self.cursor_s, self.viewport.span_s)
        if drawn != self._drawn:
            self._drawn = drawn
            self.update()

    def select(self, turn: Turn | None) -> None:
        """Choose a turn, and see to it that it is in view."""
        self.selected = turn
        if turn is not None:
            self.viewport.reveal(turn.start_s, turn.end_s)
        self.picked.emit(turn)
        self._redraw()

    def zoom(self, factor: float, at: float = 0.5) -> None:
        self.viewport.zoom(factor, at)
        self.moved.emit()
        self._redraw()

    def follow(self) -> None:
        """Back to the newest moment."""
        self.viewport.follow = True
        self.viewport.update(self._now_s)
        self.moved.emit()
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = ()
        self.update()

    def _same(self, turn: Turn) -> Turn | None:
        """The turn that is now what ``turn`` was: turns grow, and their labels are corrected."""
        same_channel = (t for _, t in self.scene.turns if t.channel == turn.channel)
        return next((t for t in same_channel if abs(t.start_s - turn.start_s) < 0.02), None)

    def turn_at(self, position: QPointF) -> Turn | None:
        """The turn under the pointer, with a little room around short ones."""
        plot, rects = self.plot(), self.lane_rects()
        if position.x() < plot.left():
            return None
        lane = next((row for row, rect in enumerate(rects) if rect.top() <= position.y() < rect.bottom()), None)
        if lane is None:
            return None
        slack_s = 3 / self.pixels_per_s()
        time_s, last = self.time_s(position.x()), len(rects) - 1
        crowded = len(self.scene.lanes) > len(rects)
        found = [
            turn
            for number, turn in self.scene.turns
            if (number == lane or (crowded and lane == last and number >= last))
            and turn.start_s - slack_s <= time_s <= turn.end_s + slack_s
        ]
        return found[-1] if found else None

    # ------------------------------------------------------------ mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._dragging = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and event.buttons() & Qt.MouseButton.LeftButton:
            shift = event.position().x() - self._press.x()
            if self._dragging or abs(shift) > DRAG:
                self._dragging = True
                self._press = event.position()
                self.viewport.pan(-shift / self.pixels_per_s())
                self.moved.emit()
                self._redraw()
            return
        hovered = self.turn_at(event.position())
        if hovered != self.hovered:
            self.hovered = hovered
            self.setCursor(Qt.CursorShape.PointingHandCursor if hovered else Qt.CursorShape.ArrowCursor)
            self._redraw()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._press = self._press, None
        if event.button() != Qt.MouseButton.LeftButton or pressed is None or self._dragging:
            return
        turn = self.turn_at(event.position())
        self.select(turn)
        if turn is not None:
            self.played.emit(turn)
        elif event.position().x() >= self.plot().left():
            self.sought.emit(max(0.0, self.time_s(event.position().x())))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = None
        self._redraw()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            turn = self.turn_at(QPointF(event.pos()))
            if turn is not None:
                self.select(turn)
        if self.selected is not None:
            self.asked.emit(self.selected, event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta, plot = event.angleDelta(), self.plot()
        sideways = delta.x() or (delta.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        if sideways:
            self.viewport.pan(-sideways / 120 * 0.1 * self.viewport.span_s)
            self.moved.emit()
            self._redraw()
        elif delta.y():
            at = min(1.0, max(0.0, (event.position().x() - plot.left()) / max(1.0, plot.width())))
            self.zoom(0.8 ** (delta.y() / 120), at)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._select_next(-1 if event.key() == Qt.Key.Key_Left else 1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.selected is not None:
                self.played.emit(self.selected)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(0.8)
            case Qt.Key.Key_Minus:
                self.zoom(1.25)
            case Qt.Key.Key_End:
                self.follow()
            case _:
                super().keyPressEvent(event)

    def _select_next(self, step: int) -> None:
        turns = [turn for _, turn in self.scene.turns]
        if not turns:
            return
        if self.selected in turns:
            index = min(max(turns.index(self.selected) + step, 0), len(turns) - 1)
        else:
            index = len(turns) - 1 if step < 0 else 0
        self.select(turns[index])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def tip_at(self, position: QPointF) -> str:
        """What is said of the place under the pointer."""
        turn = self.turn_at(position)
        if turn is not None:
            return self.describe(turn)
        time_s = self.time_s(position.x())
        pausing = position.x() >= self.plot().left() and any(a <= time_s <= b for a, b in self.scene.pauses)
        return strings.PAUSE if pausing else strings.TIMELINE_TIP

    def describe(self, turn: Turn) -> str:
        """A turn in words."""
        number = next((n for n, t in self.scene.turns if t == turn), None)
        name = self.scene.lanes[number].title if number is not None else turn.label
        form = strings.TURN if turn.start_s >= self.playable_from_s - 0.5 else strings.TURN_GONE
        start_s = round(turn.start_s)
        end_s = max(round(turn.end_s), start_s + 1)
        text = form.format(name=marked(name, turn.certainty), start=strings.clock(start_s), end=strings.clock(end_s))
        return f"{text}, {strings.OVERLAP}" if overlaps(turn, self.scene.overlaps) else text
