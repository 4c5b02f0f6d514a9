"""Under which conditions people are compared: what each side of a trial has come through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.audio.lines.lines import CODECS, LINES, missing_among
from utils import BadInput

CLEAN = "clean"
"""The side of a trial that is as it was recorded."""
SESSIONS, IDENTIFICATION = "sessions", "identification"
"""Parts that are not lines: recordings of several days, and the naming of enrolled people."""


@dataclass(frozen=True)
class Condition:
    """The lines of both sides of a trial: each CLEAN, one of LINES, or several with + between them."""

    enrol: str
    test: str

    def __str__(self) -> str:
        return f"{self.enrol} / {self.test}"


def _both(*names: str) -> list[Condition]:
    """Against what is clean, and against itself."""
    return [condition for name in names for condition in (Condition(CLEAN, name), Condition(name, name))]


GROUPS: dict[str, list[Condition]] = {
    CLEAN: [Condition(CLEAN, CLEAN)],
    "band": _both("low-pass-6800", "low-pass-3400", "8khz"),
    "codecs": _both(*CODECS),
    "rooms": [Condition("room-0.3", name) for name in ("room-0.3", "room-1", "room-2", "room-4")]
    + [Condition(name, name) for name in ("room-1", "room-2", "room-4")],
    "noise": _both("noise-20", "noise-10", "noise-5"),
    "gain": _both("gain-control"),
    "loss": _both(*(name for name in LINES if name.startswith("loss-"))),
}
"""Name -> conditions that are measured together."""


@dataclass(frozen=True)
class Chosen:
    """What is to be measured."""

    conditions: tuple[Condition, ...]
    sessions: bool
    identification: bool


def choose(names: Sequence[str]) -> Chosen:
    """What ``names`` ask for, all there is if there are none.

    A name is a group, "sessions", "identification", a line (against what is clean, and against itself) or two lines
    with / between them. Raises BadInput for other names. What this machine lacks is not asked for yet.
    """
    names = list(names) or [SESSIONS, *GROUPS, IDENTIFICATION]
    conditions: dict[Condition, None] = {}
    for name in names:
        if name not in (SESSIONS, IDENTIFICATION):
            conditions |= dict.fromkeys(_conditions(name))
    return Chosen(tuple(conditions), SESSIONS in names, IDENTIFICATION in names)


def _conditions(name: str) -> list[Condition]:
    if name in GROUPS:
        return GROUPS[name]
    sides = [side.strip() for side in name.split("/")]
    wrong = [side for side in sides if side != CLEAN and not all(part.strip() in LINES for part in side.split("+"))]
    if wrong or len(sides) > 2:
        raise BadInput(
            f'"{name}" is no condition: there are {SESSIONS}, {IDENTIFICATION}, {", ".join(GROUPS)}, a line such as'
            f" gsm, or two such as room-2/opus-12; the lines are {', '.join(LINES)}."
        )
    return _both(name) if len(sides) == 1 else [Condition(*sides)]


def missing_lines(conditions: Sequence[Condition]) -> dict[str, str]:
    """Side -> what it needs that this machine lacks, of those conditions that cannot be had here."""
    return missing_among(sorted({side for one in conditions for side in (one.enrol, one.test)} - {CLEAN}))
