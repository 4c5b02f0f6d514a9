"""A recording that is removed is gone, from disk and voiceprint alike; if that cannot be, nothing has changed."""

from __future__ import annotations

import numpy as np
import pytest

from app.enrolment import remove_sample as removal
from app.enrolment.build import build_person
from app.enrolment.remove_sample import LastSample, remove_sample
from app.voiceprints.recordings import Note, sample_file, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.stand_ins import save_sample
from utils import BadInput, HeardError


@pytest.fixture
def store(tmp_path, voice):
    """A data folder with three recordings of Ana, in no voiceprint yet."""
    for start in range(3):
        sound = voice("Ana")[start * 80_000 : (start + 1) * 80_000]
        save_sample(tmp_path, sound, Note("Ana", f"2026-01-0{start + 1}T10:00:00+00:00"))
    with VoiceprintStore(tmp_path) as store:
        yield store


def build(store: VoiceprintStore, encoder, count: int = 3) -> list[str]:
    """The first ``count`` recordings become Ana's voiceprint; the files of all of them."""
    wavs = samples_of(store.data, "Ana")
    assert build_person(store, encoder, "Ana", wavs[:count], on_bad=print)
    return [sample_file(store.data, wav) for wav in wavs]


def content(store: VoiceprintStore) -> bytes:
    return b"".join(path.read_bytes() for path in store.data.glob("voiceprints.db*"))


def files(store: VoiceprintStore) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (store.data / "speakers").rglob("*") if path.is_file()}


def test_the_voiceprint_is_of_the_rest_and_nothing_is_left(store, encoder):
    first, *rest = build(store, encoder)
    rows = store.read(
        "SELECT e.vector FROM embeddings e JOIN samples s ON s.id = e.sample_id WHERE s.file = ?", (first,)
    )
    secrets = [vector for (vector,) in rows]  # as they lie there: what is read has its length set to 1 again
    assert secrets
    assert all(secret in content(store) for secret in secrets)
    with VoiceprintStore(store.data) as reader:  # the write-ahead log stays while somebody has the file open
        assert reader.people() == ["Ana"]
        remove_sample(store, encoder, "Ana", first)
        assert not any(secret in content(store) for secret in secrets)
    assert not any("001" in name for name in files(store))
    assert [sample.file for sample in store.samples("Ana", encoder.sha256)] == rest
    voiceprint = store.gallery(encoder.sha256).vectors
    build(store, encoder)  # of what lies on the disk
    assert [sample.file for sample in store.samples("Ana", encoder.sha256)] == rest
    assert np.array_equal(store.gallery(encoder.sha256).vectors, voiceprint)


def test_recordings_that_were_not_built_yet_take_its_place(store, encoder):
    first, *rest = build(store, encoder, count=1)
    remove_sample(store, encoder, "Ana", first)
    assert [sample.file for sample in store.samples("Ana", encoder.sha256)] == rest


def test_the_last_one_goes_only_if_that_is_meant(store, encoder):
    *others, last = build(store, encoder)
    for file in others:
        remove_sample(store, encoder, "Ana", file)
    before = files(store)
    with pytest.raises(LastSample, match="no other recording"):
        remove_sample(store, encoder, "Ana", last)
    save_sample(store.data, np.zeros(16_000, np.float32), Note("Ana", "2026-01-04"))  # of no use
    with pytest.raises(LastSample):
        remove_sample(store, encoder, "Ana", last)
    assert files(store).items() >= before.items()
    assert len(store.samples("Ana", encoder.sha256)) == 1
    remove_sample(store, encoder, "Ana", last, even_the_last=True)
    assert store.samples("Ana", encoder.sha256) == []
    assert store.people() == ["Ana"]


@pytest.mark.parametrize("failing", ["embedding", "writing"])
def test_a_failure_in_the_middle_changes_nothing(store, encoder, monkeypatch, failing):
    first, *_ = build(store, encoder, count=2)
    before, voiceprint = files(store), store.gallery(encoder.sha256).vectors

    def fail(*_: object, **__: object) -> None:
        raise HeardError("no more")

    if failing == "embedding":
        monkeypatch.setattr(removal, "missing_samples", fail)
    else:
        monkeypatch.setattr(store, "add_sample", fail)
    with pytest.raises(HeardError, match="no more"):
        remove_sample(store, encoder, "Ana", first)
    assert files(store) == before
    assert np.array_equal(store.gallery(encoder.sha256).vectors, voiceprint)


def test_what_there_is_not_cannot_be_removed(store, encoder):
    build(store, encoder)
    with pytest.raises(BadInput, match="no sample 009"):
        remove_sample(store, encoder, "Ana", "speakers/ana/009.wav")
