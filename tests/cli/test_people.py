"""``python -m app voices``: list, rename, delete, export, in the data folder that was named."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.cli import people
from app.embedding.model_files import resolve
from app.scoring.cohort import unit
from app.scoring.gallery import best
from app.voiceprints.offers import answer_consent, keep_offer
from app.voiceprints.recordings import Note, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from tests.support.demo_data import enrol_demo
from tests.support.stand_ins import save_sample
from utils import ROOT, BadInput, file_sha256

SHA = "a" * 64


@pytest.fixture
def data(tmp_path):
    """Ana, enrolled with two recordings; Ben, enrolled without; Colin, only recorded."""
    sound = np.zeros(1600, np.float32)
    wavs = [save_sample(tmp_path, sound, Note("Ana", "")) for _ in range(2)]
    save_sample(tmp_path, sound, Note("Colin", ""))
    with VoiceprintStore(tmp_path) as store:
        files = [wav.relative_to(tmp_path).as_posix() for wav in wavs]
        store.set_samples("Ana", "embedded", SHA, [EmbeddedSample(file, np.eye(1, 192), [7.5]) for file in files])
        store.set_samples("Ben", "other", "b" * 64, [EmbeddedSample("x.wav", np.eye(1, 192), [3.0])])
    return tmp_path


def people_of(data) -> list[str]:
    with VoiceprintStore(data) as store:
        return store.people()


def test_everybody_is_listed(data, capsys):
    assert people.run(["list", "--data", str(data)]) == 0
    header, ana, ben, colin = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["person", "recordings"]
    assert ana.split()[:2] == ["Ana", "2"]
    assert ana.split()[3:] == ["2", "15.0", "embedded", "-", "-"]
    assert ben.split()[:2] == ["Ben", "0"]
    assert ben.split()[-3] == "other"
    assert colin.split()[:2] == ["Colin", "1"]
    assert "not built yet" in colin


def test_nobody_is_listed_and_nothing_is_made(tmp_path, capsys):
    assert people.run(["list", "--data", str(tmp_path / "none")]) == 0
    assert "Nobody is enrolled yet" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_renaming(data, capsys):
    assert people.run(["--data", str(data), "rename", "Ana", "Anna  Lee"]) == 0
    assert capsys.readouterr().out == "Ana is now called Anna Lee.\n"
    assert people_of(data) == ["Anna Lee", "Ben", "Colin"]
    assert len(samples_of(data, "Anna Lee")) == 2
    people.run(["rename", "Colin", "Col", "--data", str(data)])
    assert len(samples_of(data, "Col")) == 1
    with pytest.raises(BadInput, match="there is a Ben already"):
        people.run(["rename", "Anna Lee", "Ben", "--data", str(data)])
    with pytest.raises(BadInput, match="nobody is called Eve; enrolled: Anna Lee, Ben"):
        people.run(["rename", "Eve", "Eva", "--data", str(data)])


def test_deleting(data, capsys):
    with pytest.raises(BadInput, match="nothing was deleted: without a terminal to ask at, say --yes to delete Ana"):
        people.run(["delete", "Ana", "--data", str(data)])
    assert people_of(data) == ["Ana", "Ben", "Colin"]
    assert people.run(["delete", "Ana", "--data", str(data), "--yes"]) == 0
    assert people.run(["delete", "Colin", "--data", str(data), "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Ana was deleted, with 2 recordings.",
        "Colin was deleted, with 1 recording.",
    ]
    assert people_of(data) == ["Ben"]
    assert list((data / "speakers").iterdir()) == []
    with pytest.raises(BadInput, match=r"nobody is called Ana; enrolled: Ben\."):
        people.run(["delete", "Ana", "--data", str(data)])


def test_exporting_vectors_that_faiss_reads(tmp_path, capsys):
    faiss = pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    rng = np.random.default_rng(0)
    voices_of = {f"person {i:03}": unit(rng.standard_normal(192)).astype(np.float32) for i in range(300)}
    sha256 = file_sha256(resolve("embedded").path)
    with VoiceprintStore(tmp_path) as store:
        for name, vector in voices_of.items():
            store.set_samples(name, "embedded", sha256, [EmbeddedSample("x.wav", vector[None], [3.0])])
    out = tmp_path / "out" / "voices.npy"
    assert people.run(["export", "--faiss", str(out), "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("300 voiceprints of embedded were written to")
    vectors, about = np.load(out, allow_pickle=False), json.loads(out.with_suffix(".json").read_text())
    assert (vectors.dtype, vectors.shape, vectors.flags.c_contiguous) == (np.float32, (300, 192), True)
    assert (about["model_sha256"], about["dimension"], about["vectors"]) == (sha256, 192, "voices.npy")
    assert about["names"] == list(voices_of)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (out, out.with_suffix(".json")))
    index = faiss.IndexFlatIP(192)
    index.add(vectors)
    probe = unit(voices_of["person 123"] + 0.02 * rng.standard_normal(192)).astype(np.float32)
    scores, rows = index.search(probe[None], 3)
    with VoiceprintStore(tmp_path) as store:
        ours = best(probe, store.gallery(sha256), 3)
    assert [about["names"][row] for row in rows[0]] == list(ours)
    assert scores[0] == pytest.approx(list(ours.values()), abs=1e-6)


def test_nothing_to_export(data, tmp_path):
    with pytest.raises(BadInput, match="this model knows nobody"):
        people.run(["export", "--faiss", str(tmp_path / "x.npy"), "--data", str(data)])
    assert not (tmp_path / "x.npy").exists()
    with pytest.raises(BadInput, match=r"into a \.npy file"):
        people.run(["export", "--faiss", str(tmp_path / "x.index"), "--data", str(data)])


class Terminal:
    """A standard input with a person at it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("answer", "code", "left"), [("", 1, 2), ("n", 1, 2), ("Y", 0, 0)])
