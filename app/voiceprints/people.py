"""A person's voiceprint and recordings at once: another name, and going for good, at once or when nobody undoes it.

Whether it may be is asked, and it is done, in one transaction; files follow (orders.py).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.names import new_name, shown_name
from app.voiceprints.conditions import offer_files
from app.voiceprints.lease import own_lease
from app.voiceprints.orders import Order, bring_back, find_order, give_move, give_remove, make_final, touched, waiting
from app.voiceprints.recordings import sample_file, samples_dir, samples_of
from app.voiceprints.store import Person, VoiceprintStore
from utils import BadInput, HeardError, clean_name, stored_name


class NoSuchSample(BadInput):
    """The person has no such sample."""


def rename_person(store: VoiceprintStore, old: str, new: str) -> None:
    """Give a person another name; their recordings move along, and their notes say so.

    Raises BadInput for nobody or a name in use, HeardError if it cannot be written.
    """
    old, new = stored_name(old), clean_name(new)
    with store.transaction() as db:
        person = _somebody(store, db, old)
        if old == new:
            return
        store.refuse_taken(new_name(new), but=person.id)
        source, target = (sample_file(store.data, samples_dir(store.data, name)) for name in (old, new))
        if target in touched(waiting(db)):
            raise HeardError(f"somebody called {new} is just being deleted; try again in a moment.")
        db.execute("UPDATE people SET name = ? WHERE id = ?", (new, person.id))
        db.execute(
            "UPDATE samples SET file = ? || substr(file, ?) WHERE person_id = ? AND substr(file, 1, ?) = ?",
            (f"{target}/", len(source) + 2, person.id, len(source) + 1, f"{source}/"),
        )
        if source != target:
            give_move(db, [(source, target)], new)


def delete_person(store: VoiceprintStore, name: str) -> int:
    """Delete a person for good: voiceprint and recordings. Returns how many recordings went.

    The database overwrites what it frees (secure_delete) and its log is emptied. Works on a full disk. Raises BadInput
    for nobody, and HeardError if it cannot be written, or if something of it is left: that goes at the next start.
    """
    removal = store.despite_full_disk(lambda: _remove_person(store, name, None))
    _erase(store)
    return removal.recordings


def delete_sample(store: VoiceprintStore, name: str, file: str, meanwhile: Callable[[], None] | None = None) -> None:
    """Delete one of a person's samples for good: recording, note and embeddings; ``file`` as in ``EmbeddedSample``.

    The person stays, even without samples. ``meanwhile`` may write to the store, in the same transaction. Raises
    BadInput if there is no such sample, HeardError if it cannot be written, and what ``meanwhile`` raises.
    """
    store.despite_full_disk(lambda: _remove_sample(store, name, file, None, meanwhile))
    _erase(store)


@dataclass
class Removal:
    """A person or a sample that is gone for everybody, and can be brought back while this program lives.

    If the program dies, the next start of any program erases what was removed.
    """

    name: str
    order: int
    recordings: int
    """How many recordings went."""

    def restore(self, store: VoiceprintStore) -> None:
        """Bring it back as it was; a sample to its person, whatever they are called by now.

        Raises BadInput if the name is somebody else's by now, HeardError if it is gone.
        """
        with store.transaction() as db:
            order = _order(db, self.order)
            if db.execute("SELECT 1 FROM people WHERE removed = ?", (self.order,)).fetchone():
                store.refuse_taken(self.name)
            sample = self._sample(store, db)
            bring_back(db, order)
            if sample and order.what["paths"] and sample[0] not in order.what["paths"]:
                file, name = sample  # renamed meanwhile: on from there, which nobody else was given, to where it is
                moves = [
                    (path, str(PurePosixPath(file).with_suffix(Path(path).suffix))) for path in order.what["paths"]
                ]
                give_move(db, moves, name)

    def _sample(self, store: VoiceprintStore, db: sqlite3.Connection) -> tuple[str, str] | None:
        """Where the sample's, or the offer's, recording belongs by now, and whose it is."""
        offer = db.execute(
            "SELECT p.name, o.recording FROM offers o JOIN people p ON p.id = o.person_id WHERE o.removed = ?",
            (self.order,),
        ).fetchone()
        if offer:
            return offer_files(store.data, *offer)[0], offer[0]
        return db.execute(
            "SELECT s.file, p.name FROM samples s JOIN people p ON p.id = s.person_id WHERE s.removed = ?",
            (self.order,),
        ).fetchone()

    def erase(self, store: VoiceprintStore) -> None:
        """Erase it for good. Raises HeardError if something is left: that goes at the next start."""
        with store.transaction() as db:
            make_final(db, _order(db, self.order))
        _erase(store)


def remove_person(store: VoiceprintStore, name: str) -> Removal:
    """Remove a person so that it can be undone. Raises like ``delete_person``."""
    return _remove_person(store, name, own_lease(store.data))


def remove_sample(store: VoiceprintStore, name: str, file: str, meanwhile: Callable[[], None] | None = None) -> Removal:
    """Remove a sample so that it can be undone. Raises like ``delete_sample``."""
    return _remove_sample(store, name, file, own_lease(store.data), meanwhile)


def _remove_person(store: VoiceprintStore, name: str, lease: str | None) -> Removal:
    name = stored_name(name)
    with store.transaction() as db:
        person = _somebody(store, db, name)
        recordings = len(samples_of(store.data, name))
        order = give_remove(db, [sample_file(store.data, samples_dir(store.data, name))], lease)
        db.execute("UPDATE people SET removed = ? WHERE id = ?", (order, person.id))
    undo_if_in_sight(store, order)
    return Removal(name, order, recordings)


def _remove_sample(
    store: VoiceprintStore, name: str, file: str, lease: str | None, meanwhile: Callable[[], None] | None
) -> Removal:
    wav = store.data / file
    with store.transaction() as db:
        person = store.find_or_adopt(db, name)
        name, own = stored_name(name), wav.parent == samples_dir(store.data, name)
        known = (
            person
            and db.execute(
                "SELECT id FROM samples WHERE person_id = ? AND file = ? AND removed IS NULL", (person.id, file)
            ).fetchone()
        )
        if not known and not (own and wav.exists()):
            raise NoSuchSample(f"{name} has no sample {wav.stem}.")
        files = [sample_file(store.data, path) for path in (wav, wav.with_suffix(".json"))] if own else []
        order = give_remove(db, files, lease)
        if known:
            db.execute("UPDATE samples SET removed = ? WHERE id = ?", (order, known[0]))
        if meanwhile:
            meanwhile()
    undo_if_in_sight(store, order)
    return Removal(name, order, len(files) // 2)


def undo_if_in_sight(store: VoiceprintStore, number: int) -> None:
    """Take a removal back if its files could not be put aside, and say why: nothing half of it must stay."""
    problems = store.finish_orders()
    with store.transaction() as db:
        order = find_order(db, number)
        stuck = order is not None and not order.what["hidden"]
        if stuck:
            bring_back(db, order)
    if stuck:
        raise HeardError(f"nothing was deleted: {problems[0] if problems else 'the recordings cannot be moved.'}")


def _erase(store: VoiceprintStore) -> None:
    if problems := store.erase_removed():
        raise HeardError(f"deleted, but not all of it is erased yet: {problems[0]} The next start tries again.")


def _somebody(store: VoiceprintStore, db: sqlite3.Connection, name: str) -> Person:
    if person := store.find_or_adopt(db, name):
        return person
    if names := store.people():
        raise BadInput(f"nobody is called {shown_name(name)}; enrolled: {', '.join(map(shown_name, names))}.")
    raise BadInput("nobody is enrolled yet.")


def _order(db: sqlite3.Connection, number: int) -> Order:
    if order := find_order(db, number):
        return order
    raise HeardError("it is erased already: nothing can be brought back.")
