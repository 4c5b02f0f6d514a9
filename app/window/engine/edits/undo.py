"""What the user did last, and how it is undone. What erases something does so when its undo is over, not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from utils import BadInput

MOST_DEEDS = 100
"""Deeds that can be undone, one after the other."""


@dataclass(frozen=True)
class Deed:
    """Something that was done and can be undone."""

    number: int
    """Counts up: a later deed has a higher one."""
    text: str
    """What was done, a sentence."""
    erases: bool = False
    """Whether something is erased for good when the undo is over. Then it is over soon."""


@dataclass(frozen=True)
class _Entry:
    deed: Deed
    undo: Callable[[], None] = field(repr=False)
    erase: Callable[[], None] | None = field(repr=False)


class UndoStack:
    """The deeds that can be undone, newest last. ``publish`` gets the newest, or None, whenever that changes, and
    whether anything is to be erased yet.

    A deed that erases is at most the newest: the next deed ends its undo. Belongs to one thread.
    """

    def __init__(self, publish: Callable[[Deed | None, bool], None]):
        self._publish = publish
        self._entries: list[_Entry] = []
        self._to_erase: list[Callable[[], None]] = []
        self._number = 0

    def did(self, text: str, undo: Callable[[], None], erase: Callable[[], None] | None = None) -> Deed:
        """Take note of a deed, which ends the undo of what erases. Raises what that erasing raises."""
        self._number += 1
        deed = Deed(self._number, text, erase is not None)
        self._set_aside()
        self._entries = [*self._entries[1 - MOST_DEEDS :], _Entry(deed, undo, erase)]
        self._publish_newest()
        self._erase()
        return deed

    def undo(self, number: int | None = None) -> Deed | None:
        """Undo the newest deed, if it is this one; returns it, or None if it is too late for that.

        Raises what the undoing raises: after BadInput it cannot be tried again, else it can.
        """
        if not self._entries or number not in (None, self._entries[-1].deed.number):
            return None
        entry = self._entries[-1]
        try:
            entry.undo()
        except BadInput:
            self._entries.remove(entry)
            self._publish_newest()
            raise
        self._entries.remove(entry)
        self._publish_newest()
        return entry.deed

    def end(self, number: int | None = None) -> None:
        """The undo of this deed, or of any, is over, if it erases. Raises what erasing raises; it is tried again then
        when the next undo ends.
        """
        if self._entries and number in (None, self._entries[-1].deed.number):
            self._set_aside()
            self._publish_newest()
        self._erase()

    def _set_aside(self) -> None:
        self._to_erase += [entry.erase for entry in self._entries if entry.erase]
        self._entries = [entry for entry in self._entries if not entry.erase]

    def _erase(self) -> None:
        while self._to_erase:
            self._to_erase[0]()
            self._to_erase.pop(0)
            self._publish_newest()

    def _publish_newest(self) -> None:
        newest = self._entries[-1].deed if self._entries else None
        self._publish(newest, bool(self._to_erase) or (newest is not None and newest.erases))
