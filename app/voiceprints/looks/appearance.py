"""How a person is shown, for life: the number of their colour, and what is said of their voice by hand.

It belongs to the person, not to the name, the model or the machine: it stays through a rename, when others are deleted,
and goes along with ``voices export``. Nobody else has the number while the person is here or may come back.
"""

from __future__ import annotations

from app.voiceprints.looks.colours import GENDERS, Appearance
from app.voiceprints.store import VoiceprintStore
from utils import BadInput


def appearance_of(store: VoiceprintStore, name: str) -> Appearance:
    """How somebody is shown; nothing of nobody."""
    person = store.find(name)
    rows = store.read("SELECT colour, gender FROM people WHERE id = ?", (person.id if person else -1,))
    return Appearance(*rows[0]) if rows else Appearance()


def say_gender(store: VoiceprintStore, name: str, gender: str | None) -> None:
    """Show this of somebody's voice from now on, whatever the model hears; None leaves it to the model.

    Raises BadInput for nobody or anything else than ``GENDERS``, HeardError if it cannot be written.
    """
    if gender is not None and gender not in GENDERS:
        raise BadInput(f"{gender!r}: one of {', '.join(GENDERS)}.")
    with store.transaction() as db:
        person = store.find_or_adopt(db, name)
        if person is None:
            raise BadInput(f"nobody is called {name}.")
        db.execute("UPDATE people SET gender = ? WHERE id = ?", (gender, person.id))


def bring_looks(store: VoiceprintStore, name: str, looks: Appearance) -> None:
    """Give somebody who came from another machine the colour of there, if nobody here has it."""
    with store.transaction() as db:
        person = store.find(name)
        if person is None:
            return
        db.execute("UPDATE people SET gender = ? WHERE id = ?", (looks.gender, person.id))
        if looks.colour is not None:
            db.execute(
                "UPDATE people SET colour = ? WHERE id = ?"
                " AND NOT EXISTS (SELECT 1 FROM people other WHERE other.colour = ? AND other.id <> ?)",
                (looks.colour, person.id, looks.colour, person.id),
            )
