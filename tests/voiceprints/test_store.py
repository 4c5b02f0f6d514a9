"""The voiceprint store: nothing half written, nothing silently compared, nothing left of who was deleted."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.scoring.cohort import unit
from app.scoring.gallery import score
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from tests.support.small_disk import fill, small_disk
from tests.support.stand_ins import record
from utils import ROOT, HeardError

SHA, OTHER_SHA = "a" * 64, "b" * 64


def sample(seed: int, file: str = "speakers/x/001.wav", pieces: int = 2, dim: int = 192) -> EmbeddedSample:
    vectors = np.random.default_rng(seed).standard_normal((pieces, dim))
    return EmbeddedSample(file, unit(vectors).astype(np.float32), [3.0] * pieces)


@pytest.fixture
def store(tmp_path):
    with VoiceprintStore(tmp_path) as store:
        yield store


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---------------------------------------------------------------------------- reading and writing


def test_what_was_stored_comes_back_to_the_bit(store, tmp_path):
    given = [sample(1, "a.wav"), sample(2, "b.wav", pieces=3)]
    store.set_samples("Zoë  Müller ", "embedded", SHA, given)
    store.close()
    with VoiceprintStore(tmp_path) as again:
        assert again.people() == ["Zoë Müller"]
        back = again.samples("Zoë Müller", SHA)
    assert [s.file for s in back] == ["a.wav", "b.wav"]
    for one, other in zip(given, back, strict=True):
        assert np.array_equal(one.vectors, other.vectors)
        assert other.vectors.dtype == np.float32
        assert list(one.segment_s) == list(other.segment_s)


def test_a_voiceprint_is_the_mean_weighted_by_speech(store):
    first, second = sample(1, pieces=1), EmbeddedSample("y", sample(2, pieces=1).vectors, [9.0])
    store.set_samples("Ana", "embedded", SHA, [first, second])
    gallery = store.gallery(SHA)
    expected = unit(first.vectors[0] * 3 + second.vectors[0] * 9)
    assert gallery.names == ("Ana",)
    assert np.allclose(gallery.vectors[0], expected, atol=1e-6)
    assert np.linalg.norm(gallery.vectors[0]) == pytest.approx(1, abs=1e-6)
    assert score(expected.astype(np.float32), gallery)["Ana"] == pytest.approx(1, abs=1e-5)


def test_looking_makes_no_file(store, tmp_path):
    assert store.people() == []
    assert store.overview() == []
    assert store.gallery(SHA).names == ()
    assert store.stale(SHA) == []
    assert store.samples("Ana", SHA) == []
    assert list(tmp_path.iterdir()) == []


def test_voiceprints_of_another_model_are_named_and_never_compared(store):
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    store.set_samples("Ben", "other", OTHER_SHA, [sample(2, dim=256)])
    assert store.gallery(SHA).names == ("Ana",)
    assert store.gallery(OTHER_SHA).names == ("Ben",)
    assert store.stale(SHA) == ["Ben"]
    assert store.stale(OTHER_SHA) == ["Ana"]
    assert store.samples("Ben", SHA) == []
    assert [(p.name, p.models, p.samples, p.speech_s) for p in store.overview()] == [
        ("Ana", ("embedded",), 1, 6.0),
        ("Ben", ("other",), 1, 6.0),
    ]
    store.set_samples("Ben", "embedded", SHA, [sample(2)])
    assert store.stale(SHA) == []


def test_adding_the_same_file_again_replaces_what_it_gave(store):
    store.add_sample("Ana", "embedded", SHA, sample(1, "a.wav"))
    store.add_sample("Ana", "embedded", SHA, sample(2, "b.wav"))
    store.add_sample("Ana", "embedded", SHA, sample(3, "a.wav"))
    assert [s.file for s in store.samples("Ana", SHA)] == ["a.wav", "b.wav"]
    assert np.array_equal(store.samples("Ana", SHA)[0].vectors, sample(3).vectors)


# ---------------------------------------------------------------------------- all or nothing


def test_an_error_in_the_middle_changes_nothing(store):
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    broken = EmbeddedSample("b.wav", sample(2).vectors, [3.0])  # two vectors, one length
    with pytest.raises(ValueError, match="zip"):
        store.set_samples("Ana", "embedded", SHA, [sample(3, "a.wav"), broken])
    with pytest.raises(ValueError, match="zip"):
        store.set_samples("Ben", "embedded", SHA, [broken])
    assert store.people() == ["Ana"]
    assert np.array_equal(store.samples("Ana", SHA)[0].vectors, sample(1).vectors)


def test_a_process_killed_in_the_middle_changes_nothing(store, tmp_path):
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    script = f"""
import os, sys
import numpy as np
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

