"""Speech that was surely somebody's on another day or device, kept to be offered: "add this to Ana?"

Only of whom it was allowed (``answer_consent``), few of each, for ``KEPT_DAYS``. An offer's recording and note lie
beside the person's samples, so that they are moved, sealed and deleted with them; ``offers`` in the database says which
there are. One that was dismissed stays there without a recording for as long, so that it is not offered again.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from app.voiceprints.conditions import forget_offers, forget_old_offers, offer_files
from app.voiceprints.enrolled import Consent
from app.voiceprints.lease import own_lease
from app.voiceprints.orders import find_order, give_move, give_remove, make_final, touched, waiting
from app.voiceprints.pending import last_taken
from app.voiceprints.people import Removal, remove_sample, undo_if_in_sight
from app.voiceprints.recordings import (
    Condition,
    Note,
    condition_of,
    discard_sample,
    sample_file,
    samples_dir,
    write_content,
)
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.voiceprints.sweep import OFFER
from utils import BadInput, HeardError, make_private_dir, stored_name, wav_bytes

RECORDING = re.compile(f"{OFFER}[0-9a-f]{{32}}\\.wav")
"""What the recordings of offers are called."""
MOST_OFFERS = 3
"""Offers of one person that wait for an answer."""
ENOUGH_DAYS = 3
"""A device on which somebody is known of so many days is not new on another day."""
BETTER = 1.3
"""An offer takes the place of one of the same day and device that has so many times less speech."""


class NoSuchOffer(BadInput):
    """It was answered, or is too old, or never was."""


@dataclass(frozen=True)
class Offer:
    """A recording that waits to be added to a person's samples."""

    id: int
    name: str
    condition: Condition
    speech_s: float
    kept_on: str
    """The day since when it is kept."""
    path: Path
    """The recording; ``recordings.read_recording`` reads it."""


# ------------------------------------------------------------------------------ consent


def consent_of(store: VoiceprintStore, name: str) -> Consent | None:
    """What was answered for a person; None if that was never asked."""
    rows = store.read(
        "SELECT may_keep, answered_on FROM people WHERE name = ? AND removed IS NULL", (stored_name(name),)
    )
    return next((Consent(bool(may), day or "") for may, day in rows if may is not None), None)


def answer_consent(store: VoiceprintStore, name: str, *, may_keep: bool, day: str | None = None) -> Consent:
    """Note the answer and its day, today by default. No, or withdrawn: all that is kept is erased at once.

    What was added to the samples stays until it is removed. Raises BadInput for nobody, HeardError if it cannot be
    written.
    """
    consent = Consent(may_keep, day or date.today().isoformat())

    def change() -> None:
        with store.transaction() as db:
            person = store.find_or_adopt(db, name)
            if person is None:
                raise BadInput(f"nobody is called {stored_name(name)}.")
            values = (int(may_keep), consent.answered_on, person.id)
            db.execute("UPDATE people SET may_keep = ?, answered_on = ? WHERE id = ?", values)
            if not may_keep:
                _forget_all(store, db, person.id, person.name)

    store.despite_full_disk(change)
    if not may_keep and (problems := store.erase_removed()):
        raise HeardError(f"withdrawn, but not all of it is erased yet: {problems[0]} The next start tries again.")
    return consent


def _forget_all(store: VoiceprintStore, db: sqlite3.Connection, person: int, name: str) -> None:
    rows = db.execute("SELECT id, recording, removed FROM offers WHERE person_id = ?", (person,)).fetchall()
    for _, _, order in rows:  # what could still be undone cannot any more
        if order is not None and (found := find_order(db, order)):
            make_final(db, found)
    forget_offers(db, store.data, [(number, name, None if order else file) for number, file, order in rows])


# ------------------------------------------------------------------------------ keeping


