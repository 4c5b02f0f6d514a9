"""Follows the calls of a piece of work from room to room while it runs: which room calls which, by which door."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tests.test_architecture import floor, room


@dataclass
class Walk:
    """The rooms that were entered, in order of the first time."""

    doors: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(room that called, room that was entered) -> the functions called, each once."""

    def add(self, caller: str, callee: str, function: str) -> None:
        doors = self.doors.setdefault((caller, callee), [])
        if function not in doors:
            doors.append(function)

    @property
    def rooms(self) -> list[str]:
        """Each room once, in the order in which they were entered."""
        return list(dict.fromkeys(callee for _, callee in self.doors))

    @property
    def climbs(self) -> list[str]:
        """Calls from a room into one that does not lie below it."""
        return [
            f"{caller} -> {callee}: {', '.join(functions)}"
            for (caller, callee), functions in self.doors.items()
            if floor(callee) >= floor(caller)
        ]


@contextmanager
def walking(start: str) -> Iterator[Walk]:
    """Note the calls of this thread from room to room. ``start``: the room that the work is begun from."""
    walk = Walk()

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame.f_code.co_filename.startswith("<"):
            return
        here = _room_of(frame)
        if here is None:
            return
        caller, before = start, frame.f_back
        while before is not None:
            if (found := _room_of(before)) is not None:
                caller = found
                break
            before = before.f_back
        if caller != here:
            walk.add(caller, here, frame.f_code.co_qualname)

    sys.setprofile(profile)
    try:
        yield walk
    finally:
        sys.setprofile(None)


def _room_of(frame: FrameType) -> str | None:
    module = frame.f_globals.get("__name__", "")
    return room(module) if module.split(".")[0] in ("app", "model", "utils") else None
