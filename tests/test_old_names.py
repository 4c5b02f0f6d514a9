"""A database in which people are called what the program calls a voice, or in which a vector is damaged."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app import Heard
from app.cli import people
from app.diarisation.rttm import read_rttm
from app.enrolment.build import gallery_from_folder
from app.enrolment.import_folder import files_by_person
from app.scoring.labels import Kind
from app.session import Session, SessionOptions
from app.terminal.enrol import EnrolOptions
from app.voiceprints.recordings import Note, samples_dir
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from tests.support.old_names import call, spoil
from tests.support.stand_ins import save_sample
from utils import BadInput

REFUSED = ("unknown", "Unknown 1", "unknown \u0662", "\uff35\uff2e\uff2b\uff2e\uff2f\uff37\uff2e", "un\u200bknown")


@pytest.fixture(scope="module")
def gallery(encoder, demo_dir):
    return gallery_from_folder(demo_dir / "enrolment", encoder)


@pytest.fixture
def data(tmp_path, encoder, gallery):
    """Ana, Ben and Colin of the demo, who have no recordings, but one who is not in it has."""
    with VoiceprintStore(tmp_path) as store:
        for name, vector in zip(gallery.names, gallery.vectors, strict=True):
            store.set_samples(name, "embedded", encoder.sha256, [EmbeddedSample(f"{name}.wav", vector[None], [9.0])])
    return tmp_path


def run(data, encoder, demo_dir, **options) -> tuple[Session, set[str | None]]:
    session = Session(SessionOptions(file=demo_dir / "conversation.flac", data=data, **options), encoder)
    return session, {answer.label for answer in session.run()}


def test_a_person_called_like_a_voice_is_named_without_end_or_mistake(data, encoder, demo_dir, tmp_path):
    call(data, Ana="unknown", Ben="Unknown 1")
    rttm, jsonl = tmp_path / "out.rttm", tmp_path / "out.jsonl"
    session, labels = run(data, encoder, demo_dir, rttm=rttm, jsonl=jsonl)
    assert labels - {None, "unknown"} >= {"unknown (person)", "Unknown 1 (person)", "Colin", "Unknown 1"}
    said = [json.loads(line) for line in jsonl.read_text().splitlines()]
    assert {(line["label"], line["speaker"]) for line in said if line["kind"] == "person"} == {
        ("unknown (person)", "unknown"), ("Unknown 1 (person)", "Unknown 1"), ("Colin", "Colin"),
    }  # fmt: skip
    assert {line["speaker"] for line in said if line["kind"] != "person"} == {None}
    kinds = {(turn.label, turn.label.kind) for turn in session.turns()}
    assert kinds >= {("Unknown 1", Kind.VOICE), ("Unknown 1 (person)", Kind.PERSON)}
    tokens = {line.split()[7] for line in rttm.read_text().splitlines()}
    assert tokens == {"unknown", "unknown_(person)", "Unknown_1_(person)", "Colin"}
    assert {turn.label.name for turn in read_rttm(rttm)} == {None, "unknown", "Unknown 1", "Colin"}


def test_such_a_person_is_listed_renamed_and_deleted(data, capsys):
    call(data, Ana="unknown", Ben="Unknown \u0661")
    people.run(["list", "--data", str(data)])
    listed = capsys.readouterr().out
    assert "unknown (person)" in listed
    assert "Unknown \u0661 (person)" in listed
    people.run(["rename", "unknown", "Ana", "--data", str(data)])
    people.run(["delete", "Unknown \u0661", "--yes", "--data", str(data)])
    with VoiceprintStore(data) as store:
        assert store.people() == ["Ana", "Colin"]


def test_such_a_person_can_be_named_as_they_are_listed(data, capsys):
    call(data, Ana="unknown", Ben="B\u202een")
    people.run(["rename", "B<U+202E>en", "Ben", "--data", str(data)])
    people.run(["delete", "unknown (person)", "--yes", "--data", str(data)])
    assert capsys.readouterr().out.splitlines() == [
        "B<U+202E>en is now called Ben.",
        "unknown (person) was deleted, with 0 recordings.",
    ]
    with VoiceprintStore(data) as store:
        assert store.people() == ["Ben", "Colin"]


@pytest.mark.parametrize("name", REFUSED)
def test_no_door_takes_such_a_name(name, data, encoder, tmp_path):
    with pytest.raises(BadInput):
        people.run(["rename", "Ana", name, "--data", str(data)])
    with pytest.raises(BadInput):
        EnrolOptions(name, data=data).check()
    (tmp_path / "tree" / name).mkdir(parents=True)
    (tmp_path / "tree" / name / "a.flac").touch()
    (tmp_path / "tree" / "Eva").mkdir()
    (tmp_path / "tree" / "Eva" / "a.flac").touch()
    lines: list[str] = []
    assert list(files_by_person(tmp_path / "tree", lines.append)) == ["Eva"]
    assert len(lines) == 1
    assert str(tmp_path / "tree" / name) in lines[0]
    with VoiceprintStore(data) as store:
        assert store.people() == ["Ana", "Ben", "Colin"]


def test_the_store_makes_nobody_of_such_a_name(data, encoder):
    sample = EmbeddedSample("a.wav", np.eye(1, 192), [1.0])
    with VoiceprintStore(data) as store:
        for make in (store.create, lambda name: store.add_sample(name, "embedded", encoder.sha256, sample)):
            with pytest.raises(BadInput, match="choose another name"):
                make("Unknown 7")


def test_whoever_has_recordings_under_such_a_name_can_be_recorded_again(tmp_path):
    save_sample(tmp_path, np.zeros(1600, np.float32), Note("Ana", ""))
    folder = samples_dir(tmp_path, "Ana").rename(samples_dir(tmp_path, "unknown"))
    (folder / "001.json").write_text('{"name": "unknown", "recorded_at": ""}')
    (tmp_path / "voiceprints.db").unlink()
    EnrolOptions("unknown", data=tmp_path).check()


@pytest.mark.parametrize(
    "blob", [np.full(192, np.nan, "<f4").tobytes(), np.zeros(192, "<f4").tobytes(), b"\0" * 765, b"", bytes(64)]
)
def test_a_damaged_voiceprint_names_nobody_and_the_others_work(blob, data, encoder, gallery, tmp_path, capsys):
    spoil(data, "Ana", blob)
    heard = Session(SessionOptions(data=data), encoder)
    found = heard.load_gallery(encoder)
    assert (found.names, found.damaged) == (("Ben", "Colin"), ("Ana",))
    assert heard.notice.startswith("Ana: the voiceprint is damaged and not compared; run `python build_voiceprint.py")
    assert np.allclose(found.vectors, gallery.vectors[1:], atol=1e-6)
    people.run(["export", "--faiss", str(tmp_path / "out.npy"), "--data", str(data)])
    assert "Ana: the voiceprint is damaged and left out" in capsys.readouterr().err
    assert np.load(tmp_path / "out.npy").shape == (2, 192)


def test_vectors_that_a_program_gives_are_looked_at(data, demo_dir):
    heard = Heard(compute="cpu", data=data)
    for vector in (np.full(192, np.nan), np.zeros(192), np.full(192, np.inf)):
        with pytest.raises(BadInput, match="not all finite"):
            heard.identify(demo_dir / "enrolment" / "Ana" / "02.flac", among={"Ana": vector})
