"""A film of the real window, at its own pace however slow the machine: sound that goes on with the film, and a camera.

The engine hears a tape that gives no more sound than the film has let pass. So each frame shows what the window would
show on a machine that keeps up, whatever was running beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.audio.source import AudioBlock, SourceState, SourceStatus
from utils import SAMPLE_RATE, HeardError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PySide6.QtWidgets import QApplication, QWidget

LIMIT_S = 60.0
"""How long the film waits for the window to do something."""
SETTLE_S = 0.05
"""For the window to draw what it was told: more than one of its own frames."""
HOVER_S = 0.2
STRIP = 46
"""Height of the line below the window that says what happens, in pixels."""


class Tape:
    """An ``AudioSource`` of sound (n,) float32 at 16 kHz and then silence, of which ``let`` allows some more."""

    name = "Microphone"

    def __init__(self, sound: np.ndarray):
        self._sound, self._allowed, self._given = sound, 0, 0
        self._changed = threading.Condition()
        self._stopped = self.hungry = False
        """Whether all that was allowed was heard, and the reader has asked for more."""

    @property
    def status(self) -> SourceStatus:
        state = SourceState.ENDED if self._stopped else SourceState.RUNNING
        return SourceStatus(state, device=self.name, rate=SAMPLE_RATE)

    def start(self) -> None:
        """It runs as the film does."""

    def let(self, seconds: float) -> None:
        """Let so much more sound be heard."""
        with self._changed:
            self._allowed += round(seconds * SAMPLE_RATE)
            self.hungry = False
            self._changed.notify_all()

    def add(self, *more: np.ndarray) -> None:
        """There is more on it, after what has been let pass."""
        with self._changed:
            heard = self._sound[: self._allowed]
            heard = np.pad(heard, (0, self._allowed - len(heard)))
            self._sound = np.concatenate([heard, *more])

    @property
    def over(self) -> bool:
        """Whether it was stopped."""
        return self._stopped

    @property
    def left_s(self) -> float:
        """Seconds of the sound that are still to come."""
        return max(0.0, (len(self._sound) - self._allowed) / SAMPLE_RATE)

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``; nothing is ever skipped."""
        least, end = round(min_s * SAMPLE_RATE), time.monotonic() + timeout_s
        with self._changed:
            while self._allowed - self._given < least:
                self.hungry = True
                if self._stopped or not self._changed.wait(max(0.0, end - time.monotonic())):
                    return None
            at = self._given
            self._given = min(self._allowed, at + max(least, round(max_s * SAMPLE_RATE)))
        piece = self._sound[at : self._given]
        samples = np.pad(piece, (0, self._given - at - len(piece))).astype(np.float32)
        return AudioBlock(samples, at / SAMPLE_RATE)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class Film:
    """Frames of all that ``window`` shows, dialogs and menus too, with a pointer and a line below.

    ``tape``: what is heard at the moment; its sound goes on by ``pace`` seconds for each second of the film.
    """

    def __init__(self, app: QApplication, window: QWidget, tape: Callable[[], Tape | None], per_second: int):
        self._app, self._window, self._tape, self._per_second = app, window, tape, per_second
        self.frames: list[Image] = []
        self.line, self.pace = "", 1.0
        self.note: tuple[str, str] | None = None
        """A sheet of paper over the window: its title and its text."""
        self._pointer, self._pressed = (0.6 * window.width(), 0.55 * window.height()), False

    # ------------------------------------------------------------ time

    def until(self, happened: Callable[[], object]) -> None:
        """Let the window live until something has happened, without a frame. Raises HeardError if it does not."""
        end_s = time.monotonic() + LIMIT_S
        while not happened():
            self._app.processEvents()
            time.sleep(0.005)
            if time.monotonic() > end_s:
                raise HeardError(f"nothing happened for {LIMIT_S:.0f} s: {self.line!r}.")

    def settle(self, seconds: float = SETTLE_S) -> None:
        end_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end_s)

    def roll(self, seconds: float) -> None:
        """Film so many seconds."""
        for _ in range(round(seconds * self._per_second)):
            self.shoot()

    def roll_until(self, happened: Callable[[], object], most_s: float = 30.0) -> None:
        """Film until something has happened."""
        for _ in range(round(most_s * self._per_second)):
            if happened():
                return
            self.shoot()
        raise HeardError(f"nothing happened in {most_s:.0f} s of film: {self.line!r}.")

    def shoot(self) -> None:
        """One frame."""
        tape = self._tape()
        if self.pace and tape is not None and not tape.over:
            tape.let(self.pace / self._per_second)
            self.until(lambda: tape.hungry or tape.over or tape is not self._tape())
        self.settle()
        self.frames.append(self._picture())

    # ------------------------------------------------------------ what the user does

    def move(self, widget: QWidget, frames: int = 3, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """The pointer goes to a place of a widget, in parts of its size."""
        from PySide6.QtCore import QPoint

        place = widget.mapToGlobal(QPoint(round(at[0] * widget.width()), round(at[1] * widget.height())))
        place -= self._window.mapToGlobal(QPoint(0, 0))
        begin = self._pointer
        for step in range(1, frames + 1):
            share = step / frames
            share = share * share * (3 - 2 * share)
            self._pointer = tuple(a + share * (b - a) for a, b in zip(begin, (place.x(), place.y()), strict=True))
            self.shoot()

    def press(self, widget: QWidget, act: Callable[[], object], *, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """The pointer goes to a widget, and what pressing it does is done."""
        self.move(widget, at=at)
        self._pressed = True
        self.shoot()
        self._pressed = False
        act()
        self.settle(HOVER_S)

    def type(self, write: Callable[[str], object], text: str) -> None:
        """Somebody types, a letter a frame."""
        for end in range(1, len(text) + 1):
            write(text[:end])
            self.shoot()

    # ------------------------------------------------------------ pictures

    def _picture(self) -> Image:
        from PIL import Image
        from PySide6.QtCore import QPoint, QRect, Qt
        from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

        size = self._window.size()
        image = QImage(size.width(), size.height() + STRIP, QImage.Format.Format_RGB888)
        image.fill(QColor("#20242b"))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._window.render(painter, QPoint(0, 0))
        origin = self._window.mapToGlobal(QPoint(0, 0))
        for other in self._app.topLevelWidgets():
            if other is self._window or not other.isVisible() or other.windowType() == Qt.WindowType.ToolTip:
                continue
            place = other.mapToGlobal(QPoint(0, 0)) - origin
            if other.isModal():  # an offscreen window has no frame: the middle of the window is its place
                place = QPoint((size.width() - other.width()) // 2, (size.height() - other.height()) // 2)
            for grow in range(6, 0, -1):
                painter.fillRect(QRect(place, other.size()).adjusted(-grow, -grow, grow, grow + 2), QColor(0, 0, 0, 9))
            other.render(painter, place)
            painter.setPen(QPen(QColor(0, 0, 0, 60)))
            painter.drawRect(QRect(place, other.size()))
        if self.note:
            self._draw_note(painter, QRect(size.width() - 390, 80, 360, 290), *self.note)
        self._draw_pointer(painter, QPolygonF)
        painter.setPen(QColor("white"))
        font = self._app.font()
        font.setPointSizeF(1.25 * font.pointSizeF())
        painter.setFont(font)
        strip = QRect(0, size.height(), size.width(), STRIP)
        painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, self.line)
        painter.end()
        data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        pixels = data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        return Image.fromarray(pixels.copy())

    def _draw_note(self, painter, place, title: str, text: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtGui import QColor, QFont, QPen

        painter.setPen(QPen(QColor(0, 0, 0, 90)))
        painter.setBrush(QColor("#fffdf6"))
        painter.drawRoundedRect(place, 6, 6)
        painter.setPen(QColor("#222222"))
        inside, top = place.adjusted(18, 12, -12, -12), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.setFont(QFont(self._app.font().family(), 11, QFont.Weight.Bold))
        painter.drawText(inside, top, title)
        painter.setFont(QFont("DejaVu Sans Mono", 9))
        painter.drawText(inside.adjusted(0, 30, 0, 0), top, text)

    def _draw_pointer(self, painter, polygon) -> None:
        from PySide6.QtCore import QPointF
        from PySide6.QtGui import QColor, QPen

        x, y = self._pointer
        if self._pressed:
            painter.setPen(QPen(QColor(255, 150, 0, 200), 3))
            painter.drawEllipse(QPointF(x, y), 13, 13)
        painter.setPen(QPen(QColor("white"), 1.5))
        painter.setBrush(QColor("black"))
        corners = ((0, 0), (0, 16), (4, 12.5), (6.5, 18), (9, 17), (6.5, 11.5), (11.5, 11.5))
        painter.drawPolygon(polygon([QPointF(x + dx, y + dy) for dx, dy in corners]))


def write_film(path: Path, frames: list[Image], per_second: float, quality: int) -> None:
    """An animated WebP that repeats; frames that do not differ become one that stays longer."""
    kept, lengths = [frames[0]], [0]
    last = np.asarray(frames[0])
    for frame in frames:
        now = np.asarray(frame)
        if lengths[-1] and not np.array_equal(now, last):
            kept.append(frame)
            lengths.append(0)
            last = now
        lengths[-1] += round(1000 / per_second)
    part = path.with_name(f".{path.name}.part")
    kept[0].save(
        part,
        format="WEBP",
        save_all=True,
        append_images=kept[1:],
        duration=lengths,
        loop=0,
        quality=quality,
        method=4,
        kmax=40,
    )
    part.replace(path)
