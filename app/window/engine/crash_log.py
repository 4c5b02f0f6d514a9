"""What went wrong inside the program, written down where the user can find it, without the name of anybody.

Uncaught errors of any thread, and what faulthandler can save when the process is killed by a fault of a library. What
an error says may name a person, or a file that is called like one: only kinds and places are written down, and what the
interpreter itself says of the code.
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

from utils import ROOT, make_private_dir

NAME = "crash.log"
LARGEST_BYTES = 1_000_000
"""A longer log is begun anew."""
HEAD = "--- errors of the program: where, and of what kind. What they say is left out, since it may name people.\n"
"""The first line. A log of an older version, without it, is begun anew."""
OF_THE_CODE = (AttributeError, ImportError, MemoryError, NameError, NotImplementedError, RecursionError, TypeError)
"""Errors whose messages are about types and the program's own words."""


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
            mode = "a" if self._goes_on() else "w"
            self._file = open(self.path, mode, encoding="utf-8", errors="replace")  # noqa: SIM115 - for faulthandler
            if os.name == "posix":
                self.path.chmod(0o600)
            if mode == "w":
                self._file.write(HEAD)
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
        self.write(describe(error, trace) if error else kind.__name__)
        if sys.stderr:
            sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
        self.on_error(f"{kind.__name__}: {error}")

    def _goes_on(self) -> bool:
        """Whether there is a log of this version that is not too long."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                return file.readline() == HEAD and self.path.stat().st_size < LARGEST_BYTES
        except OSError:
            return False

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
        error = record.exc_info[1] if record.exc_info else None
        self._log.write(f"{record.msg}\n{describe(error)}" if error else str(record.msg))  # without its arguments


def describe(error: BaseException, trace: TracebackType | None = None) -> str:
    """An error and those behind it, oldest first: where each was raised, and its kind. Nobody's name is in it."""
    parts, seen, trace = [], set(), trace or error.__traceback__
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        places = "".join(traceback.format_tb(trace)) if trace else ""
        parts.append(f"Traceback (most recent call last):\n{places}{_kind(error)}\n")
        behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        error, trace = behind, behind.__traceback__ if behind else None
    text = "\nThen came:\n\n".join(reversed(parts))
    for place, short in ((f"{ROOT}{os.sep}", ""), (str(Path.home()), "~")):
        text = text.replace(place, short) if len(place) > 1 else text
    return text


def _kind(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        return f"{kind}: {os.strerror(error.errno)}"
    return f"{kind}: {error}" if isinstance(error, OF_THE_CODE) else kind


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
