"""Errors of the program, from any thread; the first is shown, and where the rest is written down."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue

from PySide6.QtWidgets import QWidget

from app.window import strings
from app.window.dialogs.questions import show_message


class CrashNotice:
    """``put`` is for any thread, ``show_first`` for the window's. Without a ``log`` nothing is shown."""

    def __init__(self, parent: QWidget):
        self._parent = parent
        self._errors: SimpleQueue[str] = SimpleQueue()
        self.log: Path | None = None

    def put(self, error: str) -> None:
        self._errors.put(error)

    def show_first(self) -> None:
        """Once: what follows is in the log as well."""
        if not self._errors.empty() and self.log is not None:
            error, where = self._errors.get(), self.log
            self.log = None
            show_message(self._parent, strings.CRASHED, f"{error}\n\n{strings.CRASHED_WHERE.format(path=where)}")
