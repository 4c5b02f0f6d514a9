"""Every command that writes: an output that is an input, or another output, is refused before work begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cli import VERBS
from app.server.process import ServeOptions
from app.session import SessionOptions
from utils import BadInput, write_wav


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with inputs of each kind: recordings, lists, a model with its card, scores."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEARD_DATA", str(tmp_path / "data"))
    write_wav(tmp_path / "t.wav", np.zeros(1600, np.float32))
    (tmp_path / "rec").write_bytes((tmp_path / "t.wav").read_bytes())
    (tmp_path / "L").write_text("1 t.wav rec\n")
    (tmp_path / "S").write_text("1 t.wav rec 0.5\n0 t.wav rec 0.1\n")
    (tmp_path / "S.png").symlink_to("S")
    (tmp_path / "table.csv").write_text("file,speaker\nt.wav,Ana\n")
    (tmp_path / "run.toml").write_text('name = "x"\noutput = "run"\n[data]\ntable = "table.csv"\n[train]\nsteps = 1\n')
    (tmp_path / "same.toml").write_text(
        'name = "x"\nmodel_file = "m.safetensors"\n[data]\ntable = "t.csv"\n'
        '[train]\nsteps = 1\ninit = ["m.safetensors"]\n'
    )
    for name in ("m.safetensors", "m.onnx", "m.json"):
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.csv").hardlink_to(tmp_path / "table.csv")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "log.csv").symlink_to(tmp_path / "table.csv")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("evaluate L --scores L", ("--scores L", "TRIALS L")),
        ("evaluate L --scores ./L", ("--scores ./L", "TRIALS L")),
        ("evaluate L --scores X --det X", ("--scores X", "--det X")),
        ("evaluate L --scores rec", ("--scores rec", "TRIALS")),
        ("evaluate L --scores t.wav", ("--scores t.wav", "recording")),
        ("evaluate L --scores m.json --model m.onnx", ("--scores m.json", "--model")),
        ("evaluate L --scores data/voiceprints.db", ("--scores data/voiceprints.db", "program keeps")),
        ("plot det S --out S.png", ("--out S.png", "SCORES S")),
        ("plot tsne table.csv --out a.png ./a.png", ("--out a.png and --out a.png",)),
        ("plot features t.wav --out t.wav", ("--out t.wav", "FILE t.wav")),
        ("extract table.csv --out out", ("--out, out/index.csv", "MANIFEST table.csv")),
        ("voices export --faiss m.npy --model m.onnx", ("names of --faiss, m.json", "card of --model, m.json")),
        ("train run.toml", ("log.csv", "data.table table.csv")),
        ("train same.toml", ("model_file m.safetensors", "train.init m.safetensors")),
        ("evaluate --conversations table.csv --keep out --noise out", ("--keep out", "--noise")),
    ],
)
def test_the_input_stays_and_both_are_named(here, words, named):
    before, (verb, *argv) = contents(here), words.split()
    module = __import__(VERBS[verb], fromlist=["run"])
    with pytest.raises(BadInput) as caught:
        module.run(argv)
    said = str(caught.value)
    assert "\n" not in said
    for name in named:
        assert name in said
    assert contents(here) == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"file": "t.wav", "rttm": "t.wav"}, ("--rttm t.wav", "--file t.wav")),
        ({"file": "t.wav", "jsonl": "./t.wav"}, ("--jsonl t.wav", "--file t.wav")),
        ({"file": "t.wav", "rttm": "X", "jsonl": "X"}, ("--rttm X", "--jsonl X")),
        ({"file": "t.wav", "rttm": "X", "jsonl": "x"}, ("--rttm X", "--jsonl x")),
        ({"file": "t.wav", "rttm": "m.json", "model": "m.onnx"}, ("--rttm m.json", "--model")),
        ({"rttm": "data/speakers/x"}, ("--rttm data/speakers/x", "program keeps")),
    ],
)
def test_of_live_identification_too(here, options, named):
    (here / "data" / "speakers").mkdir(parents=True)
    before = contents(here)
    with pytest.raises(BadInput) as caught:
        SessionOptions(**{key: value if key == "model" else Path(value) for key, value in options.items()}).check()
    for name in named:
        assert name in str(caught.value)
    assert contents(here) == before


def test_of_the_server_too(here):
    (here / "key.pem").write_text("key")
    with pytest.raises(BadInput, match=r"--token-file key.pem is the same file as --keyfile key.pem"):
        ServeOptions(token_file=Path("key.pem"), certfile=Path("t.wav"), keyfile=Path("key.pem")).check()
    ServeOptions(token_file=here / "data" / "server-token").check()
