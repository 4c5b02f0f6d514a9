"""Not a test: a program of its own for ``test_window_start.py``. Opens the window on some sound and measures how long
its thread stood still while the model was loaded, in a process where nothing was loaded before. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.session import SessionOptions
from app.window.engine.engine import Engine
from app.window.engine.facts import Phase
from app.window.main_window import MainWindow
from app.window.widgets.theme import Theme
from tests.support.array_source import ArraySource

assert "torch" not in sys.modules
app = QApplication([])
noise = np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32)
engine = Engine(SessionOptions(data=sys.argv[1]), open_source=lambda options: ArraySource(noise, realtime=True))
window = MainWindow(engine, Theme(app))
window.live.device_menu.show_file("noise")  # the sound system is not what is measured
window.show()
beats: list[float] = []
phases: set[Phase] = set()


def beat() -> None:
    beats.append(time.perf_counter())
    phases.add(engine.facts.phase)
    if engine.facts.phase is Phase.STOPPED and len(beats) > 1:
        window.close()


window.start()
pulse = QTimer(interval=2, timeout=beat)
pulse.start()
app.exec()
ended = engine.join(10)
gaps = np.diff(beats)
print(
    json.dumps(
        {
            "longest_gap_ms": round(1000 * float(gaps.max()), 1),
            "beats": len(beats),
            "torch": "torch" in sys.modules,
            "error": engine.facts.error,
            "phases": sorted(phase.value for phase in phases),
            "ended": ended,
        }
    )
)
