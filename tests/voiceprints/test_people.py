"""Files and database change together: another name, and people and single samples that go for good."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.scoring.cohort import unit
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.voiceprints.conversion import seal_data
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, delete_sample, remove_person, remove_sample, rename_person
from app.voiceprints.recordings import Note, read_content, read_note, sample_file, samples_dir, samples_of
from app.voiceprints.store import EmbeddedSample, Person, VoiceprintStore
from tests.support.stand_ins import record, save_sample
from utils import BadInput, HeardError

MODEL = ("model", "sha")
SHA = "a" * 64
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path):
    with VoiceprintStore(tmp_path) as made:
        yield made


def sample(seed: int, file: str = "speakers/x/001.wav", pieces: int = 2, dim: int = 192) -> EmbeddedSample:
    vectors = np.random.default_rng(seed).standard_normal((pieces, dim))
    return EmbeddedSample(file, unit(vectors).astype(np.float32), [3.0] * pieces)


def enrol(store: VoiceprintStore, name: str, count: int) -> list[str]:
    """Samples with a vector of their own each; their files."""
    files = []
    for number in range(count):
        wav = save_sample(store.data, np.zeros(1600, np.float32), Note(name, "2026-01-01"))
        files.append(wav.relative_to(store.data).as_posix())
        vector = np.full((1, 192), 1 + number, np.float32)
        store.add_sample(name, *MODEL, EmbeddedSample(files[-1], vector, [2.0]))
    return files


def test_somebody_without_samples_is_there_but_neither_known_nor_stale(store):
    store.create("Zoë  B")
    assert store.people() == ["Zoë B"]
    assert store.stale("sha") == []
    assert store.gallery("sha").names == ()
    with pytest.raises(BadInput, match="already"):
        store.create("Zoë B")
    enrol(store, "Zoë B", 1)
    assert store.stale("another") == ["Zoë B"]
    assert delete_person(store, "Zoë B") == 1
    assert store.people() == []


def test_a_sample_goes_for_good_and_the_others_stay(store):
    first, second = enrol(store, "Ana", 2)
    vector = store.samples("Ana", "sha")[0].vectors.tobytes()
    delete_sample(store, "Ana", first)
    assert [sample.file for sample in store.samples("Ana", "sha")] == [second]
    assert [wav.name for wav in samples_of(store.data, "Ana")] == ["002.wav"]
    assert not list((store.data / "speakers").glob(".deleted-*"))
    assert not any(vector in path.read_bytes() for path in store.data.glob("voiceprints.db*"))
    delete_sample(store, "Ana", second)
    assert store.people() == ["Ana"]
    assert not samples_dir(store.data, "Ana").exists()


def test_only_a_persons_own_samples_can_be_deleted(store):
    (bens,) = enrol(store, "Ben", 1)
    enrol(store, "Ana", 1)
    for file in (bens, "speakers/../voiceprints.db", "voiceprints.db", "speakers/nobody/001.wav"):
        with pytest.raises(BadInput, match="no sample"):
            delete_sample(store, "Ana", file)
    assert len(samples_of(store.data, "Ben")) == len(samples_of(store.data, "Ana")) == 1


def test_a_recording_that_was_never_built_can_be_deleted(store):
    wav = save_sample(store.data, np.zeros(1600, np.float32), Note("Ana", "2026-01-01"))
    delete_sample(store, "Ana", wav.relative_to(store.data).as_posix())
    assert samples_of(store.data, "Ana") == []


def test_if_the_database_cannot_be_written_the_recording_is_still_there(tmp_path):
    with VoiceprintStore(tmp_path, busy_timeout_s=0.1) as store:
        (file,) = enrol(store, "Ana", 1)
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HeardError, match="in use"):
            delete_sample(store, "Ana", file)
        other.close()
        assert (tmp_path / file).exists()
        assert (tmp_path / file).with_suffix(".json").exists()
        assert len(store.samples("Ana", "sha")) == 1


def test_renaming_moves_the_recordings_and_their_notes(store):
    folder = record(store, "Ana")
    (folder / "003.json").write_text("")  # a number that is being recorded just now
    file = f"{folder.relative_to(store.data).as_posix()}/001.wav"
    store.set_samples("Ana", "embedded", SHA, [sample(1, file), sample(2, "elsewhere.wav")])
    rename_person(store, "Ana", "Anna / Ω")
    assert store.people() == ["Anna / Ω"]
    assert not folder.exists()
    new = samples_dir(store.data, "Anna / Ω")
    assert sorted(path.name for path in new.glob("*.wav")) == ["001.wav", "002.wav"]
    assert json.loads((new / "001.json").read_text(encoding="utf-8")) == {"name": "Anna / Ω", "device": "mic"}
    moved, elsewhere = store.samples("Anna / Ω", SHA)
    assert (store.data / moved.file).exists()
    assert elsewhere.file == "elsewhere.wav"
    assert np.array_equal(moved.vectors, sample(1).vectors)


def test_renaming_somebody_who_is_only_recorded_or_only_enrolled(store):
    record(store, "Ana")
    rename_person(store, "Ana", "Ben")
    assert not samples_dir(store.data, "Ana").exists()
    assert json.loads((samples_dir(store.data, "Ben") / "002.json").read_text())["name"] == "Ben"
    store.set_samples("Col", "embedded", SHA, [sample(1)])
    rename_person(store, "Col", "Dee")
    assert store.people() == ["Ben", "Dee"]


@pytest.mark.parametrize("taken", ["Ben", "Col"])
def test_renaming_to_a_name_in_use_changes_nothing(store, taken):
    record(store, "Ana")
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    store.set_samples("Ben", "embedded", SHA, [sample(2)])
    record(store, "Col")
    with pytest.raises(BadInput, match=f"there is a {taken} already"):
        rename_person(store, "Ana", taken)
    assert store.people() == ["Ana", "Ben"]
    assert json.loads((samples_dir(store.data, "Ana") / "001.json").read_text())["name"] == "Ana"


def test_renaming_is_undone_if_the_database_cannot_take_it(store, tmp_path):
    folder = record(store, "Ana")
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    other = sqlite3.connect(tmp_path / "voiceprints.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # another program is writing, and goes on
    with (
        VoiceprintStore(tmp_path, busy_timeout_s=0.1) as impatient,
        pytest.raises(HeardError, match="in use by another"),
    ):
        rename_person(impatient, "Ana", "Ben")
    other.close()
    assert store.people() == ["Ana"]
    assert json.loads((folder / "001.json").read_text())["name"] == "Ana"


@pytest.mark.parametrize(
    "action", [lambda store: rename_person(store, "Eve", "Ann"), lambda store: delete_person(store, "Eve")]
)
def test_nobody_of_that_name(store, action):
    with pytest.raises(BadInput, match="nobody is enrolled yet"):
        action(store)
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    with pytest.raises(BadInput, match=r"nobody is called Eve; enrolled: Ana\."):
        action(store)


def test_of_a_deleted_voice_no_byte_is_left(store, tmp_path):
    kept = [sample(seed, f"{seed}.wav", pieces=5) for seed in range(100, 103)]
    doomed = [sample(seed, f"{seed}.wav", pieces=40) for seed in range(3)]
    store.set_samples("Ana", "embedded", SHA, kept)
    store.set_samples("Eve", "embedded", SHA, doomed)
    record(store, "Eve", count=3)
    secrets = [vector.tobytes()[:64] for s in doomed for vector in s.vectors] + [b"Eve"]
    files = [tmp_path / "voiceprints.db", tmp_path / "voiceprints.db-wal"]

    def left() -> int:
        content = b"".join(path.read_bytes() for path in files if path.exists())
        return sum(secret in content for secret in secrets)

    assert left() == len(secrets)
    with VoiceprintStore(tmp_path) as reader:  # a program that has the file open all the time
        assert reader.people() == ["Ana", "Eve"]
        assert delete_person(store, "Eve") == 3
        assert left() == 0
        assert reader.people() == ["Ana"]
    store.close()
    assert left() == 0
    assert list((tmp_path / "speakers").iterdir()) == []
    with VoiceprintStore(tmp_path) as again:
        assert np.array_equal(again.samples("Ana", SHA)[0].vectors, kept[0].vectors)


def test_deleting_while_somebody_reads_says_what_is_left_to_do(store, tmp_path):
    store.set_samples("Eve", "embedded", SHA, [sample(1)])
    other = sqlite3.connect(tmp_path / "voiceprints.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM people").fetchall()  # and keeps this view of the file
    with VoiceprintStore(tmp_path, busy_timeout_s=0.1) as impatient:
        with pytest.raises(HeardError, match="still holds it while another program reads"):
            delete_person(impatient, "Eve")
        assert impatient.people() == []
    other.close()
    store.close()
    assert sample(1).vectors.tobytes()[:64] not in (tmp_path / "voiceprints.db").read_bytes()
    assert not (tmp_path / "voiceprints.db-wal").exists()


def test_a_delete_that_fails_leaves_voiceprint_and_recordings(store, tmp_path):
    folder = record(store, "Ana")
    store.set_samples("Ana", "embedded", SHA, [sample(1)])
    other = sqlite3.connect(tmp_path / "voiceprints.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        VoiceprintStore(tmp_path, busy_timeout_s=0.1) as impatient,
        pytest.raises(HeardError, match="in use by another"),
    ):
        delete_person(impatient, "Ana")
    other.close()
    assert store.people() == ["Ana"]
    assert sorted(path.name for path in folder.glob("*.wav")) == ["001.wav", "002.wav"]


def test_a_delete_that_was_cut_off_is_finished_by_the_next(store):
    folder = record(store, "Ana")
    folder.rename(folder.with_name(".deleted-0123"))
    store.set_samples("Ben", "embedded", SHA, [sample(1)])
    delete_person(store, "Ben")
    assert list((store.data / "speakers").iterdir()) == []


def test_a_removal_that_fails_halfway_leaves_everything(store):
    (file, _) = enrol(store, "Ana", 2)
    before = {path: path.read_bytes() for path in sorted((store.data / "speakers").rglob("*")) if path.is_file()}

    def fail(*_: object) -> None:
        raise HeardError("no more")

    with pytest.raises(HeardError, match="no more"):
        delete_sample(store, "Ana", file, meanwhile=fail)
    assert {
        path: path.read_bytes() for path in sorted((store.data / "speakers").rglob("*")) if path.is_file()
    } == before
    assert len(store.samples("Ana", "sha")) == 2
    assert not list((store.data / "speakers").glob(".deleted-*"))


def test_a_note_that_cannot_be_moved_brings_its_recording_back(store, monkeypatch):
    (file,) = enrol(store, "Ana", 1)
    rename = Path.rename

    def refuse_notes(path: Path, target: Path) -> Path:
        if path.suffix == ".json":
            raise PermissionError(13, "no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse_notes)
    with pytest.raises(HeardError, match="nothing was deleted: no permission"):
        delete_sample(store, "Ana", file)
    assert (store.data / file).exists()
    assert len(store.samples("Ana", "sha")) == 1


def test_what_was_removed_is_seen_by_nobody_and_can_be_brought_back(store):
    first, second = enrol(store, "Ana", 2)
    enrol(store, "Ben", 1)
    removal = remove_person(store, "Ana")
    assert removal.recordings == 2
    assert store.people() == ["Ben"]
    assert store.gallery("sha").names == ("Ben",)
    assert samples_of(store.data, "Ana") == []
    removal.restore(store)
    assert store.people() == ["Ana", "Ben"]
    assert [sample.file for sample in store.samples("Ana", "sha")] == [first, second]
    assert all(
        (store.data / file).with_suffix(suffix).exists() for file in (first, second) for suffix in (".wav", ".json")
    )

    one = remove_sample(store, "Ana", first)
    assert [sample.file for sample in store.samples("Ana", "sha")] == [second]
    assert not (store.data / first).exists()
    one.restore(store)
    assert {sample.file for sample in store.samples("Ana", "sha")} == {first, second}
    assert (store.data / first).exists()
    assert not list((store.data / "speakers").glob(".*"))


def test_what_was_removed_goes_for_good_when_nobody_undoes_it(store):
    enrol(store, "Ana", 1)
    vector = store.samples("Ana", "sha")[0].vectors.tobytes()
    removal = remove_person(store, "Ana")
    assert list((store.data / "speakers").glob(".deleted-*"))
    removal.erase(store)
    assert not any(vector in path.read_bytes() for path in store.data.rglob("*") if path.is_file())
    with pytest.raises(HeardError, match="erased already"):
        removal.restore(store)


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sample_comes_back_to_its_person_whatever_they_are_called_by_now(store, sealed):
    files = enrol(store, "Ana", 2)
    if sealed:
        lock, key = Lock.fresh()
        seal_data(store.data, lock.with_passphrase(key, "correct horse", Scrypt(bytes(16), log2_n=14)), key)
        store = VoiceprintStore(store.data)
        files = [sample.file for sample in store.samples("Ana", MODEL[1])]
    content = sorted(read_content(wav) for wav in samples_of(store.data, "Ana"))
    removal = remove_sample(store, "Ana", files[1])
    rename_person(store, "Ana", "Zoe")
    rename_person(store, "Zoe", "Kim")
    with PendingSamples(store.data, "Kim") as pending:
        pending.add(np.ones(1600, np.float32) / 2, Note("Kim", "2026-01-02"))

        def add(_: object, person: Person, files: list[str]) -> None:
            store.add_sample(person.name, *MODEL, EmbeddedSample(files[0], np.ones((1, 192), np.float32), [2.0]))

        pending.commit(store, add)
    removal.restore(store)
    assert store.people() == ["Kim"]
    assert not samples_dir(store.data, "Ana").exists()
    wavs = samples_of(store.data, "Kim")
    assert {sample_file(store.data, wav) for wav in wavs} == {s.file for s in store.samples("Kim", MODEL[1])}
    assert len(wavs) == 3
    assert [read_note(wav).name for wav in wavs] == ["Kim"] * 3
    assert [wav.name for wav in wavs] == ["001.wav", "002.wav", "003.wav"]
    assert sorted(read_content(wav) for wav in wavs[:2]) == content
    assert not list((store.data / "speakers").glob(".*"))
    store.close()


def test_a_sample_comes_back_although_somebody_else_has_the_name_now(store):
    files = enrol(store, "Ana", 2)
    removal = remove_sample(store, "Ana", files[0])
    rename_person(store, "Ana", "Zoe")
    enrol(store, "Ana", 2)
    removal.restore(store)
    for name in ("Ana", "Zoe"):
        wavs = samples_of(store.data, name)
        assert {sample_file(store.data, wav) for wav in wavs} == {s.file for s in store.samples(name, MODEL[1])}
        assert [read_note(wav).name for wav in wavs] == [name] * 2


def test_a_name_that_looks_like_anothers_is_refused_at_every_door(store):
    enrol(store, "Ana", 1)
    enrol(store, "Ben", 1)
    cyrillic = "\u0410na"
    refused = pytest.raises(BadInput, match=f"{cyrillic} looks like Ana, but for letters of another script")
    with refused:
        store.create(cyrillic)
    with refused:
        rename_person(store, "Ben", cyrillic)
    with refused:
        store.add_sample(cyrillic, *MODEL, sample(1))
    with refused:
        enrol(store, cyrillic, 1)
    assert store.people() == ["Ana", "Ben"]
    assert len(list((store.data / "speakers").iterdir())) == 2
    rename_person(store, "Ana", cyrillic)  # their own name may be written anew
    assert set(store.people()) == {"Ben", cyrillic}


def test_a_name_given_to_another_meanwhile_is_not_taken_back(store):
    enrol(store, "Ana", 1)
    removal = remove_person(store, "Ana")
    (file,) = enrol(store, "Ana", 1)
    with pytest.raises(BadInput, match="there is a Ana already"):
        removal.restore(store)
    removal.erase(store)
    assert [sample.file for sample in store.samples("Ana", "sha")] == [file]
    assert (store.data / file).exists()


def test_a_program_that_dies_before_it_is_undone_erases_at_the_next_start(tmp_path):
    with VoiceprintStore(tmp_path) as store:
        enrol(store, "Ana", 1)
        vector = store.samples("Ana", "sha")[0].vectors.tobytes()
    script = f"""
import os
from pathlib import Path
from app.voiceprints.people import remove_person
from app.voiceprints.store import VoiceprintStore
remove_person(VoiceprintStore(Path({str(tmp_path)!r})), "Ana")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 9
    assert list((tmp_path / "speakers").glob(".deleted-*"))
    look = f"""
from pathlib import Path
from app.voiceprints.store import VoiceprintStore
with VoiceprintStore(Path({str(tmp_path)!r})) as store:
    print(store.people())
"""
    seen = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True)
    assert seen.stdout == "[]\n"
    assert list((tmp_path / "speakers").iterdir()) == []
    assert not any(vector in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