class Last:
    file, speech_s, segment_s, condition = "c.wav", 3.0, [3.0], None
    @property
    def vectors(self):
        os._exit(9)

good = EmbeddedSample("b.wav", np.ones((500, 192), np.float32), [3.0] * 500)
VoiceprintStore({str(tmp_path)!r}).set_samples("Ana", "embedded", {SHA!r}, [good, Last()])
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 9
    with VoiceprintStore(tmp_path) as again:
        (left,) = again.samples("Ana", SHA)
    assert np.array_equal(left.vectors, sample(1).vectors)


def test_readers_see_the_old_or_the_new_voiceprint_never_a_mixture(tmp_path):
    versions = {seed: [sample(seed, "a.wav", 20), sample(seed + 100, "b.wav", 20)] for seed in range(4)}

    def centre(samples):
        return unit(np.concatenate([s.vectors for s in samples]).sum(axis=0))

    valid = np.stack([centre(samples) for samples in versions.values()])
    with VoiceprintStore(tmp_path) as writer:
        writer.set_samples("Ana", "embedded", SHA, versions[0])
        stop, seen, errors = threading.Event(), [], []

        def read():
            with VoiceprintStore(tmp_path) as reader:
                try:
                    while not stop.is_set():
                        seen.append(float((valid @ reader.gallery(SHA).vectors[0]).max()))
                except Exception as error:
                    errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for turn in range(40):
            writer.set_samples("Ana", "embedded", SHA, versions[turn % 4])
        stop.set()
        for reader in readers:
            reader.join()
    assert not errors
    assert len(seen) > 3
    assert min(seen) > 0.9999


def test_programs_that_make_the_file_at_the_same_time_do_not_disturb_each_other(tmp_path):
    script = f"""
import sys
import numpy as np
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
print("ready", flush=True); sys.stdin.readline()
sample = EmbeddedSample("x", np.ones((1, 192)), [3.0])
VoiceprintStore({str(tmp_path)!r}).set_samples(sys.argv[1], "embedded", {SHA!r}, [sample])
"""
    names = ["Ana", "Ben", "Col", "Dee"]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0] * 4
    with VoiceprintStore(tmp_path) as store:
        assert store.people() == names


def test_the_version_changes_with_what_other_stores_write(store, tmp_path):
    assert store.version() == 0
    with VoiceprintStore(tmp_path) as other:
        other.create("Ana")
        first = store.version()
        assert first == store.version()
        other.create("Ben")
        assert store.version() != first


# ---------------------------------------------------------------------------- what goes wrong


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    match how:
        case "noise":
            content = bytearray(np.random.default_rng(0).bytes(8192))
        case "text":
            content = bytearray(b"these are not the voices you are looking for\n" * 50)
        case "cut off":
            content = content[: len(content) // 2]
        case "overwritten":
            content[4096:] = np.random.default_rng(0).bytes(len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["noise", "text", "cut off", "overwritten"])
@pytest.mark.parametrize(
    "action",
    [
        lambda store: store.gallery(SHA),
        lambda store: store.set_samples("Ben", "embedded", SHA, [sample(9)]),
        lambda store: delete_person(store, "Ana"),
    ],
    ids=["gallery", "set_samples", "delete"],
)
def test_a_damaged_file_is_told_of_in_one_line_and_left_alone(tmp_path, how, action):
    with VoiceprintStore(tmp_path) as store:
        for index in range(30):
            store.set_samples(f"Person {index}", "embedded", SHA, [sample(index)])
        folder = record(store, "Ana")
    damage(tmp_path / "voiceprints.db", how)
    before = digest(tmp_path / "voiceprints.db")
    with VoiceprintStore(tmp_path) as store, pytest.raises(HeardError) as caught:
        action(store)
    assert "is damaged" in str(caught.value)
    assert "build_voiceprint.py" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert digest(tmp_path / "voiceprints.db") == before
    assert len(list(folder.glob("*.wav"))) == 2


@pytest.mark.parametrize("column", ["name", "file"])
def test_a_missing_value_is_damage(store, tmp_path, column):
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    store.close()
    with sqlite3.connect(tmp_path / "voiceprints.db") as db:  # as a flipped bit in a row's head does
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?)", (f"{column} TEXT NOT NULL", f"{column} TEXT"))
    db.close()
    with sqlite3.connect(tmp_path / "voiceprints.db") as db:
        db.execute(f"UPDATE {'people' if column == 'name' else 'samples'} SET {column} = NULL")
    db.close()
    with VoiceprintStore(tmp_path) as again, pytest.raises(HeardError, match=rf"damaged \(a {column} is missing\)"):
        again.overview() if column == "name" else again.samples("Ana", SHA)


