"""What the tests of the window's engine share."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.audio.file_source import FileSource
from app.audio.source import AudioSource
from app.demo import DEMO
from app.session import SessionOptions
from app.window.engine.engine import Engine
from app.window.engine.facts import Facts


def play_demo(options: SessionOptions) -> AudioSource:
    """The demo as fast as it can be read."""
    return FileSource(DEMO / "conversation.flac")


class Seen:
    """Watches an engine's facts from the moment it is made: ``until`` waits for some, ``all`` are those seen."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self.all: list[Facts] = []

    def until(self, condition: Callable[[Facts], bool], timeout_s: float = 30) -> Facts:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            facts = self.engine.facts
            if not self.all or facts is not self.all[-1]:
                self.all.append(facts)
            if condition(facts):
                return facts
            time.sleep(0.001)
        raise AssertionError(f"it did not happen; the last was {self.all[-1]}")
