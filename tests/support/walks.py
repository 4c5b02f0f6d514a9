"""Follows a piece of work from room to room while it runs, and holds it against its walk in docs/architecture.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tests.test_architecture import floor, room
from utils import ROOT


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


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
HANDED_DOWN = {"EngineThread.obey", "add_recording.<locals>.add_rows"}
"""What a lower room calls because a higher one handed it down: the orders between two blocks, and what is written in
the same transaction."""


def documented(title: str) -> dict[str, set[str]]:
    """Room -> what it is entered by, as the walk's table says."""
    (section,) = re.findall(rf"^## {title}.*?\n(.*?)(?=^## )", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (\w+) \| (`.*?`) \|", section, re.MULTILINE)
    return {name: set(re.findall(r"`([\w.]+)`", doors)) for name, doors in rows}


def assert_as_documented(walk: Walk, title: str, start: str = "") -> None:
    """``start``: the room of the first row, if the walk begins inside it."""
    wanted, entered = documented(title), {}
    for (_, callee), functions in walk.doors.items():
        entered.setdefault(callee, set()).update(name.removesuffix(".__init__") for name in functions)
    assert [climb for climb in walk.climbs if climb.rpartition(": ")[2] not in HANDED_DOWN] == []
    difference = (set(wanted) - {start}) ^ (
        set(entered) - {start, "utils", "names", "threads", "time_left", "engine_thread", "memory_trim"}
    )
    assert not difference, f"in the table or entered, not both: {difference}"
    for name, doors in wanted.items():
        assert name == start or doors <= entered[name], f"{name} is entered by {sorted(entered[name])}"