def test_a_file_of_a_newer_program_is_not_touched(store, tmp_path):
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    store.close()
    with sqlite3.connect(tmp_path / "voiceprints.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = digest(tmp_path / "voiceprints.db")
    with VoiceprintStore(tmp_path) as again, pytest.raises(HeardError, match="newer version of this program"):
        again.people()
    assert digest(tmp_path / "voiceprints.db") == before


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path):
    with small_disk(tmp_path / "disk", 400) as disk:
        with VoiceprintStore(disk) as store:
            store.set_samples("Ana", "embedded", SHA, [sample(1)])
            fill(disk)
            with pytest.raises(HeardError, match="disk") as caught:
                store.set_samples("Ben", "embedded", SHA, [sample(2, pieces=400)])
            assert "\n" not in str(caught.value)
            assert "damaged (" not in str(caught.value)
            assert store.people() == ["Ana"]
        (disk / "filler").unlink()
        with VoiceprintStore(disk) as again:
            assert np.array_equal(again.samples("Ana", SHA)[0].vectors, sample(1).vectors)
            again.set_samples("Ben", "embedded", SHA, [sample(2)])
            assert again.people() == ["Ana", "Ben"]


def test_a_disk_that_is_full_from_the_start(tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        fill(disk)
        with VoiceprintStore(disk) as store, pytest.raises(HeardError, match="disk"):
            store.set_samples("Ana", "embedded", SHA, [sample(1)])


def test_what_another_model_made_stays_until_its_file_goes(tmp_path):
    a, b = (EmbeddedSample(file, np.eye(1, 192, dtype=np.float32), [3.0]) for file in ("a.wav", "b.wav"))
    with VoiceprintStore(tmp_path) as store:
        store.set_samples("Ana", "old", "1" * 64, [a, b])
        store.set_samples("Ana", "new", "2" * 64, [a, b])
        store.set_samples("Ana", "new", "2" * 64, [a, b])  # again: not twice
        assert store.stale("1" * 64) == store.stale("2" * 64) == []
        assert [sample.file for sample in store.samples("Ana", "2" * 64)] == ["a.wav", "b.wav"]
        store.set_samples("Ana", "new", "2" * 64, [b])
        assert [sample.file for sample in store.samples("Ana", "1" * 64)] == ["b.wav"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
def test_the_database_is_for_its_owner_alone(tmp_path):
    with VoiceprintStore(tmp_path) as store:
        store.set_samples("Ana", "m", "1" * 64, [EmbeddedSample("a.wav", np.eye(1, 192, dtype=np.float32), [3.0])])
        assert [path.stat().st_mode & 0o077 for path in tmp_path.glob("voiceprints.db*")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("stored", "typed"), [(b"An\xefa", "An\ufffda"), (b"Co\x07l", "Co\x07l"), (b"x" * 200, "x" * 200)]
)
def test_a_name_that_cannot_be_is_listed_renamed_and_deleted(tmp_path, stored, typed):
    """Of an older version, or of a disk that is failing."""
    for change in (lambda store: delete_person(store, typed), lambda store: rename_person(store, typed, "Dee")):
        data = tmp_path / str(change.__code__.co_firstlineno) / change.__code__.co_names[0]
        with VoiceprintStore(data) as store:
            store.set_samples("Ana", "embedded", SHA, [sample(1)])
        with sqlite3.connect(data / "voiceprints.db") as db:
            db.execute("UPDATE people SET name = CAST(? AS TEXT)", (stored,))
        db.close()
        with VoiceprintStore(data) as store:
            assert store.people() == [typed]
            assert [person.name for person in store.overview()] == [typed]
            assert store.gallery(SHA).people == (typed,)
            change(store)
            assert store.people() in ([], ["Dee"])
