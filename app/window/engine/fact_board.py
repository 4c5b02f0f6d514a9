"""Where the engine's thread leaves the facts and the window finds them."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.window.engine.facts import Facts, Phase

LASTING = ("people", "stale", "model", "rule")
"""The facts that an activity learns and that still hold when it is over."""


class FactBoard:
    """``facts`` is replaced whole and may be read from any thread. The lock is held for the time of an assignment."""

    def __init__(self, facts: Facts):
        self.facts = self._idle = facts
        self._lock = threading.Lock()
        self._activity: object = None

    def begin(self, activity: object, phase: Phase | None = None) -> None:
        """From now on only this activity changes what goes on; ``phase`` is shown at once."""
        with self._lock:
            self._activity = activity
            if phase is not None:
                self.facts = replace(self._idle, phase=phase)

    def end(self) -> None:
        """Nothing goes on any more."""
        with self._lock:
            self._activity = None
            self.facts = replace(self._idle, phase=Phase.STOPPED)

    def update_from(self, activity: object, **changes: object) -> None:
        """Change the facts, unless another activity was begun since, or all was ended."""
        with self._lock:
            if activity is self._activity:
                self.facts = replace(self.facts, **changes)
                self._idle = replace(self._idle, **{name: getattr(self.facts, name) for name in LASTING})

    def update(self, **changes: object) -> None:
        """Change what stays true whatever goes on."""
        with self._lock:
            self.facts = replace(self.facts, **changes)
            self._idle = replace(self._idle, **changes)
