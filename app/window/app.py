"""The way in: opens the window and runs it until it is closed. Qt is imported when that is asked for, not before."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.session import SessionOptions
from app.window.timing import Stopwatch
from utils import HeardError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

GOODBYE_S = 10.0
"""How long the process may live on after the window is gone, to finish what it was doing."""


def run_window(options: SessionOptions) -> int:
    """Show the window, listen, and return the exit code when it is closed.

    The demo is played at its natural pace. Raises HeardError, in one line, if Qt cannot be used here.
    """
    stopwatch = Stopwatch()
    app = _application()
    from app.window.main_window import MainWindow
    from app.window.theme import Theme
    from app.window.worker import Listener

    if options.demo:
        options = dataclasses.replace(options, realtime=True)
    listener = Listener(options, stopwatch=stopwatch)
    window = MainWindow(listener, Theme(app), stopwatch=stopwatch)
    for number in (signal.SIGINT, signal.SIGTERM):  # the frame timer gives Python the chance to see them
        signal.signal(number, lambda *_: window.close())
    window.show()
    window.start()
    app.exec()
    listener.close()
    listener.join(GOODBYE_S)
    window.device_menu.close_search(GOODBYE_S)
    return 0


def _application() -> QApplication:
    """The one QApplication of this process."""
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise HeardError(f"the window needs Qt ({error}); run `make run` to set it up, or use --terminal.") from None
    _check_screen_plugin()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("heard")
    app.setApplicationDisplayName("Heard")
    return app


def _check_screen_plugin() -> None:
    """Qt ends the process when a library of its X plugin is missing; ask the loader first and say which."""
    if (
        sys.platform != "linux"
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb"
    ):
        return
    import PySide6

    plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    if not plugin.exists():
        return
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        library = str(error).split(":")[0]
        raise HeardError(f"Qt needs {library} to open a window: run `make run`, or use --terminal.") from None
