"""Not a test: the window on the microphone, for tests that take the sound away. Prints a line of JSON for each state.

usage: window_probe.py DATA [DEVICE [CHANNEL]]. A signal closes it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.session import SessionOptions
from app.window.launch import run_window
from app.window.main_window import MainWindow
from app.window.view.view_state import ViewState
from utils import run_cli


def main() -> int:
    show, shown = MainWindow.show_state, []

    def show_and_tell(window: MainWindow, state: ViewState) -> None:
        show(window, state)
        told = {"title": state.speaker.title, "detail": state.speaker.detail, "status": window.status.text}
        if told not in shown:
            shown[:] = [told]
            print(json.dumps({"at": time.monotonic(), **told}), flush=True)

    MainWindow.show_state = show_and_tell
    data, device, channel = [*sys.argv[1:], None, None][:3]
    return run_window(SessionOptions(data=Path(data), device=device, channel=channel and int(channel)))


if __name__ == "__main__":
    run_cli(main)
