"""``voices seal``, ``unseal``, ``passphrase``, ``export`` and ``import`` as users run them, each program for itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.cli import people
from app.embedding.model_files import resolve
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import ROOT, BadInput, file_sha256

PASSPHRASE = "correct horse battery"


def voices(*arguments: object, stdin: str | None = None, **environment: str) -> tuple[int, str, str]:
    """Run the verb without a terminal; (exit code, stdout, stderr)."""
    left_out = ("HEARD_PASSPHRASE", "HEARD_PASSPHRASE_FILE", "HEARD_DATA", "PYTHON_KEYRING_BACKEND")
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    nowhere = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = subprocess.run(
        [sys.executable, "-m", "app", "voices", *map(str, arguments)],
        cwd=ROOT,
        env={**kept, **nowhere, **environment},
        input=stdin or "",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def one_line(stderr: str) -> str:
    assert len(stderr.splitlines()) == 1, stderr
    return stderr


@pytest.fixture
def data(tmp_path) -> Path:
    folder, sha256 = tmp_path / "data", file_sha256(resolve("embedded").path)
    with VoiceprintStore(folder) as store, PendingSamples(folder, "Ana") as waiting:
        waiting.add(np.zeros(16_000, np.float32), Note("Ana", "2026-11-27T12:00:00+00:00"))
        made = EmbeddedSample("", np.eye(1, 192, dtype=np.float32), [3.0])
        waiting.commit(
            store,
            lambda db, person, files: store.add_sample(
                "Ana", "embedded", sha256, EmbeddedSample(files[0], made.vectors, made.segment_s)
            ),
        )
    return folder


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "secret"
    path.write_text(PASSPHRASE + "\n")
    return path


def test_sealing_with_a_passphrase_and_back(data, secret, tmp_path):
    code, out, err = voices("seal", "--passphrase-file", secret, "--data", data)
    assert (code, err) == (0, "")
    assert "A forgotten passphrase cannot be found out by anybody" in out
    assert out.index("forgotten") < out.index("is sealed: 2 files of people")
    assert {path.name for path in data.iterdir()} == {"sealed"}

    code, out, err = voices("list", "--data", data)
    assert (code, out) == (2, "")
    assert f"{data / 'sealed'} is sealed: start this at a terminal" in one_line(err)
    code, _, err = voices("list", "--data", data, HEARD_PASSPHRASE="something else")
    assert code == 2
    assert "this is not its passphrase" in one_line(err)
    code, out, err = voices("list", "--data", data, HEARD_PASSPHRASE_FILE=str(secret))
    assert (code, err) == (0, "")
    assert "Ana" in out

    (tmp_path / "new").write_text("another passphrase")
    code, out, err = voices(
        "passphrase", "--passphrase-file", tmp_path / "new", "--data", data, HEARD_PASSPHRASE=PASSPHRASE
    )
    assert (code, err) == (0, "")
    assert voices("list", "--data", data, HEARD_PASSPHRASE=PASSPHRASE)[0] == 2
    code, out, err = voices("unseal", "--data", data, HEARD_PASSPHRASE="another passphrase")
    assert (code, err) == (0, "")
    assert "is not sealed any more" in out
    assert "Ana" in voices("list", "--data", data)[1]


def test_with_a_keyring_nobody_is_asked(data, tmp_path, secret):
    keyring = {
        "PYTHON_KEYRING_BACKEND": "tests.support.keyrings.FileKeyring",
        "TEST_KEYRING": str(tmp_path / "keyring"),
        "PYTHONPATH": str(ROOT),
    }
    code, out, err = voices("seal", "--data", data, **keyring)
    assert (code, err) == (0, "")
    assert "The key is in this system's keyring: if that is lost, so are recordings and voiceprints." in out
    assert "Ana" in voices("list", "--data", data, **keyring)[1]
    code, _, err = voices("list", "--data", data)
    assert code == 2
    assert "its key is in a system's keyring that cannot be read here" in one_line(err)
    code, out, _ = voices("passphrase", "--passphrase-file", secret, "--data", data, **keyring)
    assert "The keyring opens it, too." in out
    assert "Ana" in voices("list", "--data", data, HEARD_PASSPHRASE=PASSPHRASE)[1]
    assert voices("unseal", "--data", data, **keyring)[0] == 0
    assert json.loads((tmp_path / "keyring").read_text()) == {}


def test_a_person_goes_to_another_machine(data, secret, tmp_path):
    out_file, there = tmp_path / "ana.people", tmp_path / "there"
    code, out, err = voices("export", "Ana", "--out", out_file, "--passphrase-file", secret, "--data", data)
    assert (code, err) == (0, "")
    assert f"Ana: written to {out_file}, with 1 recording." in out
    assert b"Ana" not in out_file.read_bytes()
    code, out, err = voices("import", out_file, "--passphrase-file", secret, "--data", there)
    assert (code, out, err) == (0, "Ana came with 1 recording: 1 sample in the voiceprint.\n", "")
    code, _, err = voices("import", out_file, "--passphrase-file", secret, "--data", there)
    assert code == 2
    assert "there is a Ana already" in one_line(err)
    code, out, err = voices("import", out_file, "--as", "Anna", "--passphrase-file", secret, "--data", there)
    assert (code, err) == (0, "")
    assert "Anna" in voices("list", "--data", there)[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--out", "x"], "name the people to export"),
        (["export", "Ana", "--all", "--out", "x"], "name the people to export"),
        (["export", "Eve", "--out", "x", "--passphrase-file", "SECRET"], "nobody is called Eve"),
        (["export", "Ana", "--out", "x"], "give --passphrase-file"),
        (["import", "nowhere", "--passphrase-file", "SECRET"], "no such file"),
        (["import", "README.md", "--passphrase-file", "SECRET"], "not a file that `voices export` wrote"),
        (["seal", "--passphrase-file", "nowhere"], "passphrase cannot be read"),
        (["seal", "--passphrase"], "give --passphrase-file"),
        (["unseal"], "is not sealed"),
        (["passphrase"], "is not sealed"),
    ],
)
def test_mistakes_are_one_line(data, secret, monkeypatch, arguments, message):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadInput, match=message) as raised:
        people.run([*(str(secret) if word == "SECRET" else word for word in arguments), "--data", str(data)])
    assert "\n" not in str(raised.value)
    assert not (ROOT / "x").exists()


def test_export_needs_to_know_for_whom(data, capsys):
    with pytest.raises(SystemExit):
        people.run(["export", "Ana", "--data", str(data)])
    assert "one of --out FILE, for another machine, and --faiss" in capsys.readouterr().err
