"""What the program keeps: found, counted, and forgotten, and nothing of anybody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.belongings import cache_place, count_people, data_place, forget
from app.cli.program import forget as forget_command
from utils import ROOT, BadInput, HeardError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one person, and a file of somebody else's in it."""
    folder = tmp_path / "data"
    for name in ("speakers/ana-1/01.wav", "corrections/a.json", "window.ini", "server-token", "mine.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")
    return folder


def test_it_is_counted(data: Path):
    place = data_place(data)
    assert (place.files, place.size_bytes, count_people(data)) == (4, 20, 1)
    assert data_place(data / "nothing").entries == ()


def test_what_is_not_the_programs_stays(data: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "voice.wav").write_bytes(b"1")
    (data / "speakers" / "link").symlink_to(outside)
    forget(data_place(data))
    assert [path.name for path in data.iterdir()] == ["mine.txt"]
    assert (outside / "voice.wav").exists()


def test_a_folder_with_nothing_else_goes(data: Path):
    (data / "mine.txt").unlink()
    forget(data_place(data))
    assert not data.exists()


def test_models_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEARD_CACHE", str(tmp_path))
    (tmp_path / "speechbrain--spkrec" / "0f99").mkdir(parents=True)
    (tmp_path / "speechbrain--spkrec" / "0f99" / "embedding_model.ckpt").write_bytes(b"123")
    (tmp_path / "large-1.onnx").write_bytes(b"123")
    (tmp_path / "theirs").write_bytes(b"1")
    assert cache_place().size_bytes == 6
    forget(cache_place())
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_it_waits_for_other_programs(data: Path):
    hold = (
        "import sys; from pathlib import Path; from app.voiceprints.lease import own_lease;"
        f"own_lease(Path({str(data)!r})); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(HeardError, match="other program"):
        forget(data_place(data))
    assert (data / "window.ini").exists()
    other.communicate()
    forget(data_place(data))
    assert not (data / "window.ini").exists()


def test_nothing_goes_without_a_yes(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setenv("HEARD_CACHE", str(data / "cache"))
    with open(os.devnull) as nobody, monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", nobody)
        with pytest.raises(BadInput, match="--yes"):
            forget_command.run(["--data", str(data)])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(HeardError, match="nothing was removed"):
        forget_command.run(["--data", str(data)])
    assert (data / "speakers").exists()
    monkeypatch.setattr("builtins.input", lambda question: " Forget ")
    assert forget_command.run(["--data", str(data)]) == 0
    assert "1 enrolled" in capsys.readouterr().out
    assert not (data / "speakers").exists()
