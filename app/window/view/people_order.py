"""Which people the list shows, and in which order."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import Enum

from app.window.view.names import alphabetical
from app.window.view.view_state import PersonView


class Sort(Enum):
    NAME = "name"
    HEARD = "heard"
    """Who was heard last stands first."""
    TALK = "talk"
    """Who has spoken most stands first."""


def listed(people: Sequence[PersonView], sort: Sort, searched: str = "") -> tuple[PersonView, ...]:
    """Those whose name has all words of ``searched`` in it, whatever case and accents; sorted."""
    words = plain(searched).split()
    found = [person for person in people if all(word in plain(person.name) for word in words)]
    match sort:
        case Sort.HEARD:
            found.sort(key=lambda person: (-person.last_s, alphabetical(person.name)))
        case Sort.TALK:
            found.sort(key=lambda person: (-person.talk_s, alphabetical(person.name)))
        case Sort.NAME:
            found.sort(key=lambda person: alphabetical(person.name))
    return tuple(found)


def plain(text: str) -> str:
    """Without capitals and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
