"""``python -m app voices``: list, rename, delete, in the data folder that was named."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from app.commands import voices
from app.enrolment.recordings import Note, samples_of, save_sample
from app.recognition.voiceprints import Sample, VoiceprintStore
from utils import ROOT, BadInput

SHA = "a" * 64


@pytest.fixture
def data(tmp_path):
    """Ana, enrolled with two recordings; Ben, enrolled without; Colin, only recorded."""
    sound = np.zeros(1600, np.float32)
    wavs = [save_sample(tmp_path, sound, Note("Ana", "")) for _ in range(2)]
    save_sample(tmp_path, sound, Note("Colin", ""))
    with VoiceprintStore(tmp_path) as store:
        files = [wav.relative_to(tmp_path).as_posix() for wav in wavs]
        store.set_samples("Ana", "embedded", SHA, [Sample(file, np.eye(1, 192), [7.5]) for file in files])
        store.set_samples("Ben", "other", "b" * 64, [Sample("x.wav", np.eye(1, 192), [3.0])])
    return tmp_path


def people(data) -> list[str]:
    with VoiceprintStore(data) as store:
        return store.people()


def test_everybody_is_listed(data, capsys):
    assert voices.run(["list", "--data", str(data)]) == 0
    header, ana, ben, colin = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["person", "recordings"]
    assert ana.split()[:2] == ["Ana", "2"]
    assert ana.split()[3:] == ["2", "15.0", "embedded"]
    assert ben.split()[:2] == ["Ben", "0"]
    assert ben.split()[-1] == "other"
    assert colin.split()[:2] == ["Colin", "1"]
    assert "not built yet" in colin


def test_nobody_is_listed_and_nothing_is_made(tmp_path, capsys):
    assert voices.run(["list", "--data", str(tmp_path / "none")]) == 0
    assert "Nobody is enrolled yet" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_renaming(data, capsys):
    assert voices.run(["--data", str(data), "rename", "Ana", "Anna  Lee"]) == 0
    assert capsys.readouterr().out == "Ana is now called Anna Lee.\n"
    assert people(data) == ["Anna Lee", "Ben"]
    assert len(samples_of(data, "Anna Lee")) == 2
    voices.run(["rename", "Colin", "Col", "--data", str(data)])
    assert len(samples_of(data, "Col")) == 1
    with pytest.raises(BadInput, match="there is a Ben already"):
        voices.run(["rename", "Anna Lee", "Ben", "--data", str(data)])
    with pytest.raises(BadInput, match="nobody is called Eve; enrolled: Anna Lee, Ben"):
        voices.run(["rename", "Eve", "Eva", "--data", str(data)])


def test_deleting(data, capsys):
    assert voices.run(["delete", "Ana", "--data", str(data)]) == 0
    assert voices.run(["delete", "Colin", "--data", str(data), "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Ana was deleted, with 2 recordings.",
        "Colin was deleted, with 1 recording.",
    ]
    assert people(data) == ["Ben"]
    assert list((data / "speakers").iterdir()) == []
    with pytest.raises(BadInput, match=r"nobody is called Ana; enrolled: Ben\."):
        voices.run(["delete", "Ana", "--data", str(data)])


class Terminal:
    """A standard input with a person at it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("answer", "code", "left"), [("", 1, 2), ("n", 1, 2), ("Y", 0, 0)])
def test_at_a_terminal_deleting_asks_first(data, monkeypatch, answer, code, left):
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda text: answer)
    assert voices.run(["delete", "Ana", "--data", str(data)]) == code
    assert len(samples_of(data, "Ana")) == left


def test_mistakes_are_one_line_and_code_2(data):
    command = [sys.executable, "-m", "app", "voices", "delete", "Eve", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr == "heard: nobody is called Eve; enrolled: Ana, Ben.\n"
