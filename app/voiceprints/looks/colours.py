"""The number of a person's colour, and which are free. Nothing here asks the database for people."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_COLOURS = 10_000
"""Numbers below this can be."""
HIDDEN = "hidden"
GENDERS = ("female", "male", HIDDEN)


@dataclass(frozen=True)
class Appearance:
    colour: int | None = None
    """From 0 on; None where nobody has given one."""
    gender: str | None = None
    """What is said of the voice by hand: "female", "male" or "hidden"; None leaves it to the model."""


def free_colour(db: sqlite3.Connection) -> int:
    """The smallest number that nobody has, in a transaction."""
    return first_free(number for (number,) in db.execute("SELECT colour FROM people WHERE colour NOT NULL"))


def first_free(taken: Iterable[int]) -> int:
    """The smallest number from 0 on that is not among these."""
    numbers = set(taken)
    return next(number for number in range(len(numbers) + 1) if number not in numbers)


def colours_for(names: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """A number for each name: its own where it is ``known``, else one that nobody of them has, by the alphabet."""
    names = sorted(names)
    colours = {name: known[name] for name in names if name in known}
    for name in names:
        if name not in colours:
            colours[name] = first_free(colours.values())
    return colours
