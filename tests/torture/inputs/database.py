"""The database of voiceprints, and all that is done with people in it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from app.voiceprints.lease import give_up_leases
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.offers import (
    accept_offer,
    answer_consent,
    consent_of,
    dismiss_offer,
    keep_offer,
    least_speech_s,
    offers_of,
    unlearn_offer,
)
from app.voiceprints.people import delete_person, remove_person, rename_person
from app.voiceprints.recordings import Condition, Note
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from tests.torture.mutations import WORDS, damaged_bytes
from tests.torture.subjects import Subject, Wrong, attempt

MODEL = "m", "00ff" * 16
PEOPLE = ("Ana", "Zoë", "名前")
FILE = "voiceprints.db"
SOUND = np.zeros(160, np.float32)
ABOUT = ("Ana", "nobody", "somebody", "name", "called", "New", "offer")
"""A message may be about a person or an offer in place of the file."""


@cache
def whole() -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        with VoiceprintStore(Path(scratch)) as store:
            for number, name in enumerate(PEOPLE):
                vectors = np.eye(2, 16, number, dtype=np.float32)
                for sample in range(3):
                    store.add_sample(name, *MODEL, EmbeddedSample(f"speakers/x/{sample}.wav", vectors, [3.0, 3.0]))
                answer_consent(store, name, may_keep=True)
                for day in ("2026-01-01", "2026-01-02"):
                    keep_offer(
                        store, store.find(name).id, np.zeros(160, np.float32), Note(name, day, device="USB"), 5.0
                    )
            dismiss_offer(store, offers_of(store, "Ana")[0].id)
            remove_person(store, PEOPLE[2])  # whom this process could still bring back: an order waits
        give_up_leases()
        return (Path(scratch) / FILE).read_bytes()


def make_damaged(random: Random, folder: Path) -> Path:
    (folder / FILE).write_bytes(damaged_bytes(random, whole(), head=random.choice((110, 4096))))
    return folder


def make_odd(random: Random, folder: Path) -> Path:
    """A sound database with values in it that the program would not have written."""
    path = folder / FILE
    path.write_bytes(whole())
    db = sqlite3.connect(path)
    tables = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    ]
    for _ in range(random.choice((1, 1, 3))):
        table = random.choice(tables)
        column = random.choice([row[1] for row in db.execute(f"PRAGMA table_info({table})")])
        vectors = [np.full(16, number, "<f4").tobytes() for number in (np.nan, 0.0, np.inf)]
        numbers = (None, 0, -1, 2**62, float("inf"), 1e308)
        values = (*numbers, *vectors, b"", bytes(4), bytes(7), b"\xff\xfe" * 9, random.choice(WORDS))
        value = random.choice(values)
        where = "" if random.random() < 0.3 else " WHERE rowid = 1"
        try:
            if isinstance(value, str):
                db.execute(
                    f"UPDATE {table} SET {column} = CAST(? AS TEXT){where}", (value.encode("utf-8", "surrogatepass"),)
                )
            elif random.random() < 0.15:  # text that is no UTF-8
                db.execute(f"UPDATE {table} SET {column} = CAST(x'fffe41' AS TEXT){where}")
            else:
                db.execute(f"UPDATE {table} SET {column} = ?{where}", (value,))
        except (sqlite3.Error, OverflowError):
            continue
    if random.random() < 0.15:
        db.execute(f"DROP TABLE {random.choice(tables)}")
    if random.random() < 0.1:
        db.execute(f"PRAGMA user_version = {random.choice((0, 99, -1))}")
    db.commit()
    db.close()
    return folder


def use(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    names = attempt(lambda: _listed(folder), FILE)
    gallery = attempt(lambda: _gallery(folder), FILE)
    if gallery is not None and not np.isfinite(gallery.vectors).all():
        raise Wrong("vectors that are not finite are compared")

    def acted(act) -> None:
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        (folder / FILE).write_bytes(before)

        def with_store() -> None:
            forget_sweeps()
            with VoiceprintStore(folder) as store:
                act(store)

        attempt(with_store, FILE, *ABOUT)

    sample = EmbeddedSample("", np.eye(1, 16, dtype=np.float32), [3.0])
    acted(lambda store: delete_person(store, "Ana"))
    acted(lambda store: rename_person(store, "Ana", "New"))
    for number in (1, 2):
        acted(lambda store, number=number: accept_offer(store, number, *MODEL, sample))
        acted(lambda store, number=number: dismiss_offer(store, number))
        acted(lambda store, number=number: unlearn_offer(store, number))
    for may_keep in (True, False):
        acted(lambda store, may=may_keep: answer_consent(store, "Ana", may_keep=may))
    acted(lambda store: keep_offer(store, 1, SOUND, Note("Ana", "2026-01-03", device="x"), 9.0))
    acted(
        lambda store: store.add_sample("New", *MODEL, EmbeddedSample("x.wav", np.eye(1, 16, dtype=np.float32), [3.0]))
    )
    if names is None:
        (folder / FILE).write_bytes(before)


def _listed(folder: Path) -> list[str]:
    from app.voiceprints.recordings import recorded_people

    forget_sweeps()
    with VoiceprintStore(folder) as store:
        people = store.people()
        for person in store.overview():
            line = (person.enrolled_at[:10], str(person.samples), f"{person.speech_s:.1f}", ", ".join(person.models))
            print(person.name.encode("utf-8", "replace"), line)
        recorded_people(folder, people)
        for name in people:
            store.samples(name, MODEL[1])
            consent_of(store, name)
            least_speech_s(store, name, Condition("2026-01-03", "USB"))
        for offer in offers_of(store):
            print(offer.name.encode("utf-8", "replace"), offer.condition, f"{offer.speech_s:.1f}", offer.kept_on)
        store.stale(MODEL[1])
        return people


def _gallery(folder: Path):
    with VoiceprintStore(folder) as store:
        return store.gallery(MODEL[1])


SUBJECTS = (
    Subject("database", make_damaged, use),
    Subject("database with odd values", make_odd, use),
)
