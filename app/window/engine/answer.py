"""A question to the engine's thread, and its answer when it is there. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from app.window.engine.engine import Engine

T = TypeVar("T")


class Answer(Generic[T]):
    """``value`` is None until the engine's thread had time to work it out; errors become a notice."""

    def __init__(self, engine: Engine, question: Callable[[Engine], T]):
        self.value: T | None = None
        self._question = question
        engine.ask(self._work)

    def _work(self, engine: Engine) -> None:
        self.value = self._question(engine)