def test_at_a_terminal_deleting_asks_first(data, monkeypatch, answer, code, left):
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda text: answer)
    assert people.run(["delete", "Ana", "--data", str(data)]) == code
    assert len(samples_of(data, "Ana")) == left


def test_mistakes_are_one_line_and_code_2(data):
    command = [sys.executable, "-m", "app", "voices", "delete", "Eve", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr == "heard: nobody is called Eve; enrolled: Ana, Ben, Colin.\n"


# ---------------------------------------------------------------------------- days, devices, offers


def ask(capsys, data, *words: str) -> str:
    assert people.run([*words, "--data", str(data)]) == 0
    return capsys.readouterr().out


@pytest.fixture
def offered(encoder, demo_dir, tmp_path):
    """The demo's people, and speech of Ana's on another day."""
    data = enrol_demo(tmp_path / "data", encoder, demo_dir)
    sound = read_audio(demo_dir / "conversation.flac", start_s=30.0, end_s=35.0)
    with VoiceprintStore(data) as store:
        answer_consent(store, "Ana", may_keep=True)
        note = Note("Ana", "2026-01-31T10:00:00+01:00", device="Headset")
        number = keep_offer(store, store.find("Ana").id, sound, note, 4.5)
    return data, number


def test_the_list_says_on_what_people_are_known(capsys, offered):
    data, _ = offered
    ana, ben = ask(capsys, data, "list").splitlines()[1:3]
    assert ana.split()[-2:] == ["file", "1"]
    assert ben.split()[-2:] == ["file", "-"]


def test_an_offer_is_listed_accepted_and_known(capsys, offered):
    data, number = offered
    assert ask(capsys, data, "offers").splitlines()[1].split() == [str(number), "Ana", "2026-01-31", "Headset", "4.5"]
    assert "Ana is known better now: 4." in ask(capsys, data, "offers", "--accept", str(number))
    assert "Headset" in ask(capsys, data, "list").splitlines()[1]
    assert ask(capsys, data, "offers", "Ana") == "Nothing is offered.\n"
    with pytest.raises(BadInput, match="there is no offer"):
        people.run(["offers", "--accept", str(number), "--data", str(data)])


def test_an_offer_is_dismissed_and_consent_withdrawn(capsys, offered):
    data, number = offered
    assert "is erased" in ask(capsys, data, "offers", "--dismiss", str(number))
    assert not list((data / "speakers").rglob("offer-*"))
    assert "may be kept (20" in ask(capsys, data, "consent", "Ana")
    assert "never answered" in ask(capsys, data, "consent", "Ben")
    assert "erased" in ask(capsys, data, "consent", "Ana", "no")
    assert "may not be kept" in ask(capsys, data, "consent", "Ana")
    for words in (["consent", "Zoe", "yes"], ["consent", "Zoe"], ["offers", "Zoe"]):
        with pytest.raises(BadInput, match="nobody is called Zoe"):
            people.run([*words, "--data", str(data)])
