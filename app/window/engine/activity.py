"""What the engine's thread can be asked for: something long, something quick, or an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from app.window.engine.context import EngineContext

T = TypeVar("T")


class Stopped(Exception):
    """Ends something long that nobody waits for any more."""


class Activity(Protocol):
    """Something that takes the engine's thread for a while: listening, a file, an enrolment, voiceprints made anew."""

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        """Work in the engine's thread until done or soon after ``stop`` is set. May raise HeardError or OSError."""

    def fail(self, error: str) -> None:
        """Take note that ``run`` ended in an error: one line for people."""


Job = Callable[[EngineContext], None]
"""Something quick for the engine's thread, done between two blocks of sound or while nothing else runs."""


class Answer(Generic[T]):
    """The answer to a question: ``value`` is None until the engine's thread had time to work it out."""

    def __init__(self) -> None:
        self.value: T | None = None
        self.error = ""
        """Why there will be none, in one line."""
        self.over = False
        """Whether the thread is done with it, one way or the other."""
