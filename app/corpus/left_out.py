"""What a command could not use of a list: counted and named, with the reason, in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

SHOWN = 5
"""So many are named; all of them are counted."""


@dataclass(frozen=True)
class LeftOut:
    """A row of a list that was not used."""

    name: str
    """As the list names it, for people."""
    reason: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def summary(left_out: Sequence[LeftOut], what: str, of: int | None = None, *, count: int | None = None) -> list[str]:
    """Lines for people: "left out 3 of 10 trials:", the first few by name, the rest counted; none if nothing was.

    ``of`` how many, if that is known. ``count``: how many there were, where ``left_out`` has the first of them alone.
    """
    count = len(left_out) if count is None else count
    if not count:
        return []
    return [f"heard: left out {count}{'' if of is None else f' of {of}'} {what}:", *first_few(left_out, count)]


def first_few(left_out: Sequence[LeftOut], count: int) -> list[str]:
    """Lines for people: the first few of ``count`` by name, the rest counted."""
    lines = [f"  {one.name}: {one.reason.removeprefix(f'{one.name}: ').rstrip('.')}" for one in left_out[:SHOWN]]
    return lines + [f"  and {count - SHOWN} more"] * (count > SHOWN)
