"""Something else needs the engine for a while; listening goes on afterwards if it was going on before."""

from __future__ import annotations

from collections.abc import Callable

from app.window.engine.engine import Engine
from app.window.widgets.playback import Playback


class Interruption:
    """``start``: begins to listen, if anybody is there to see it."""

    def __init__(self, engine: Engine, playback: Playback, start: Callable[[], None]):
        self._engine, self._playback, self._start = engine, playback, start
        self._resume = False

    def begin(self) -> None:
        self._resume = self._resume or self._engine.facts.running
        self._playback.stop()

    def end(self, *, begin: bool = False) -> None:
        """``begin``: listen now, whatever was before."""
        resume, self._resume = self._resume or begin, False
        if resume:
            self._start()
