"""What the engine calls a voice: an enrolled person, one unknown voice among others, or just unknown."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from app.names import shown_as, shown_name


class Kind(Enum):
    """What a label stands for."""

    PERSON = "person"
    """Somebody enrolled."""
    VOICE = "voice"
    """One unknown voice of a session among others: "Unknown 1", "Unknown 2" ..."""
    UNKNOWN = "unknown"
    """A voice that nobody enrolled, before it is told from others of its kind."""


class Label(str):
    """A label with its kind. It is also the text that is shown and written, so that JSON, CSV and screens take it as it
    is.

    Made by ``person``, ``unknown_voice`` or ``read_label``. The kind is set when the label is made and asked for by
    ``kind``. Different labels have different texts: a person who is called what the program calls a voice, as an old
    database may hold one, has the text "unknown (person)". So equal texts are equal labels.
    """

    __slots__ = ("kind", "name", "number")
    kind: Kind
    name: str | None
    """The person's name as it is enrolled; None for other kinds."""
    number: int
    """Of an unknown voice, from 1 on; 0 for other kinds."""

    def __reduce__(self) -> tuple:
        return read_label, (str(self),)

    def __deepcopy__(self, _memo: dict) -> Label:
        return self


def _label(text: str, kind: Kind, name: str | None = None, number: int = 0) -> Label:
    label = Label(text)
    label.kind, label.name, label.number = kind, name, number
    return label


UNKNOWN = _label("unknown", Kind.UNKNOWN)
"""A voice that nobody enrolled, before it is told from others of its kind."""


@lru_cache(maxsize=4096)
def person(name: str) -> Label:
    """The label of somebody enrolled, whatever they are called."""
    return _label(shown_name(name), Kind.PERSON, str(name))


@lru_cache(maxsize=4096)
def unknown_voice(number: int) -> Label:
    """The label of an unknown voice, numbered from 1 on. Raises ValueError for another number."""
    if number < 1:
        raise ValueError(f"unknown voices are numbered from 1 on, not {number}")
    return _label(f"Unknown {number}", Kind.VOICE, number=number)


def label_of(speaker: str | None) -> Label:
    """The label of the person who was decided for, or of a voice that is nobody's."""
    return UNKNOWN if speaker is None else person(speaker)


def read_label(text: str) -> Label:
    """The label with this text, as it was written; a label as it is.

    A text that the program does not write for a voice is a person's.
    """
    if isinstance(text, Label):
        return text
    if text == UNKNOWN:
        return UNKNOWN
    number = text.removeprefix("Unknown ")
    if number != text and number.isascii() and number.isdecimal() and number == str(int(number)) != "0":
        return unknown_voice(int(number))
    return person(shown_as(text))
