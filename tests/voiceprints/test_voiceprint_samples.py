"""The store's people without samples, single samples that go, and how one store learns of another's changes."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from app.voiceprints.recordings import Note, samples_of, save_sample
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput, HeardError

MODEL = ("model", "sha")


@pytest.fixture
def store(tmp_path):
    with VoiceprintStore(tmp_path) as made:
        yield made


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
    assert store.delete("Zoë B") == 1
    assert store.people() == []


def test_a_sample_goes_for_good_and_the_others_stay(store):
    first, second = enrol(store, "Ana", 2)
    vector = store.samples("Ana", "sha")[0].vectors.tobytes()
    store.delete_sample("Ana", first)
    assert [sample.file for sample in store.samples("Ana", "sha")] == [second]
    assert [wav.name for wav in samples_of(store.data, "Ana")] == ["002.wav"]
    assert not list((store.data / "speakers").glob(".deleted-*"))
    assert not any(vector in path.read_bytes() for path in store.data.glob("voiceprints.db*"))
    store.delete_sample("Ana", second)
    assert store.people() == ["Ana"]
    assert not store.samples_dir("Ana").exists()


def test_only_a_persons_own_samples_can_be_deleted(store):
    (bens,) = enrol(store, "Ben", 1)
    enrol(store, "Ana", 1)
    for file in (bens, "speakers/../voiceprints.db", "voiceprints.db", "speakers/nobody/001.wav"):
        with pytest.raises(BadInput, match="no sample"):
            store.delete_sample("Ana", file)
    assert len(samples_of(store.data, "Ben")) == len(samples_of(store.data, "Ana")) == 1


def test_a_recording_that_was_never_built_can_be_deleted(store):
    wav = save_sample(store.data, np.zeros(1600, np.float32), Note("Ana", "2026-01-01"))
    store.delete_sample("Ana", wav.relative_to(store.data).as_posix())
    assert samples_of(store.data, "Ana") == []


def test_if_the_database_cannot_be_written_the_recording_is_still_there(tmp_path):
    with VoiceprintStore(tmp_path, busy_timeout_s=0.1) as store:
        (file,) = enrol(store, "Ana", 1)
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HeardError, match="in use"):
            store.delete_sample("Ana", file)
        other.close()
        assert (tmp_path / file).exists()
        assert (tmp_path / file).with_suffix(".json").exists()
        assert len(store.samples("Ana", "sha")) == 1


def test_the_version_changes_with_what_other_stores_write(store, tmp_path):
    assert store.version() == 0
    with VoiceprintStore(tmp_path) as other:
        other.create("Ana")
        first = store.version()
        assert first == store.version()
        other.create("Ben")
        assert store.version() != first
