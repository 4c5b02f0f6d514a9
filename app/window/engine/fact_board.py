"""Where the engine's thread leaves the facts and the window finds them; no Qt."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.window.engine.activity import Activity
from app.window.engine.facts import Facts, Phase

LASTING = ("people", "stale", "model", "rule")
"""Of what an activity tells, this still holds when it is over."""


class FactBoard:
    """``facts`` is replaced whole and may be read from any thread. The lock is held for the time of an assignment."""

    def __init__(self, facts: Facts):
        self.facts = self._idle = facts
        self._lock = threading.Lock()
        self._activity: Activity | None = None

    def begin(self, activity: Activity, phase: Phase | None = None) -> None:
        """From now on this is going on, and nothing else has anything to tell; ``phase``: what is shown at once."""
        with self._lock:
            self._activity = activity
            if phase is not None:
                self.facts = replace(self._idle, phase=phase)

    def end(self) -> None:
        """Nothing goes on any more."""
        with self._lock:
            self._activity = None
            self.facts = replace(self._idle, phase=Phase.STOPPED)

    def tell(self, activity: Activity, **changes: object) -> None:
        """Change the facts, unless something else was begun since, or all was ended."""
        with self._lock:
            if activity is self._activity:
                self.facts = replace(self.facts, **changes)
                self._idle = replace(self._idle, **{name: getattr(self.facts, name) for name in LASTING})

    def keep(self, **changes: object) -> None:
        """Change what stays true whatever goes on."""
        with self._lock:
            self.facts = replace(self.facts, **changes)
            self._idle = replace(self._idle, **changes)
