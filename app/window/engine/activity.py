"""What the engine's thread can be asked to do. No Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.window.engine.engine import Engine


class Stopped(Exception):
    """Ends something long that nobody waits for any more."""


class Activity(Protocol):
    """Something that needs the engine's thread for a while: listening, a file, an enrolment, voiceprints made anew."""

    def run(self, engine: Engine, stop: threading.Event) -> None:
        """In the engine's thread; comes to an end soon after ``stop`` is set. May raise HeardError or OSError."""

    def fail(self, error: str) -> None:
        """It ended in an error: one line."""


Job = Callable[["Engine"], None]
"""Something quick for the engine's thread, done between two blocks of sound or while nothing else runs."""
