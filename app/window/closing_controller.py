"""The window is to be closed: not before what was deleted is erased, and not without a word if something is lost."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QMessageBox, QWidget

from app.window import strings
from app.window.dialogs import questions
from app.window.engine.activity import Answer
from app.window.engine.edits import people as jobs
from app.window.engine.engine import Engine
from app.window.file_page import FilePage
from app.window.view.closing import unsaved


class ClosingController:
    """``may_close`` is asked by the window's close event; when it may later on, the window is closed again."""

    def __init__(self, window: QWidget, engine: Engine, file: FilePage):
        self._window, self._engine, self._file = window, engine, file
        self._sure, self._erased, self._asks = False, False, True
        self._erasing: Answer[None] | None = None
        self.question: QMessageBox | None = None
        """The one that was asked last."""

    def may_close(self) -> bool:
        """Whether the window may go now. If not, the user is asked, or the engine erases what is to be erased."""
        if self._erasing is not None:
            return False
        lost = unsaved(self._engine.facts, self._file.analysis and self._file.analysis.facts)
        if lost and not self._sure:
            self._ask(strings.CLOSE_QUESTION, lost, strings.CLOSE_WINDOW, self._be_sure)
            return False
        if self._engine.facts.owed and not self._erased:
            self._engine.stop()
            self._engine.notify(strings.ERASING)
            self._erasing = self._engine.ask(jobs.end_undo())
            return False
        return True

    def close_unasked(self) -> None:
        """The system wants the program to end: nobody is asked, but what was deleted is erased."""
        self._sure, self._asks = True, False
        self._window.close()

    def draw_frame(self) -> None:
        """Go on once the engine has erased, or could not."""
        if self._erasing is None or not self._erasing.over:
            return
        error, self._erasing = self._erasing.error, None
        if error and self._asks:
            self._ask(
                strings.NOT_ERASED,
                strings.NOT_ERASED_DETAIL.format(error=strings.sentence(error)),
                strings.CLOSE_ANYWAY,
                self._close,
            )
            return
        if error:
            print(f"heard: {error}", file=sys.stderr)
        self._close()

    def _ask(self, question: str, detail: str, go: str, then) -> None:
        if self.question is not None:
            return  # it is being asked
        self.question = questions.ask(self._window, question, detail, go=go, stay=strings.STAY, then=then)
        self.question.finished.connect(self._answered)

    def _answered(self) -> None:
        self.question = None

    def _be_sure(self) -> None:
        self._sure = True
        self._window.close()
        self._sure = False  # whoever has to be asked later is asked again

    def _close(self) -> None:
        self._erased = True
        self._sure = True
        self._window.close()
