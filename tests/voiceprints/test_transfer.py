"""People in one encrypted file: all that they are comes along, nothing else, and hostile files are one line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from app.sealing.passphrase import Scrypt
from app.sealing.sealed_file import NotAuthentic, SealedWriter
from app.voiceprints.enrolled import Consent
from app.voiceprints.offers import answer_consent, keep_offer
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people_file import CONTEXT, MAGIC
from app.voiceprints.recordings import Condition, Note, read_content, read_note, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.voiceprints.transfer import Imported, Model, export_people, import_people
from utils import BadInput, wav_bytes

SHA, OTHER = "a" * 64, "b" * 64
PASSPHRASE = "correct horse battery"
CHEAP = Scrypt(b"0123456789abcdef", log2_n=14)
SOUND = (0.1 * np.random.default_rng(1).standard_normal(16_000)).astype(np.float32)


@pytest.fixture(autouse=True)
def cheap_passphrases(monkeypatch):
    monkeypatch.setattr(Scrypt, "fresh", classmethod(lambda cls: cls(os.urandom(16), log2_n=14)))


def unit_vectors(seed: int, count: int = 2) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 192))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def no_model(sound: np.ndarray, what: str) -> EmbeddedSample:
    raise AssertionError("nothing is to be made again")


def model(sha: str = SHA, embed=no_model) -> Model:
    return Model("model", sha, embed)


def enrol(store: VoiceprintStore, name: str, seed: int, sha: str = SHA) -> None:
    with PendingSamples(store.data, name) as waiting:
        waiting.add(
            SOUND * (1 - seed / 100), Note(name, "2026-11-27T12:00:00+00:00", "a mic", quality={"snr_db": 30.5})
        )
        waiting.commit(
            store,
            lambda db, person, files: store.add_sample(
                name, "model", sha, EmbeddedSample(files[0], unit_vectors(seed), [3.0, 2.5])
            ),
        )


@pytest.fixture
def here(tmp_path):
    with VoiceprintStore(tmp_path / "here") as store:
        enrol(store, "Ana", 1)
        enrol(store, "Ana", 2)
        enrol(store, "Béla", 3)
        yield store


@pytest.fixture
def there(tmp_path):
    with VoiceprintStore(tmp_path / "there") as store:
        yield store


def files_of(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and path.suffix in (".wav", ".json", ".part")}


def test_people_come_with_all_that_they_are(here, there, tmp_path):
    out = tmp_path / "two.people"
    assert export_people(here, ["Ana", "Béla", "Ana"], out, PASSPHRASE) == 3
    assert out.stat().st_mode & 0o777 == 0o600
    came = import_people(there, out, PASSPHRASE, model())
    assert came == [Imported("Ana", 2, 2, 0), Imported("Béla", 1, 1, 0)]
    assert there.people() == ["Ana", "Béla"]
    assert np.array_equal(there.gallery(SHA).vectors, here.gallery(SHA).vectors)
    for name in there.people():
        ours, theirs = (samples_of(store.data, name) for store in (here, there))
        assert [read_content(wav) for wav in ours] == [read_content(wav) for wav in theirs]
        assert [read_note(wav) for wav in ours] == [read_note(wav) for wav in theirs]
        for one, other in zip(here.samples(name, SHA), there.samples(name, SHA), strict=True):
            assert (one.file, list(one.segment_s)) == (other.file, list(other.segment_s))
            assert np.array_equal(one.vectors, other.vectors)


def test_nothing_of_it_can_be_read(here, tmp_path):
    export_people(here, ["Ana"], tmp_path / "out", PASSPHRASE)
    written = (tmp_path / "out").read_bytes()
    for mark in (b"Ana", b"a mic", b"RIFF", unit_vectors(1)[0].tobytes()[:16], wav_bytes(SOUND * 0.99)[100:116]):
        assert mark not in written
    assert wav_bytes(SOUND * 0.99)[100:116] in read_content(samples_of(here.data, "Ana")[0])


def test_voiceprints_only(here, there, tmp_path):
    assert export_people(here, ["Ana"], tmp_path / "out", PASSPHRASE, sound=False) == 0
    assert (tmp_path / "out").stat().st_size < 6000
    assert import_people(there, tmp_path / "out", PASSPHRASE, model()) == [Imported("Ana", 0, 2, 0)]
    assert np.array_equal(there.gallery(SHA).vectors[0], here.gallery(SHA).vectors[0])
    assert samples_of(there.data, "Ana") == []


@pytest.mark.parametrize("sound", [True, False])
def test_consent_days_and_devices_come_along_and_offers_stay(here, there, tmp_path, sound):
    answer_consent(here, "Ana", may_keep=True, day="2026-11-27")
    note = Note("", "2026-11-28T12:00:00+00:00", "Headset")
    assert keep_offer(here, here.find("Ana").id, SOUND, note, 9.0)
    export_people(here, ["Ana", "Béla"], tmp_path / "out", PASSPHRASE, sound=sound)
    import_people(there, tmp_path / "out", PASSPHRASE, model())
    ana, bela = there.overview()
    assert ana.consent == Consent(may_keep=True, answered_on="2026-11-27")
    assert bela.consent is None
    assert ana.conditions == bela.conditions == (Condition("2026-11-27", "a mic"),)
    assert ana.offers == 0
    assert not list(there.data.rglob("offer-*"))


def test_another_models_voiceprint_is_made_again_of_the_recordings_or_refused(here, there, tmp_path):
    export_people(here, ["Ana"], tmp_path / "with", PASSPHRASE)
    export_people(here, ["Ana"], tmp_path / "without", PASSPHRASE, sound=False)
    with pytest.raises(BadInput, match=r"Ana is known to another model \(model\), and there are no recordings"):
        import_people(there, tmp_path / "without", PASSPHRASE, model(OTHER))
    heard = []

    def embed(sound, what):
        heard.append(sound)
        if len(heard) == 2:
            raise BadInput(f"{what}: only 0.1 s of speech.")
        return EmbeddedSample("", unit_vectors(9), [3.0, 3.0])

    bad = []
    came = import_people(there, tmp_path / "with", PASSPHRASE, model(OTHER, embed), on_bad=bad.append)
    assert came == [Imported("Ana", 2, 1, 1)]
    assert bad == [f"{tmp_path / 'with'}: recording 2 of Ana: only 0.1 s of speech."]
    assert np.allclose(heard[0], SOUND * 0.99, atol=2**-14)
    assert len(samples_of(there.data, "Ana")) == 2
    assert len(there.gallery(OTHER).names) == 1
    assert len(there.gallery(SHA).names) == 0


def test_a_name_in_use_is_refused_or_another_given(here, there, tmp_path):
    export_people(here, ["Béla", "Ana"], tmp_path / "two", PASSPHRASE)
    export_people(here, ["Ana"], tmp_path / "one", PASSPHRASE)
    enrol(there, "Ana", 7)
    before = files_of(there.data), there.gallery(SHA).vectors
    with pytest.raises(BadInput, match="there is a Ana already"):
        import_people(there, tmp_path / "two", PASSPHRASE, model())
    assert there.people() == ["Ana"]  # Béla did not come, either
    assert files_of(there.data) == before[0]
    with pytest.raises(BadInput, match="more than one person"):
        import_people(there, tmp_path / "two", PASSPHRASE, model(), new_name="Anna")
    import_people(there, tmp_path / "one", PASSPHRASE, model(), new_name=" Anna  Lee ")
    assert there.people() == ["Ana", "Anna Lee"]
    assert [read_note(wav).name for wav in samples_of(there.data, "Anna Lee")] == ["Anna Lee"] * 2


def test_who_takes_the_name_meanwhile_keeps_it(here, there, tmp_path):
    export_people(here, ["Ana"], tmp_path / "one", PASSPHRASE)

    def embed(sound, what):
        with VoiceprintStore(there.data) as other:
            if other.find("Ana") is None:
                other.create("Ana")
        return EmbeddedSample("", unit_vectors(9), [3.0, 3.0])

    with pytest.raises(BadInput, match="there is a Ana already"):
        import_people(there, tmp_path / "one", PASSPHRASE, model(OTHER, embed))
    assert samples_of(there.data, "Ana") == []
    assert files_of(there.data) == set()


def test_what_cannot_be_exported_is_said(here, tmp_path):
    here.create("Zoë")
    with pytest.raises(BadInput, match="nobody is called Eve"):
        export_people(here, ["Ana", "Eve"], tmp_path / "out", PASSPHRASE)
    with pytest.raises(BadInput, match="Zoë has no voiceprint"):
        export_people(here, ["Zoë"], tmp_path / "out", PASSPHRASE)
    (tmp_path / "there").write_text("something else")
    with pytest.raises(BadInput, match="is there already"):
        export_people(here, ["Ana"], tmp_path / "there", PASSPHRASE)
    assert not (tmp_path / "out").exists()


# ---------------------------------------------------------------------------- what is not as it should be


def refused(there: VoiceprintStore, path: Path, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(BadInput) as raised:
        import_people(there, path, passphrase, model())
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert there.people() == []
    assert files_of(there.data) == set()
    return str(raised.value)


def test_another_passphrase(here, there, tmp_path):
    export_people(here, ["Ana"], tmp_path / "out", PASSPHRASE)
    assert "not its passphrase" in refused(there, tmp_path / "out", "another one")


def test_a_file_that_was_changed_anywhere_or_cut_off(here, there, tmp_path):
    export_people(here, ["Ana"], tmp_path / "out", PASSPHRASE)
    whole = (tmp_path / "out").read_bytes()
    path = tmp_path / "changed"
    for at in (0, 7, 8, 30, 40, 60, 100, 3000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        refused(there, path)
    for length in (0, 5, 27, 60, 66_000, len(whole) - 1):
        path.write_bytes(whole[:length])
        refused(there, path)
    path.write_bytes(whole + b"more")
    refused(there, path)


def crafted(path: Path, words: object, blobs: bytes = b"") -> Path:
    """A file with the right key, and anything in it."""
    text = words if isinstance(words, bytes) else json.dumps(words).encode()
    with open(path, "wb") as file:
        file.write(MAGIC + CHEAP.salt + bytes([CHEAP.log2_n, CHEAP.r, CHEAP.p]))
        writer = SealedWriter(file, CHEAP.key(PASSPHRASE), CONTEXT)
        writer.write(len(text).to_bytes(4, "big") + text + blobs)
        writer.finish()
    return path


def person(name: object = "Ana", **sample: object) -> dict:
    embedded = {"model_id": "model", "model_sha256": SHA, "dimension": 192, "segment_s": [3.0]}
    whole = {"note": None, "sound_bytes": 0, "embedded": [{**embedded, **sample.pop("embedded", {})}], **sample}
    return {"format": "heard people", "version": 1, "people": [{"name": name, "samples": [whole]}]}


VECTOR = unit_vectors(1, 1).astype("<f4").tobytes()


def test_what_is_crafted_can_be_read(there, tmp_path):
    came = import_people(there, crafted(tmp_path / "f", person(), VECTOR), PASSPHRASE, model())
    assert came == [Imported("Ana", 0, 1, 0)]


@pytest.mark.parametrize(
    ("words", "blobs"),
    [
        (b"\xff", b""),
        (b"[" * 100_000, b""),
        (b"null", b""),
        ({"format": "heard people", "version": 1, "people": []}, b""),
        ({"format": "heard people", "version": 1, "people": "Ana"}, b""),
        (person("../../etc/passwd\n"), VECTOR),
        (person(" Ana"), VECTOR),
        (person(""), VECTOR),
        (person(5), VECTOR),
        (person(sound_bytes=-1), VECTOR),
        (person(sound_bytes=1 << 62), VECTOR),
        (person(sound_bytes=True), VECTOR),
        (person(sound_bytes=5), b"noise" + VECTOR),
        (person(sound_bytes=len(wav_bytes(SOUND, 8000))), wav_bytes(SOUND, 8000) + VECTOR),
        (person(embedded={"dimension": 1 << 40}), VECTOR),
        (person(embedded={"dimension": 0}), b""),
        (person(embedded={"segment_s": [3.0] * 100_000}), VECTOR),
        (person(embedded={"segment_s": [float("nan")]}), VECTOR),
        (person(embedded={"segment_s": [-1.0]}), VECTOR),
        (person(embedded={"segment_s": []}), VECTOR),
        (person(embedded={"model_sha256": None}), VECTOR),
        (person(note={"device": ["a"]}), VECTOR),
        (person(note=5), VECTOR),
        (person(), np.full(192, np.nan, "<f4").tobytes()),
        (person(), np.zeros(192, "<f4").tobytes()),
        (person(), np.full(192, 7, "<f4").tobytes()),
        (person(), VECTOR[:-4]),
        (person(), VECTOR + b"more"),
    ],
)
def test_a_hostile_file_is_one_line_and_nobody_came(there, tmp_path, words, blobs):
    refused(there, crafted(tmp_path / "f", words, blobs))


def test_a_scrypt_that_takes_all_memory_is_refused(there, tmp_path):
    (tmp_path / "f").write_bytes(MAGIC + bytes(16) + bytes([40, 8, 1]) + bytes(100))
    assert "damaged" in refused(there, tmp_path / "f")


def test_another_person_twice_is_refused(there, tmp_path):
    words = person()
    words["people"] *= 2
    refused(there, crafted(tmp_path / "f", words, VECTOR * 2))


def test_a_newer_file_says_so(there, tmp_path):
    assert "newer version" in refused(there, crafted(tmp_path / "f", {**person(), "version": 2}, VECTOR))


def test_not_authentic_is_bad_input():
    assert NotAuthentic("x").exit_code == 2
