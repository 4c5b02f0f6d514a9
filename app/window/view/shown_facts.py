"""Which facts are to be shown next: those that changed, and without a notice that has stood long enough."""

from __future__ import annotations

from dataclasses import replace

from app.window.engine.facts import Facts, Notice

NOTICE_S = 8.0
"""How long what was done for the user stays in the status line."""


class ShownFacts:
    """Compares the newest facts with those that are on the screen."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._notice: Notice | None = None
        self._notice_at_s, self._notice_passed = 0.0, False

    def changed(self, facts: Facts, now_s: float) -> Facts | None:
        """What to show at ``now_s``; None if it is on the screen already."""
        if facts.notice is not self._notice:
            self._notice, self._notice_at_s = facts.notice, now_s
        passed = now_s - self._notice_at_s > NOTICE_S
        if facts is self._facts and passed == self._notice_passed:
            return None
        self._facts, self._notice_passed = facts, passed
        return replace(facts, notice=None) if passed else facts

    def forget(self) -> None:
        """Show the next facts in any case: the looks changed."""
        self._facts = None
