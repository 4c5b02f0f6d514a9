"""A data folder that is sealed and opened again: nothing lost, nothing readable, and whole at every moment."""

from __future__ import annotations

import errno
import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.sealing import unlocking
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.sealing.sealed_file import NotAuthentic
from app.sealing.unlocking import Locked, home_of, is_sealed, unlock
from app.voiceprints import ledger
from app.voiceprints.conversion import seal_data, unseal_data
from app.voiceprints.database import Database
from app.voiceprints.lease import give_up_leases
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, remove_person, rename_person
from app.voiceprints.recordings import Note, read_note, read_recording, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput, HeardError, wav_bytes

SHA = "a" * 64
PASSPHRASE = "correct horse battery"
MARK = np.frombuffer(b"SoundOfAnaHere!!" * 500, "<i2").astype(np.float32) / 32768
"""Sound whose bytes can be looked for on the disk."""


@pytest.fixture(autouse=True)
def nothing_opened():
    unlocking.forget_all()
    yield
    give_up_leases()
    unlocking.forget_all()


def enrol(data: Path, name: str, seed: int) -> None:
    """One recording in the store, with its embeddings."""
    vectors = np.random.default_rng(seed).standard_normal((2, 192)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with VoiceprintStore(data) as store, PendingSamples(data, name) as waiting:
        waiting.add(MARK * (1 - seed / 10), Note(name, "2026-11-27T12:00:00+00:00", device="the microphone"))
        made = lambda db, person, files: store.add_sample(  # noqa: E731
            name, "model", SHA, EmbeddedSample(files[0], vectors, [3.0, 2.0])
        )
        waiting.commit(store, made)


@pytest.fixture
def data(tmp_path) -> Path:
    for seed, name in enumerate(("Anastasia", "Benedikt")):
        enrol(tmp_path, name, seed)
    return tmp_path


def content(data: Path) -> dict[str, list]:
    """All that there is of everybody, whatever side it is kept on."""
    with VoiceprintStore(data) as store:
        return {
            name: [
                [(read_recording(wav).tobytes(), read_note(wav)) for wav in samples_of(data, name)],
                [(s.vectors.tobytes(), s.segment_s) for s in store.samples(name, SHA)],
                {s.file for s in store.samples(name, SHA)}
                == {w.relative_to(home_of(data)).as_posix() for w in samples_of(data, name)},
            ]
            for name in store.people()
        }


def seal(data: Path) -> bytes:
    lock, key = Lock.fresh()
    seal_data(data, lock.with_passphrase(key, PASSPHRASE, Scrypt(b"0123456789abcdef", log2_n=14)), key)
    return key


def bytes_on_disk(data: Path) -> bytes:
    """Everything in the data folder, names of files, too."""
    paths = sorted(data.rglob("*"))
    return b"\n".join(
        [*(str(path.relative_to(data)).encode() for path in paths), *(p.read_bytes() for p in paths if p.is_file())]
    )


def traces(data: Path) -> list[bytes]:
    """What of Anastasia can be read on the disk."""
    vectors = np.random.default_rng(0).standard_normal((2, 192)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sound = wav_bytes(MARK)[1000:1032]
    disk = bytes_on_disk(data)
    wanted = [b"Anastasia", b"anastasia", b"the microphone", vectors[0].tobytes()[:32], sound]
    return [trace for trace in wanted if trace in disk]


def test_what_was_there_is_there_sealed_and_opened_again(data):
    before = content(data)
    assert len(traces(data)) == 5  # the test can fail
    assert all(whole for *_, whole in before.values())
    seal(data)
    assert is_sealed(home_of(data))
    assert {path.name for path in data.iterdir()} == {"sealed"}
    assert traces(data) == []
    assert content(data) == before
    assert traces(data) == []  # the log of the database, too
    unseal_data(data)
    assert content(data) == before
    assert len(traces(data)) == 5
    assert {path.name for path in data.iterdir()} <= {"speakers", "voiceprints.db", ".reserve"}


def test_files_are_for_their_owner_alone(data):
    seal(data)
    modes = {path.stat().st_mode & 0o077 for path in (data / "sealed", *(data / "sealed").rglob("*"))}
    assert modes == {0}


def test_only_the_passphrase_opens_it(data, monkeypatch):
    before = content(data)
    seal(data)
    unlocking.forget_all()
    monkeypatch.setenv("HEARD_PASSPHRASE", "something else")
    with pytest.raises(Locked, match="not its passphrase"):
        content(data)
    unlock(home_of(data), PASSPHRASE)
    assert content(data) == before
    assert b"SQLite" not in bytes_on_disk(data)


def test_people_change_in_a_sealed_folder_as_in_a_plain_one(data):
    seal(data)
    enrol(data, "Cleo", 3)
    enrol(data, "Anastasia", 4)
    with VoiceprintStore(data) as store:
        rename_person(store, "Anastasia", "Anna")
        assert delete_person(store, "Benedikt") == 1
        removal = remove_person(store, "Cleo")
        assert store.people() == ["Anna"]
        removal.restore(store)
    now = content(data)
    assert {name: len(recordings) for name, (recordings, *_) in now.items()} == {"Anna": 2, "Cleo": 1}
    assert all(note.name == name for name, (recordings, *_) in now.items() for _, note in recordings)
    assert all(whole for *_, whole in now.values())
    for name in (b"Anna", b"Cleo", b"Anastasia", b"anna", b"cleo"):
        assert name not in bytes_on_disk(data)


def test_a_recording_in_anothers_place_is_refused(data):
    seal(data)
    (ana,), (ben,) = (samples_of(data, name) for name in ("Anastasia", "Benedikt"))
    ana.write_bytes(ben.read_bytes())
    with pytest.raises(NotAuthentic, match="cannot be opened"):
        read_recording(ana)
    ana.write_bytes(b"RIFF plain sound that somebody put there")
    with pytest.raises(NotAuthentic):
        read_recording(ana)


def test_a_program_that_is_open_follows_and_does_not_write_to_the_old_side(data):
    with VoiceprintStore(data) as window:
        version = window.version()
        old = window.gallery(SHA)
        seal(data)
        assert window.version() != version
        assert np.array_equal(window.gallery(SHA).vectors, old.vectors)
        with pytest.raises(HeardError, match="sealed or unsealed meanwhile"):
            window.create("Dora")
    with VoiceprintStore(data) as later:
        later.create("Dora")
        assert later.people() == ["Anastasia", "Benedikt", "Dora"]
    assert not (data / "voiceprints.db").exists()


def test_twice_is_refused(data):
    with pytest.raises(BadInput, match="is not sealed"):
        unseal_data(data)
    seal(data)
    with pytest.raises(BadInput, match="sealed already"):
        seal(data)


def test_not_while_somebody_is_recorded_or_can_be_brought_back(data):
    before = content(data)
    with PendingSamples(data, "Cleo") as waiting:
        waiting.add(MARK, Note("Cleo", ""))
        with pytest.raises(HeardError, match="is being recorded"):
            seal(data)
        assert waiting.waiting[0].exists()
    with VoiceprintStore(data) as store:
        removal = remove_person(store, "Benedikt")
        with pytest.raises(HeardError, match="can still be brought back"):
            seal(data)
        removal.restore(store)
    assert content(data) == before
    assert not (data / "sealed").exists()


@pytest.mark.parametrize("direction", ["seal", "unseal"])
def test_a_full_disk_changes_nothing(data, monkeypatch, direction):
    before = content(data)
    if direction == "unseal":
        seal(data)
    written = []
    import app.voiceprints.conversion as conversion

    def full(path, blob):
        written.append(path)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, blob)

    write = conversion._write
    monkeypatch.setattr(conversion, "_write", full)
    with pytest.raises(OSError, match="No space"):
        seal(data) if direction == "seal" else unseal_data(data)
    assert is_sealed(home_of(data)) is (direction == "unseal")
    assert content(data) == before
    assert len([path for path in data.iterdir() if path.name in ("sealed", "speakers")]) == 1


@pytest.mark.parametrize("log", [False, True])
def test_where_nothing_may_be_written_it_is_read(data, monkeypatch, log):
    seal(data)
    with VoiceprintStore(data) as store:
        names, vectors = store.people(), store.gallery(SHA).vectors
        if log:
            store.create("Dora")
            names = [*names, "Dora"]
            assert (data / "sealed" / "voiceprints.db-wal").stat().st_size
        monkeypatch.setattr(Database, "read_only", True)
        before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
        with VoiceprintStore(data) as reader:
            assert reader.people() == names
            assert np.array_equal(reader.gallery(SHA).vectors, vectors)
        assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before


# ---------------------------------------------------------------------------- killed


CALLS = ("replace", "unlink", "rmdir", "mkdir", "fsync")


def killed_at(step: int, act) -> bool:
    """Do something in a process that dies before its ``step``-th change of the disk. False if it came to its end."""
    child = os.fork()
    if not child:
        left = step

        def dying(call):
            def wrapped(*arguments, **keywords):
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(9)
                return call(*arguments, **keywords)

            return wrapped

        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that was forked")
def test_a_rename_in_a_sealed_folder_is_whole_whenever_it_is_killed(tmp_path):
    began, names, step = tmp_path / "began", [], 0
    began.mkdir()
    enrol(began, "Anastasia", 0)
    enrol(began, "Anastasia", 1)
    seal(began)
    give_up_leases()
    (before,) = content(began).values()
    while True:
        data = Path(shutil.copytree(began, tmp_path / str(step)))

        def rename(folder: Path = data) -> None:
            with VoiceprintStore(folder) as store:
                rename_person(store, "Anastasia", "Zoe")

        killed = killed_at(step, rename)
        ledger._swept.clear()  # as the next program does
        ((name, now),) = content(data).items()
        names.append(name)
        assert [(sound, note.name) for sound, note in now[0]] == [(sound, name) for sound, _ in before[0]], step
        assert now[1:] == before[1:]
        assert len(list((data / "sealed" / "speakers").iterdir())) == 1
        if not killed:
            break
        step += 1
    assert step > 5
    assert set(names) == {"Zoe"}  # the order is there before anything moves


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that was forked")
@pytest.mark.parametrize("direction", ["seal", "unseal"])
def test_killed_at_any_moment_one_side_is_whole_and_the_other_gone(tmp_path, direction):
    began, sides, step = tmp_path / "began", [], 0
    began.mkdir()
    enrol(began, "Anastasia", 0)
    before = content(began)
    lock, key = Lock.fresh()
    lock = lock.with_passphrase(key, PASSPHRASE, Scrypt(b"0123456789abcdef", log2_n=14))
    if direction == "unseal":
        seal_data(began, lock, key)
    give_up_leases()
    while True:
        data = Path(shutil.copytree(began, tmp_path / str(step)))
        act = partial(seal_data, data, lock, key) if direction == "seal" else partial(unseal_data, data)
        killed = killed_at(step, act)
        unlocking.remember(lock.folder_id, key)
        ledger._swept.clear()  # as the next program does
        assert content(data) == before, step
        sealed = is_sealed(home_of(data))
        sides.append(sealed)
        assert (data / "sealed").exists() is sealed
        assert (data / "speakers").exists() is not sealed
        assert (data / "voiceprints.db").exists() is not sealed
        assert (traces(data) == []) is sealed
        if not killed:
            break
        step += 1
    assert step > 10
    assert sides[0] is (direction == "unseal")
    assert sides == sorted(sides, reverse=direction == "unseal")  # one moment decides


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that was forked")
def test_killed_while_rows_are_written_no_journal_of_them_stays(data):
    """A database that is made there later would take it for its own, and be rolled back."""
    before, key = content(data), seal(data)
    give_up_leases()
    if not (child := os.fork()):
        import app.voiceprints.conversion as conversion

        def dying(statement: str) -> None:
            if statement.startswith("INSERT INTO embeddings"):
                os._exit(9)

        def traced(*arguments):
            connection = connect(*arguments)
            connection.set_trace_callback(dying)
            return connection

        connect, conversion.connect = conversion.connect, traced
        try:
            unseal_data(data)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (data / "voiceprints.db-journal").exists()  # the test can fail
    unlocking.remember(unlocking.read_lock(home_of(data)).folder_id, key)
    ledger.forget_sweeps()  # as the next program does
    assert content(data) == before
    assert {path.name for path in data.iterdir()} == {"sealed"}
    unseal_data(data)
    assert content(data) == before
