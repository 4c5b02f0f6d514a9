"""What the user did last, shown in a toast and undone by Ctrl+Z; and what other programs do to the same people."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.window.engine.activity import Answer
from app.window.engine.edits import people as jobs
from app.window.engine.engine import Engine
from app.window.engine.facts import Facts
from app.window.widgets.toast import Toast

FOLLOW_S = 0.5
"""How often it is asked whether another program has changed the people."""


class UndoController:
    """``elsewhere``: whether a dialog shows what can be undone, in place of the window."""

    def __init__(self, window: QWidget, engine: Engine, elsewhere: Callable[[], bool]):
        self._engine, self._elsewhere = engine, elsewhere
        self.toast = Toast(window, floating=True)
        self.toast.undone.connect(lambda number: engine.submit(jobs.undo(number)))
        self.toast.over.connect(lambda number: engine.submit(jobs.end_undo(number)))
        self._looking: Answer[None] | None = None
        self._looked_s = 0.0  # ago

    def undo(self) -> None:
        """Undo what was done last, whether the toast is still there or not."""
        if self._engine.facts.deed is not None:
            self._engine.submit(jobs.undo())

    def draw_frame(self, facts: Facts, elapsed_s: float) -> None:
        """Show what can be undone; its time goes by here, or in the dialog that shows it."""
        elsewhere = self._elsewhere()
        self.toast.show_deed(facts.deed, visible=not elsewhere)
        if not elsewhere:
            self.toast.advance(elapsed_s)
        self._looked_s += elapsed_s
        if self._looked_s >= FOLLOW_S and (self._looking is None or self._looking.over):
            self._looked_s = 0.0
            self._looking = self._engine.ask(lambda context: context.follow_store())
