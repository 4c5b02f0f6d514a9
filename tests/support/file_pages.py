"""What tests do with the page of a file."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from app.window.engine.edits import turns as jobs

LONG = 180_000
NOISE = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)


def drop(window, path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none, button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, data, button, none))


def export(shown, path, qtbot) -> str:
    """Save the turns; the line that the user is told."""
    before = shown.engine.facts.notice
    shown.engine.submit(jobs.export(path, shown.file.analysis.facts.shown, "talk"))
    qtbot.waitUntil(lambda: shown.engine.facts.notice is not before, timeout=LONG)
    return shown.engine.facts.notice.text


def labels(page) -> list[str]:
    page.draw_frame()
    return [turn.label for _, turn in page.panel.timeline.scene.turns]
