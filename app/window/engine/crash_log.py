"""What went wrong inside the program, written down where the user can find it.

Uncaught errors of any thread, and what faulthandler can save when the process is killed by a fault of a library.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from utils import make_private_dir

NAME = "crash.log"
LARGEST_BYTES = 1_000_000
"""A longer log is begun anew."""


class CrashLog:
    """``install`` it once. ``on_error(line)`` is called, in the thread that failed, after something was written."""

    def __init__(self, folder: Path, on_error: Callable[[str], None] = lambda line: None):
        self.path = folder / NAME
        self.on_error = on_error
        self._file = None
        self._before: tuple[object, object] | None = None
        self._handler = _Handler(self)

    def install(self) -> bool:
        """Write errors down from now on. Returns whether the last run ended in a fault: then the log says so."""
        faulted = self._ended_badly()
        with contextlib.suppress(OSError):
            make_private_dir(self.path.parent)
            mode = "a" if self.path.exists() and self.path.stat().st_size < LARGEST_BYTES else "w"
            self._file = open(self.path, mode, encoding="utf-8", errors="replace")  # noqa: SIM115 - for faulthandler
            if os.name == "posix":
                self.path.chmod(0o600)
            self._file.write(f"--- started {_now()}, Python {platform.python_version()}, {platform.platform()}\n")
            self._file.flush()
            faulthandler.enable(self._file)
        logging.getLogger("heard").addHandler(self._handler)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        return faulted

    def close(self) -> None:
        """Write down that the program ended as it should."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None
        logging.getLogger("heard").removeHandler(self._handler)
        if self._file is not None:
            faulthandler.disable()
            self._file.write(f"--- ended {_now()}\n")
            self._file.close()
            self._file = None

    def write(self, text: str) -> None:
        """Add to the log; never raises."""
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.write(f"{_now()} {text.rstrip()}\n")
                self._file.flush()

    def _uncaught(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        self.write(text)
        if sys.stderr:
            sys.stderr.write(text)
        self.on_error(f"{kind.__name__}: {error}")

    def _ended_badly(self) -> bool:
        """Whether faulthandler had the last word."""
        try:
            with open(self.path, "rb") as file:
                file.seek(max(0, self.path.stat().st_size - 20_000))
                tail = file.read().decode("utf-8", "replace")
        except OSError:
            return False
        return "Fatal Python error" in tail.rpartition("--- started")[2]


class _Handler(logging.Handler):
    """Writes down what the program itself reports as an error, too."""

    def __init__(self, log: CrashLog):
        super().__init__(logging.ERROR)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write(self.format(record))


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
