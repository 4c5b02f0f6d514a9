"""The models that run without torch: the embedded one from its own weights, and its form on integers."""

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

from app.audio.reading.reader import read_audio
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.embedding.onnx_encoder import OnnxEncoder
from app.embedding.torch_encoder import TorchEncoder
from utils import BUNDLED, ROOT, BadInput, HeardError, file_sha256

WEIGHTS = BUNDLED / "models" / "embedded-int8.onnx"


@pytest.fixture(scope="module")
def int8() -> Encoder:
    return load_encoder("embedded-int8")


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


def test_the_embedded_model_is_the_same_in_torch(encoder: Encoder, demo_dir: Path):
    """Voiceprints of the one are voiceprints of the other."""
    in_torch = load_encoder("embedded", compute="cpu", large_batches=True)
    assert (type(encoder), type(in_torch)) == (OnnxEncoder, TorchEncoder)
    for fact in ("model_id", "sha256", "dim", "card", "device", "knows_gender"):
        assert getattr(encoder, fact) == getattr(in_torch, fact)
    assert encoder.rule() == in_torch.rule()
    assert np.array_equal(encoder.cohort.vectors, in_torch.cohort.vectors)
    speech = [
        read_audio(path)[: round(16_000 * seconds)]
        for path in demo_dir.glob("enrolment/*/01.flac")
        for seconds in (0.1, 0.73, 1.5, 3, 60)
    ]
    ours, theirs = encoder.embed_batch(speech), in_torch.embed_batch(speech)
    assert np.abs(ours - theirs).max() < 1e-5
    second = speech[2][:16_000]
    (our_overlap,), (their_overlap,) = (model.embed_batch_with_overlap([second])[1] for model in (encoder, in_torch))
    assert our_overlap == pytest.approx(their_overlap, abs=1e-3)
    for our, their in zip(ours, theirs, strict=True):
        assert encoder.gender(our) == (in_torch.gender(their)[0], pytest.approx(in_torch.gender(their)[1], abs=1e-4))


@pytest.mark.parametrize("model", ["embedded", "embedded-int8"])
def test_the_program_runs_without_torch(model: str, tmp_path: Path):
    """The whole demo in a process in which torch cannot be imported."""
    (tmp_path / "torch.py").write_text("raise ImportError('torch was asked for')")
    (tmp_path / "scipy.py").write_text("raise ImportError('scipy was asked for')")
    command = [sys.executable, "test.py", "--demo", "--terminal", "--model", model]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Right for 9" in done.stdout


def test_only_on_the_processor():
    with pytest.raises(BadInput, match="the processor alone"):
        load_encoder("embedded-int8", compute="cuda")
    with pytest.raises(BadInput, match="auto, cpu, cuda, mps"):
        load_encoder("embedded-int8", compute="abacus")


def test_a_file_that_is_not_its_own_is_refused(tmp_path: Path):
    copy = tmp_path / "copy.onnx"
    shutil.copy(WEIGHTS, copy)
    with pytest.raises(BadInput, match="card is missing"):
        load_encoder(str(copy))
    card = json.loads(WEIGHTS.with_suffix(".json").read_text())
    copy.with_suffix(".json").write_text(json.dumps({**card, "sha256": "0" * 64}))
    with pytest.raises(HeardError, match="does not match its card"):
        load_encoder(str(copy))


@pytest.mark.parametrize("size", [0, 1000, 100_000])
def test_a_damaged_onnx_file_is_one_line(tmp_path: Path, size: int):
    path = tmp_path / "bad.onnx"
    path.write_bytes(WEIGHTS.read_bytes()[:size])
    path.with_suffix(".json").write_text(json.dumps({"name": "bad", "sha256": file_sha256(path), "threshold": 0.5}))
    with pytest.raises(HeardError, match=r"bad.onnx: .*damaged"):
        load_encoder(str(path))


FLOAT_WEIGHTS = BUNDLED / "models" / "embedded.safetensors"


@pytest.mark.parametrize("changed", ["cut", "bent", "other"])
def test_a_damaged_model_is_one_line(tmp_path: Path, changed: str):
    """Cut short; one byte another, which the card's hash tells; whole, but of another network than the card says."""
    path, card = tmp_path / "bad.safetensors", json.loads(FLOAT_WEIGHTS.with_suffix(".json").read_text())
    content = bytearray(FLOAT_WEIGHTS.read_bytes())
    match changed:
        case "cut":
            content = content[: len(content) // 2]
        case "bent":
            content[-1] ^= 1
        case "other":
            card["architecture"]["scale"] = 9
    path.write_bytes(content)
    if changed != "bent":
        card["sha256"] = file_sha256(path)
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(HeardError, match=r"bad.safetensors: .*(not a model of this program|does not match its card)"):
        load_encoder(str(path))


def test_another_programs_onnx_is_refused(tmp_path: Path):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, tmp_path / "other.onnx")
    digest = file_sha256(tmp_path / "other.onnx")
    (tmp_path / "other.json").write_text(json.dumps({"name": "other", "sha256": digest}))
    with pytest.raises(HeardError, match="not an ONNX file of this program"):
        load_encoder(str(tmp_path / "other.onnx"))
