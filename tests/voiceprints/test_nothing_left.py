"""Deleted means: its bytes are nowhere in the data folder. The disk is read as it is, with the store still open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.sealing import unlocking
from app.sealing.lock import Lock
from app.sealing.passphrase import Scrypt
from app.voiceprints.conversion import seal_data, unseal_data
from app.voiceprints.lease import give_up_leases
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, delete_sample, remove_person, rename_person
from app.voiceprints.recordings import Note, read_content, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

SHA = "a" * 64


@pytest.fixture(params=["plain", "sealed", "unsealed again"])
def store(tmp_path, request):
    """Ana with three recordings and Ben with one, on each kind of disk."""
    with VoiceprintStore(tmp_path) as store:
        for seed, name in enumerate(("Anastasia", "Anastasia", "Anastasia", "Benedikt")):
            enrol(store, name, seed)
    if request.param != "plain":
        lock, key = Lock.fresh()
        seal_data(tmp_path, lock.with_passphrase(key, "a passphrase", Scrypt(b"0123456789abcdef", log2_n=14)), key)
    if request.param == "unsealed again":
        unseal_data(tmp_path)
    with VoiceprintStore(tmp_path) as store:
        yield store
    give_up_leases()
    unlocking.forget_all()


def vector(seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((1, 192))
    return (found / np.linalg.norm(found)).astype(np.float32)


def enrol(store: VoiceprintStore, name: str, seed: int) -> None:
    sound = (0.1 * np.random.default_rng(100 + seed).standard_normal(16_000)).astype(np.float32)
    with PendingSamples(store.data, name) as waiting:
        waiting.add(sound, Note(name, "", device=f"microphone {seed}"))
        waiting.commit(
            store,
            lambda db, person, files: store.add_sample(
                name, "model", SHA, EmbeddedSample(files[0], vector(seed), [3.0])
            ),
        )


def disk(store: VoiceprintStore) -> bytes:
    root = store.data.parent if store.data.name == "sealed" else store.data
    paths = sorted(root.rglob("*"))
    names = [str(path.relative_to(root)).encode() for path in paths]
    return b"\n".join([*names, *(path.read_bytes() for path in paths if path.is_file())])


def marks(store: VoiceprintStore, wavs: list[Path]) -> list[bytes]:
    """Pieces of recordings, as they are and as they lie on the disk."""
    return [piece for wav in wavs for piece in (read_content(wav)[500:532], wav.read_bytes()[500:532])]


def assert_gone(store: VoiceprintStore, before: bytes, wanted: list[bytes]) -> None:
    assert any(mark in before for mark in wanted)  # the test can fail
    left = [mark for mark in wanted if mark in disk(store)]
    assert left == []


def test_a_person_who_was_deleted(store):
    before = disk(store)
    words = [b"Anastasia", b"anastasia", b"microphone 0", b"microphone 2"]
    wanted = [
        *words,
        *(vector(seed).tobytes()[:40] for seed in range(3)),
        *marks(store, samples_of(store.data, "Anastasia")),
    ]
    assert delete_person(store, "Anastasia") == 3
    assert_gone(store, before, wanted)
    assert store.people() == ["Benedikt"]


def test_a_sample_that_was_deleted(store):
    wav = samples_of(store.data, "Anastasia")[1]
    before, wanted = disk(store), [b"microphone 1", vector(1).tobytes()[:40], *marks(store, [wav])]
    delete_sample(store, "Anastasia", sample_file(store.data, wav))
    assert_gone(store, before, wanted)
    assert len(store.samples("Anastasia", SHA)) == 2


def test_the_space_of_undo(store):
    before = disk(store)
    wanted = [
        b"Anastasia",
        b"microphone 0",
        vector(0).tobytes()[:40],
        *marks(store, samples_of(store.data, "Anastasia")),
    ]
    removal = remove_person(store, "Anastasia")
    assert any(mark in disk(store) for mark in wanted)
    removal.erase(store)
    assert_gone(store, before, wanted)


def test_an_old_name(store):
    rename_person(store, "Anastasia", "Zoe")
    delete_person(store, "Benedikt")  # empties the log of the database
    assert [mark for mark in (b"Anastasia", b"anastasia", b"Benedikt") if mark in disk(store)] == []
    assert store.people() == ["Zoe"]