def least_speech_s(store: VoiceprintStore, name: str, condition: Condition) -> float | None:
    """Seconds of speech that an offer of this day and device needs more than; None if none is wanted.

    Wanted is what was allowed, of a day or a device that the person is not known on, and few of it.
    """
    consent = consent_of(store, name)
    if consent is None or not consent.may_keep or not condition.day or store.read_only:
        return None
    known = _known(store, name)
    same_device = {one.day for one in known if one.device == condition.device}
    if condition in known or len(same_device) >= ENOUGH_DAYS:
        return None
    if same_device and condition.day in {one.day for one in known}:
        return None
    rows = store.read(
        "SELECT o.day, o.device, o.speech_s, o.recording, o.removed FROM offers o JOIN people p ON p.id = o.person_id"
        " WHERE p.name = ? AND p.removed IS NULL",
        (stored_name(name),),
    )
    same = [row for row in rows if Condition(*row[:2]) == condition]
    if any(recording is None or removed is not None for *_, recording, removed in same):  # dismissed
        return None
    if same:
        return BETTER * max(speech_s for _, _, speech_s, _, _ in same)
    return 0.0 if sum(row[3] is not None for row in rows) < MOST_OFFERS else None


def _known(store: VoiceprintStore, name: str) -> set[Condition]:
    return {condition for person in store.overview() if person.name == name for condition in person.conditions}


