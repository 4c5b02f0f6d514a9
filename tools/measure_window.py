"""How smooth the window is, and what it costs: ``python -m tools.measure_window``. Prints JSON.

Drawn without a screen, the real window loads the model, listens to the demo, analyses a file and enrols somebody.
For each it says how long its thread stood still at most. What thirty frames a second cost is the processor time that
the thread spends in Qt's events while it listens, as a share of one core.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.audio.file_source import StreamSource
from app.audio.reading.reader import read_audio
from app.demo import DEMO
from app.session import SessionOptions
from utils import SAMPLE_RATE, HeardError, run_cli, write_wav

NAP_S = 0.002
"""Between two looks for events."""
LISTEN_S = 20.0
LIMIT_S = 180.0


class Watch:
    """Runs Qt's events, in naps, and notes how long the thread was away from them."""

    def __init__(self, process_events: Callable[[], None]):
        self._process_events = process_events
        self.longest_ms: dict[str, float] = {}
        self.events_s = 0.0
        """Processor time in Qt's events so far."""

    def until(self, part: str, happened: Callable[[], bool]) -> None:
        """Let the window live until something has happened; ``part`` is what it is doing meanwhile."""
        end_s, longest_s, last_s = time.monotonic() + LIMIT_S, 0.0, time.monotonic()
        while not happened():
            spent_s = time.thread_time()
            self._process_events()
            self.events_s += time.thread_time() - spent_s
            time.sleep(NAP_S)
            now_s = time.monotonic()
            longest_s, last_s = max(longest_s, now_s - last_s - NAP_S), now_s
            if now_s > end_s:
                raise HeardError(f"{part}: nothing happened for {LIMIT_S:.0f} s.")
        self.longest_ms[part] = round(1000 * longest_s, 1)


def main() -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.window.engine.engine import Engine
    from app.window.launch import application
    from app.window.main_window import MainWindow
    from app.window.widgets.theme import Theme

    app = application()
    watch = Watch(app.processEvents)
    with tempfile.TemporaryDirectory() as folder:
        speech = read_audio(DEMO / "conversation.flac")
        write_wav(Path(folder) / "talk.wav", np.tile(speech, 2))
        blocks = [speech[at : at + SAMPLE_RATE] for at in range(0, len(speech), SAMPLE_RATE)]
        engine = Engine(
            SessionOptions(data=Path(folder)),
            open_source=lambda options: StreamSource("tape", itertools.cycle(blocks), realtime=True),
        )
        window = MainWindow(engine, Theme(app), find_microphones=list)
        window.show()
        window.start()
        watch.until("the model loads", lambda: engine.facts.identification is not None)
        spent_s, began_s = watch.events_s, time.monotonic()
        watch.until("it listens", lambda: time.monotonic() - began_s > LISTEN_S)
        share = (watch.events_s - spent_s) / (time.monotonic() - began_s)
        window.file_controller.open(Path(folder) / "talk.wav")
        watch.until("a file is analysed", lambda: window.file.analysis.over)
        window.file_controller.close()
        window.people_controller.add("Ana")
        dialog = window.people_controller.dialog
        watch.until("an enrolment begins", lambda: bool(dialog.view and dialog.view.can_begin))
        dialog.go_on()
        watch.until("somebody is enrolled", lambda: dialog.enrolled)
        dialog.accept()
        window.close()
        engine.join(20)
    print(json.dumps({"longest_stop_ms_while": watch.longest_ms, "frames_share_of_a_core": round(share, 3)}, indent=2))
    return 0


if __name__ == "__main__":
    run_cli(main)
