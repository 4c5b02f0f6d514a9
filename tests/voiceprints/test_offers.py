"""Days and devices of samples, consent, and offers: kept, answered, unlearned, and nothing left of them."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.sealing.lock import LOCK_FILE
from app.voiceprints import offers as kept
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.offers import (
    NoSuchOffer,
    accept_offer,
    answer_consent,
    consent_of,
    dismiss_offer,
    keep_offer,
    least_speech_s,
    offers_of,
    unaccept_offer,
    unlearn_offer,
)
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, remove_person, rename_person
from app.voiceprints.recordings import Condition, Note, read_note, read_recording, samples_of
from app.voiceprints.sealing import seal_by_passphrase
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput, HeardError

SHA = "a" * 64
SOUND = (0.1 * np.random.default_rng(1).standard_normal(16_000)).astype(np.float32)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (f"2026-11-{day}T09:30:00+01:00" for day in (23, 24, 25, 26))


def embedded(seed: int = 1) -> EmbeddedSample:
    vectors = np.random.default_rng(seed).standard_normal((2, 192))
    return EmbeddedSample("", (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), [3.0, 3.0])


def note(day: str = MONDAY, device: str = "USB mic", **more: str) -> Note:
    return Note("", day, device, **more)


def enrol(store: VoiceprintStore, name: str, *notes: Note) -> int:
    with PendingSamples(store.data, name) as waiting:
        for one in notes or (note(),):
            waiting.add(SOUND, one)

        def add(_: object, person: object, files: list[str]) -> None:
            for seed, file in enumerate(files):
                store.add_sample(name, "model", SHA, replace(embedded(seed), file=file))

        waiting.commit(store, add)
    return store.find(name).id


def offer(store: VoiceprintStore, person: int, day: str = TUESDAY, device: str = "USB mic", speech_s: float = 9.0):
    return keep_offer(store, person, SOUND, note(day, device), speech_s)


def conditions(store: VoiceprintStore, name: str) -> list[tuple[str, str]]:
    (person,) = [one for one in store.overview() if one.name == name]
    return [(one.day, one.device) for one in person.conditions]


def files(store: VoiceprintStore) -> list[str]:
    return sorted(path.name for path in (store.data / "speakers").rglob("offer-*"))


@pytest.fixture
def store(tmp_path):
    with VoiceprintStore(tmp_path) as store:
        yield store


@pytest.fixture
def ana(store) -> int:
    person = enrol(store, "Ana")
    answer_consent(store, "Ana", may_keep=True, day="2026-11-23")
    return person


# ------------------------------------------------------------------------------ days and devices


def test_samples_remember_day_and_device(store):
    enrol(store, "Ana", note(MONDAY), note(TUESDAY, "Headset"), note(TUESDAY, "", source="talk.m4a"), note("", ""))
    assert conditions(store, "Ana") == [
        ("2026-11-23", "USB mic"),
        ("2026-11-24", "Headset"),
        ("2026-11-24", "file"),
    ]
    (sample, *_) = store.samples("Ana", SHA)
    assert sample.condition == Condition("2026-11-23", "USB mic")


def test_a_database_of_the_version_before_is_read_on(store, tmp_path):
    enrol(store, "Ana", note(MONDAY), note(TUESDAY, "Headset"))
    enrol(store, "Ben", note(WEDNESDAY))
    before = [one.vectors for one in store.samples("Ana", SHA)]
    store.close()
    with sqlite3.connect(tmp_path / "voiceprints.db") as db:  # as version 2 had it
        db.execute("DROP TABLE offers")
        for table, columns in {
            "people": ("may_keep", "answered_on", "colour", "gender"),
            "samples": ("device", "day", "offer"),
        }.items():
            for column in columns:
                db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 2")
    forget_sweeps()
    with VoiceprintStore(tmp_path) as again:
        assert conditions(again, "Ana") == [("2026-11-23", "USB mic"), ("2026-11-24", "Headset")]
        assert conditions(again, "Ben") == [("2026-11-25", "USB mic")]
        assert all(map(np.array_equal, before, [one.vectors for one in again.samples("Ana", SHA)]))
        assert consent_of(again, "Ana") is None
        answer_consent(again, "Ana", may_keep=True)
        assert offer(again, again.find("Ana").id, THURSDAY)


# ------------------------------------------------------------------------------ consent


def test_nothing_is_kept_before_it_is_allowed(store):
    person = enrol(store, "Ana")
    assert consent_of(store, "Ana") is None
    assert offer(store, person) is None
    answer_consent(store, "Ana", may_keep=False)
    assert offer(store, person) is None
    assert not files(store)
    answer_consent(store, "Ana", may_keep=True)
    assert consent_of(store, "Ana").answered_on == date.today().isoformat()
    assert offer(store, person)
    with pytest.raises(BadInput, match="nobody is called Zoe"):
        answer_consent(store, "Zoe", may_keep=True)


def test_withdrawing_erases_what_is_kept_and_what_could_be_undone(store, ana, tmp_path):
    first, second = offer(store, ana), offer(store, ana, WEDNESDAY)
    removal = dismiss_offer(store, first, undoable=True)
    answer_consent(store, "Ana", may_keep=False)
    assert not offers_of(store)
    assert not files(store)
    assert not list((tmp_path / "speakers").glob(".deleted-*"))
    with pytest.raises(HeardError, match="erased already"):
        removal.restore(store)
    assert second
    assert consent_of(store, "Ana").may_keep is False
    assert len(samples_of(tmp_path, "Ana")) == 1


def test_consent_and_offers_go_with_the_person(store, ana, tmp_path):
    offer(store, ana)
    rename_person(store, "Ana", "Anna")
    assert consent_of(store, "Anna").may_keep
    assert consent_of(store, "Ana") is None
    (one,) = offers_of(store, "Anna")
    assert read_note(one.path).name == "Anna"
    assert len(read_recording(one.path)) == len(SOUND)
    removal = remove_person(store, "Anna")
    assert not offers_of(store)
    assert not files(store)[2:]
    removal.restore(store)
    assert [o.id for o in offers_of(store, "Anna")] == [one.id]
    assert offers_of(store)[0].path.exists()
    delete_person(store, "Anna")
    assert not offers_of(store)
    assert not list((tmp_path / "speakers").rglob("*.wav"))


# ------------------------------------------------------------------------------ what is kept


def test_only_what_is_new_is_wanted_and_little_of_it(store, ana):
    assert offer(store, ana, MONDAY) is None  # known on this device on this day
    assert offer(store, ana, "", "Headset") is None  # of no day
    assert [offer(store, ana, day) is not None for day in (MONDAY, TUESDAY)] == [False, True]
    assert offer(store, ana, MONDAY, "Headset")
    assert offer(store, ana, WEDNESDAY)
    assert offer(store, ana, THURSDAY) is None  # three wait already
    assert len(offers_of(store)) == 3


def test_a_device_known_on_some_days_is_not_new_on_another(store):
    person = enrol(store, "Ana", note(MONDAY), note(TUESDAY), note(WEDNESDAY))
    answer_consent(store, "Ana", may_keep=True)
    assert offer(store, person, THURSDAY) is None
    assert offer(store, person, THURSDAY, "Headset")


def test_the_best_of_a_day_and_device_is_kept(store, ana):
    first = offer(store, ana, speech_s=6.0)
    assert offer(store, ana, speech_s=7.0) is None
    better = offer(store, ana, speech_s=12.0)
    (one,) = offers_of(store)
    assert one.id == better != first
    assert one.speech_s == 12.0
    assert files(store) == sorted([one.path.name, one.path.with_suffix(".json").name])


def test_offers_that_nobody_answers_go(store, ana, tmp_path, monkeypatch):
    offer(store, ana)
    dismiss_offer(store, offer(store, ana, WEDNESDAY))
    with store.transaction() as db:
        long_ago = date.today() - timedelta(days=31)
        db.execute("UPDATE offers SET kept_on = ?", (long_ago.isoformat(),))
    store.close()
    forget_sweeps()
    with VoiceprintStore(tmp_path) as again:
        assert not offers_of(again)
        assert not files(again)
        assert again.read("SELECT count(*) FROM offers") == [(0,)]


def test_what_a_kill_leaves_is_swept(store, ana, tmp_path):
    offer(store, ana)
    (one,) = offers_of(store)
    for name in ("offer-lost.wav", "offer-lost.json"):
        (one.path.parent / name).write_bytes(b"half")
    store.close()
    forget_sweeps()
    with VoiceprintStore(tmp_path) as again:
        assert len(offers_of(again)) == 1
        assert len(files(again)) == 2


def test_nothing_is_left_of_an_offer_that_could_not_be_noted(store, ana, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(kept, "replace", lambda note, **changes: note)
    monkeypatch.setattr("app.voiceprints.recordings.write_note", fail)
    with pytest.raises(OSError, match="no room"):
        offer(store, ana)
    assert not offers_of(store)
    assert not files(store)


# ------------------------------------------------------------------------------ answers


def test_an_accepted_offer_is_a_sample(store, ana, tmp_path):
    offer(store, ana)
    (one,) = offers_of(store)
    sample = accept_offer(store, one.id, "model", SHA, embedded(7))
    assert sample.file.endswith("/002.wav")
    assert not files(store)
    assert not offers_of(store)
    assert len(read_recording(tmp_path / sample.file)) == len(SOUND)
    assert conditions(store, "Ana") == [("2026-11-23", "USB mic"), ("2026-11-24", "USB mic")]
    assert len(store.samples("Ana", SHA)) == 2
    assert store.find("Ana").id == ana
    with pytest.raises(NoSuchOffer):
        accept_offer(store, one.id, "model", SHA, embedded(7))
    unaccept_offer(store, one)
    assert offers_of(store) == [one]
    assert len(store.samples("Ana", SHA)) == 1
    assert len(samples_of(tmp_path, "Ana")) == 1
    assert one.path.exists()


@pytest.mark.parametrize("back", [False, True])
def test_an_answer_whose_file_cannot_be_moved_yet_is_not_swept(store, ana, tmp_path, monkeypatch, back):
    """A player that holds the recording open, on Windows; a disk that fails for a while."""
    offer(store, ana)
    (one,) = offers_of(store)
    if back:
        accept_offer(store, one.id, "model", SHA, embedded(7))
    rename, cannot = Path.rename, True

    def held(self, target):
        if cannot and "offer-" in f"{self} {target}" and self.suffix == ".wav":
            raise PermissionError(errno.EACCES, "somebody has it open", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", held)
    if back:
        unaccept_offer(store, one)
    else:
        accept_offer(store, one.id, "model", SHA, embedded(7))
    store.close()
    for cannot in (True, False):  # noqa: B007 - the start after the next one can move it
        forget_sweeps()
        with VoiceprintStore(tmp_path) as again:
            again.people()
    with VoiceprintStore(tmp_path) as again:
        assert len(offers_of(again)) == back
        assert len(samples_of(tmp_path, "Ana")) == 2 - back
        for recording in (*samples_of(tmp_path, "Ana"), *(one.path for one in offers_of(again))):
            assert len(read_recording(recording)) == len(SOUND)
            assert read_note(recording).name == "Ana"
        assert not again.read("SELECT 1 FROM orders")


def test_a_dismissed_offer_is_not_made_again(store, ana, tmp_path):
    number = offer(store, ana)
    dismiss_offer(store, number)
    assert not offers_of(store)
    assert not files(store)
    assert not list((tmp_path / "speakers").glob(".*"))
    assert offer(store, ana, speech_s=60.0) is None
    assert least_speech_s(store, "Ana", Condition("2026-11-25", "USB mic")) == 0.0


def test_dismissing_can_be_undone_after_another_name(store, ana):
    number = offer(store, ana)
    removal = dismiss_offer(store, number, undoable=True)
    assert not offers_of(store)
    rename_person(store, "Ana", "Anna")
    removal.restore(store)
    (one,) = offers_of(store, "Anna")
    assert one.id == number
    assert len(read_recording(one.path)) == len(SOUND)


def test_what_was_somebody_elses_is_unlearned_offered_or_accepted(store, ana, tmp_path):
    first, second = offer(store, ana), offer(store, ana, WEDNESDAY)
    accept_offer(store, second, "model", SHA, embedded(7))
    removals = [unlearn_offer(store, number) for number in (first, second)]
    assert not offers_of(store)
    assert len(store.samples("Ana", SHA)) == 1
    assert len(samples_of(tmp_path, "Ana")) == 1
    for removal in removals:
        removal.restore(store)
    assert [one.id for one in offers_of(store)] == [first]
    assert len(store.samples("Ana", SHA)) == 2
    for number in (first, second):
        unlearn_offer(store, number).erase(store)
    assert len(list((tmp_path / "speakers").rglob("*.wav"))) == 1
    assert unlearn_offer(store, first) is None


def test_offers_are_sealed_with_everything_else(store, ana, tmp_path):
    offer(store, ana)
    store.close()
    seal_by_passphrase(tmp_path, "correct horse battery", list)
    with VoiceprintStore(tmp_path) as sealed:
        assert (sealed.data / LOCK_FILE).exists()
        (one,) = offers_of(sealed)
        assert len(read_recording(one.path)) == len(SOUND)
        assert not one.path.read_bytes().startswith(b"RIFF")
        assert offer(sealed, ana, WEDNESDAY)
        assert not offers_of(sealed)[1].path.read_bytes().startswith(b"RIFF")
        accept_offer(sealed, one.id, "model", SHA, embedded(7))
        assert len(samples_of(tmp_path, "Ana")) == 2
        assert read_note(samples_of(tmp_path, "Ana")[1]).device == "USB mic"
        answer_consent(sealed, "Ana", may_keep=False)
        assert not files(sealed)