def keep_offer(store: VoiceprintStore, person_id: int, samples: np.ndarray, note: Note, speech_s: float) -> int | None:
    """Keep sound (n,) float32 at 16 kHz as an offer to a person, in place of one of the same day and device.

    ``note``: with device and time; the name is the person's. Returns the offer's id, or None if it is not wanted (any
    more): see ``least_speech_s``. Raises HeardError and OSError if it cannot be written; then nothing is kept.
    """
    recording, written = f"{OFFER}{uuid.uuid4().hex}.wav", None
    condition = condition_of(note)
    try:
        with store.transaction() as db:
            row = db.execute("SELECT name FROM people WHERE id = ? AND removed IS NULL", (person_id,)).fetchone()
            if row is None:
                return None
            (name,) = row
            forget_old_offers(db, store.data)
            least_s = least_speech_s(store, name, condition)
            folder = samples_dir(store.data, name)
            if least_s is None or speech_s <= least_s or sample_file(store.data, folder) in touched(waiting(db)):
                return None
            replaced = db.execute(
                "SELECT id, ?, recording FROM offers WHERE person_id = ? AND day = ? AND device = ?",
                (name, person_id, condition.day, condition.device),
            ).fetchall()
            forget_offers(db, store.data, replaced)
            make_private_dir(folder.parent)
            make_private_dir(folder)
            written = folder / recording
            write_content(written, wav_bytes(samples), replace(note, name=name))
            values = (person_id, recording, condition.device, condition.day, speech_s, date.today().isoformat())
            cursor = db.execute(
                "INSERT INTO offers (person_id, recording, device, day, speech_s, kept_on) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(cursor.lastrowid or 0)
    except BaseException:
        if written is not None:
            discard_sample(written)
        raise


# ------------------------------------------------------------------------------ answering


def offers_of(store: VoiceprintStore, name: str | None = None) -> list[Offer]:
    """What is offered to a person, or to everybody, oldest first."""
    rows = store.read(
        "SELECT o.id, p.name, o.day, o.device, o.speech_s, o.kept_on, o.recording FROM offers o"
        " JOIN people p ON p.id = o.person_id"
        " WHERE o.recording NOT NULL AND o.removed IS NULL AND p.removed IS NULL ORDER BY p.name COLLATE NOCASE, o.id"
    )
    wanted = None if name is None else stored_name(name)
    return [
        Offer(number, who, Condition(day, device), speech_s, kept_on, samples_dir(store.data, who) / recording)
        for number, who, day, device, speech_s, kept_on, recording in rows
        if wanted in (None, who) and RECORDING.fullmatch(recording)  # no path that leads elsewhere
    ]


def find_offer(store: VoiceprintStore, number: int) -> Offer:
    """Raises NoSuchOffer."""
    for offer in offers_of(store):
        if offer.id == number:
            return offer
    raise NoSuchOffer(f"there is no offer {number} (any more); see `python -m app voices offers`.")


def accept_offer(
    store: VoiceprintStore, number: int, model_id: str, model_sha256: str, embedded: EmbeddedSample
) -> EmbeddedSample:
    """Make an offer one of the person's samples. ``embedded``: what the model makes of it; its file is not looked at.

    Returns the sample. Raises NoSuchOffer, HeardError if it cannot be written; then nothing changes.
    """
    with store.transaction() as db:
        offer = find_offer(store, number)
        person = store.claim(db, offer.name, None)
        target = offer.path.with_name(f"{last_taken(db, store.data, person) + 1:03d}.wav")
        sample = replace(embedded, file=sample_file(store.data, target), condition=offer.condition)
        store.add_sample(person.name, model_id, model_sha256, sample)
        db.execute(
            "UPDATE samples SET offer = ? WHERE person_id = ? AND file = ? AND removed IS NULL",
            (number, person.id, sample.file),
        )
        db.execute("DELETE FROM offers WHERE id = ?", (number,))
        _order_moves(store, db, offer.path, target)
    return sample


def unaccept_offer(store: VoiceprintStore, offer: Offer) -> None:
    """Make a sample an offer again, as it was before ``accept_offer``. Raises NoSuchOffer if the sample is gone, or if
    nothing of the person may be kept any more."""
    with store.transaction() as db:
        row = _accepted(store, offer.id)
        consent = row and consent_of(store, row[1])
        if row is None or consent is None or not consent.may_keep:
            raise NoSuchOffer("that sample cannot be an offer again: remove it.")
        person_id, _, file = row
        wav = store.data / file
        db.execute("DELETE FROM samples WHERE offer = ? AND removed IS NULL", (offer.id,))
        place = (offer.id, person_id, offer.path.name, offer.condition.device, offer.condition.day)
        db.execute(
            "INSERT INTO offers (id, person_id, recording, device, day, speech_s, kept_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*place, offer.speech_s, offer.kept_on),
        )
        _order_moves(store, db, wav, wav.with_name(offer.path.name))


def dismiss_offer(store: VoiceprintStore, number: int, *, undoable: bool = False) -> Removal:
    """Remove an offer; what is of its day and device is not offered again. ``undoable``: while this program lives it
    can be restored, and must be erased. Raises NoSuchOffer, HeardError if it cannot be written."""

    def mark() -> Removal:
        with store.transaction() as db:
            offer = find_offer(store, number)
            lease = own_lease(store.data) if undoable else None
            order = give_remove(db, offer_files(store.data, offer.name, offer.path.name), lease)
            db.execute("UPDATE offers SET removed = ? WHERE id = ?", (order, number))
        return Removal(offer.name, order, 1)

    removal = store.despite_full_disk(mark)
    undo_if_in_sight(store, removal.order)
    if not undoable and (problems := store.erase_removed()):
        raise HeardError(f"dismissed, but not all of it is erased yet: {problems[0]} The next start tries again.")
    return removal


def unlearn_offer(store: VoiceprintStore, number: int) -> Removal | None:
    """What was offered turns out to be somebody else's: the offer goes, or the sample that it has become.

    Returns what can be restored or erased; None if there is neither. Raises HeardError if it cannot be written.
    """
    try:
        return dismiss_offer(store, number, undoable=True)
    except NoSuchOffer:
        pass
    accepted = _accepted(store, number)
    return remove_sample(store, *accepted[1:]) if accepted else None


def _accepted(store: VoiceprintStore, number: int) -> tuple[int, str, str] | None:
    """The person's id and name, and the file of the sample, that an offer has become."""
    rows = store.read(
        "SELECT p.id, p.name, s.file FROM samples s JOIN people p ON p.id = s.person_id"
        " WHERE s.offer = ? AND s.removed IS NULL AND p.removed IS NULL",
        (number,),
    )
    return rows[0] if rows else None


def _order_moves(store: VoiceprintStore, db: sqlite3.Connection, source: Path, target: Path) -> None:
    moves = [
        (sample_file(store.data, source.with_suffix(suffix)), sample_file(store.data, target.with_suffix(suffix)))
        for suffix in (".json", ".wav")
    ]
    give_move(db, moves)
