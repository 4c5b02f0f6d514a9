"""The toast: what was just done, for as long as it can be undone from there. Plain values: no clock."""

from __future__ import annotations

import math

from app.window.engine.edits.undo import Deed

SHOWN_S = 10.0
"""How long a toast stays, while nobody points at it."""
LONGEST_S = 60.0
"""How long it stays at most: what was deleted is erased when it goes."""


class ToastClock:
    """Says which deed a toast is to show. ``held``: the pointer or the keyboard is on it, so that its time waits."""

    def __init__(self) -> None:
        self.deed: Deed | None = None
        """What the toast shows; None: no toast."""
        self.left_s = 0.0
        self._age_s = 0.0
        self._newest = 0

    def follow(self, deed: Deed | None) -> bool:
        """Take in the newest deed that can be undone. Returns whether the toast changed."""
        before = self.deed
        if deed is not None and deed.number > self._newest:
            self.deed, self._newest = deed, deed.number
            self.left_s, self._age_s = SHOWN_S, 0.0
        elif self.deed is not None and deed != self.deed:
            self.deed = None  # it was undone, or is over
        return self.deed is not before

    @property
    def countdown_s(self) -> int | None:
        """Whole seconds until something is erased; None if nothing is."""
        return math.ceil(max(0.0, self.left_s)) if self.deed is not None and self.deed.erases else None

    def advance(self, elapsed_s: float, *, held: bool = False) -> Deed | None:
        """Time goes by. Returns the deed whose toast is over now, if one is."""
        if self.deed is None:
            return None
        self._age_s += elapsed_s
        if not held:
            self.left_s -= elapsed_s
        return self.dismiss() if self.left_s <= 0 or self._age_s > LONGEST_S else None

    def dismiss(self) -> Deed | None:
        """The toast goes. Returns its deed."""
        deed, self.deed = self.deed, None
        return deed
