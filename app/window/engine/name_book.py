"""What the people in the store are called now, and what they were called before, while the window was open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from app.diarisation.timeline import Turn
from app.scoring.labels import UNKNOWN, Label, person, read_label


class FollowsNames(Protocol):
    """What shows names, and follows when they change."""

    def follow(self, names: NameBook, colours: Mapping[str, int]) -> None:
        """People were enrolled, renamed or deleted."""


class NameBook:
    """People have ids that stay; names may change. A label that was somebody's name follows its person.

    ``update`` from one thread; the rest may be called from any.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._last_names: dict[int, str] = {}  # of everybody who was ever seen
        self._ids: dict[str, int] = {}  # of names now and before; the newest person who had a name counts

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody's name now, as the store has it."""
        return tuple(self._names.values())

    def update(self, names: Mapping[int, str]) -> bool:
        """Take in what the store says: id -> name. Returns whether anything is other than before."""
        if names == self._names:
            return False
        self._ids |= {name: number for number, name in names.items()}
        self._last_names |= names
        self._names = dict(names)
        return True

    def id_of(self, name: str | None) -> int | None:
        """The id of whoever has this name, or had it; None if it was nobody's."""
        return None if name is None else self._ids.get(name)

    def name_of(self, number: int) -> str | None:
        """The name that the person with this id has now; None if there is no such person (any more)."""
        return self._names.get(number)

    def last_name_of(self, number: int) -> str | None:
        """The same, but for somebody who was deleted while this was looked at the name until then: it may be undone."""
        return self._last_names.get(number)

    def now(self, label: str) -> Label:
        """The label as it is to be shown: a person's present name, "unknown" for whoever was deleted."""
        label = read_label(label)
        number = self.id_of(label.name)
        if number is None:
            return label
        name = self.name_of(number)
        return UNKNOWN if name is None else person(name)

    def changed(self, labels: Iterable[Label]) -> dict[Label, Label]:
        """Those of some labels that are to be shown as something else -> what that is."""
        return {label: now for label in labels if (now := self.now(label)) != label}

    def apply(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """Turns with the labels that are to be shown."""
        return relabelled(turns, self.changed({turn.label for turn in turns}))


def relabelled(turns: Sequence[Turn], labels: Mapping[Label, Label]) -> tuple[Turn, ...]:
    """Turns with other labels, where ``labels`` has one for theirs."""
    if not labels:
        return tuple(turns)
    return tuple(_relabelled(turn, labels[turn.label]) if turn.label in labels else turn for turn in turns)


def _relabelled(turn: Turn, label: Label) -> Turn:
    """Whoever has a new name is as probable as before; of somebody deleted nothing is known."""
    return replace(turn, label=label, confidence=None if label == UNKNOWN else turn.confidence)
