"""The exported model behind the encoder's interface, and that torch is not needed for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from app.recognition.encoder import Encoder
from utils import BUNDLED, ROOT, BadInput, HeardError, file_sha256, read_audio

WEIGHTS = BUNDLED / "models" / "embedded-int8.onnx"


@pytest.fixture(scope="module")
def int8() -> Encoder:
    return Encoder.load("embedded-int8")


def test_it_is_the_embedded_model_on_integers(int8: Encoder, encoder: Encoder, demo_dir: Path):
    assert int8.card["made_from"]["sha256"] == encoder.sha256, "the model was made anew: python -m app export"
    assert (int8.model_id, int8.dim) == ("embedded-int8", encoder.dim)
    assert int8.rule() == encoder.rule()
    assert int8.knows_gender == encoder.knows_gender
    speech = [
        read_audio(path)[: 16_000 * seconds] for path in demo_dir.glob("enrolment/*/01.flac") for seconds in (1, 3)
    ]
    ours, theirs = int8.embed_batch(speech), encoder.embed_batch(speech)
    assert np.einsum("nd,nd->n", ours, theirs).min() > 0.995
    for vector in theirs:
        assert int8.gender(vector) == (encoder.gender(vector)[0], pytest.approx(encoder.gender(vector)[1], abs=1e-4))


def test_the_program_runs_without_torch(tmp_path: Path):
    """The whole demo in a process in which torch cannot be imported."""
    (tmp_path / "torch.py").write_text("raise ImportError('torch was asked for')")
    (tmp_path / "scipy.py").write_text("raise ImportError('scipy was asked for')")
    command = [sys.executable, "test.py", "--demo", "--terminal", "--model", "embedded-int8"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Right for 9" in done.stdout


def test_only_on_the_processor():
    with pytest.raises(BadInput, match="the processor alone"):
        Encoder.load("embedded-int8", compute="cuda")
    with pytest.raises(BadInput, match="auto, cpu, cuda, mps"):
        Encoder.load("embedded-int8", compute="abacus")


def test_a_file_that_is_not_its_own_is_refused(tmp_path: Path):
    copy = tmp_path / "copy.onnx"
    shutil.copy(WEIGHTS, copy)
    with pytest.raises(BadInput, match="card is missing"):
        Encoder.load(str(copy))
    card = json.loads(WEIGHTS.with_suffix(".json").read_text())
    copy.with_suffix(".json").write_text(json.dumps({**card, "sha256": "0" * 64}))
    with pytest.raises(HeardError, match="does not match its card"):
        Encoder.load(str(copy))


@pytest.mark.parametrize("size", [0, 1000, 100_000])
def test_a_damaged_file_is_one_line(tmp_path: Path, size: int):
    path = tmp_path / "bad.onnx"
    path.write_bytes(WEIGHTS.read_bytes()[:size])
    path.with_suffix(".json").write_text(json.dumps({"name": "bad", "sha256": file_sha256(path), "threshold": 0.5}))
    with pytest.raises(HeardError, match=r"bad.onnx: .*damaged"):
        Encoder.load(str(path))


def test_another_programs_onnx_is_refused(tmp_path: Path):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, tmp_path / "other.onnx")
    digest = file_sha256(tmp_path / "other.onnx")
    (tmp_path / "other.json").write_text(json.dumps({"name": "other", "sha256": digest}))
    with pytest.raises(HeardError, match="not an ONNX file of this program"):
        Encoder.load(str(tmp_path / "other.onnx"))
