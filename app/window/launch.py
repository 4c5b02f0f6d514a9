"""The way in: opens the window and runs it until it is closed. Qt is imported when that is asked for, not before."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.portaudio import wait_no_more
from app.embedding.model_files import NAMES
from app.session import SessionOptions, microphone_problem
from app.window import strings
from app.window.display import WindowUnavailable
from app.window.engine.stopwatch import Stopwatch
from utils import BadInput, data_dir, is_clone

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.window.settings import Settings

GOODBYE_S = 10.0
"""How long the process may live on after the window is gone, to finish what it was doing."""


def run_window(options: SessionOptions, *, recall_model: bool = False) -> int:
    """Show the window, listen, and return the exit code when it is closed.

    ``recall_model``: take the model that was chosen last time. The demo is played at its natural pace. Raises
    WindowUnavailable if Qt cannot be used here.
    """
    stopwatch = Stopwatch()
    app = application()
    from app.window.dialogs.unlock_dialog import open_sealed
    from app.window.engine.crash_log import CrashLog
    from app.window.engine.engine import Engine
    from app.window.main_window import MainWindow
    from app.window.settings import Settings
    from app.window.widgets.theme import Theme

    data = data_dir(options.data)
    theme = Theme(app)
    if not (options.demo or open_sealed(data)):
        raise BadInput(f"{data} is sealed and was not opened.")
    crash_log = CrashLog(data)
    crashed_before = crash_log.install()
    settings = Settings(data)
    options, gone = recalled(options, settings, model=recall_model)
    if options.demo:
        options = dataclasses.replace(options, realtime=True)
    engine = Engine(options, microphone_problem=microphone_problem, stopwatch=stopwatch)
    window = MainWindow(engine, theme, stopwatch=stopwatch, settings=settings)
    crash_log.on_error = window.crash_notice.put
    window.crash_notice.log = crash_log.path
    if crashed_before:
        engine.notify(strings.CRASHED_BEFORE.format(path=crash_log.path), good=False)
    if gone:
        engine.notify(strings.MODEL_GONE.format(model=gone), good=False)
    for number in (signal.SIGINT, signal.SIGTERM):  # the frame timer gives Python the chance to see them
        signal.signal(number, lambda *_: window.closing.close_unasked())
    window.show()
    window.start()
    app.exec()
    wait_no_more()
    engine.close()
    engine.join(GOODBYE_S)
    window.live.device_menu.close_search(GOODBYE_S)
    crash_log.close()
    return 0


def recalled(options: SessionOptions, settings: Settings, *, model: bool) -> tuple[SessionOptions, str]:
    """The options with what was chosen last time, where the command line says nothing: the threshold, and with
    ``model`` the model. Beside them the name of a model that is not there any more, or "".
    """
    gone = ""
    if model and settings.model:
        if settings.model in NAMES or os.path.isfile(settings.model):
            options = dataclasses.replace(options, model=settings.model)
        else:
            gone = settings.model
    if options.threshold is None:
        options = dataclasses.replace(options, threshold=settings.threshold(options.model))
    return options, gone


def application() -> QApplication:
    """The one QApplication of this process."""
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as error:
        raise WindowUnavailable(f"Qt cannot be loaded ({error}); {_how_to_get_qt()}.") from None
    _check_screen_plugin()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("heard")
    app.setApplicationDisplayName("Heard")
    app.setDesktopFileName("heard")
    return app


def _how_to_get_qt() -> str:
    if is_clone():
        return "`make run` installs it or says how"
    return "on Debian and Ubuntu: sudo apt-get install libegl1 libgl1 libxcb-cursor0 libxcb-icccm4 libxkbcommon-x11-0"


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
        raise WindowUnavailable(f"Qt lacks {library}; {_how_to_get_qt()}.") from None
