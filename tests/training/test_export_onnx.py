"""The ONNX graph gives what the network gives; the file holds all that the program needs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from app.embedding.ecapa_onnx import build_onnx
from app.embedding.load import load_encoder
from app.training.export_onnx import export_onnx
from model import Architecture, SpeakerNetwork, save_checkpoint
from utils import SAMPLE_RATE, HeardError

SMALL = Architecture(channels=64, mfa_channels=96, se_channels=16, attention_channels=24, embedding_dim=32, stride=2)
LENGTHS = (32_000, 24_001, 8_000, 2_400, 1_600)


def network(arch: Architecture = SMALL, *, negative: bool = True) -> SpeakerNetwork:
    """Random weights and random batch-norm statistics, as no freshly made network has them."""
    torch.manual_seed(5)
    made = SpeakerNetwork(arch, gender=True)
    made.cohort = nn.functional.normalize(torch.randn(8, arch.embedding_dim))
    for norm in made.modules():
        if isinstance(norm, nn.BatchNorm1d):
            nn.init.normal_(norm.running_mean, 0, 0.2)
            nn.init.uniform_(norm.running_var, 0.3, 2)
            nn.init.normal_(norm.weight, 0.8, 0.5 if negative else 0.1)
            nn.init.normal_(norm.bias, 0, 0.2)
    for weight in made.state_dict().values():  # as they come from a file
        weight.copy_(weight.half())
    return made.eval()


def noise(samples: int, seed: int = 7) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def graph(network: SpeakerNetwork, **kind: bool) -> onnx.ModelProto:
    """As another reader of ONNX sees it."""
    tensors = {key: value.numpy() for key, value in network.state_dict().items()}
    model = onnx.load_from_string(build_onnx(tensors, dataclasses.asdict(network.arch), metadata={"a": "b"}, **kind))
    onnx.checker.check_model(model, full_check=True)
    assert [(item.key, item.value) for item in model.metadata_props] == [("a", "b")]
    return model


def run(network: SpeakerNetwork, waves: list[np.ndarray], **kind: bool) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(graph(network, **kind).SerializeToString())
    return [session.run(None, {"wave": wave})[0] for wave in waves]


def expected(network: SpeakerNetwork, waves: list[np.ndarray]) -> list[np.ndarray]:
    with torch.inference_mode():
        return [network(torch.from_numpy(wave)[None])[0].numpy() for wave in waves]


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("arch", [SMALL, Architecture(), Architecture(mels=40, channels=48, mfa_channels=32, scale=4)])
def test_agrees_with_the_network(arch: Architecture):
    plain, waves = network(arch), [noise(samples) for samples in LENGTHS]
    # Of half precision are the weights with the norm's scale folded in.
    for half, apart in ((False, 1e-4), (True, 2e-3)):
        for got, wanted in zip(run(plain, waves, half=half), expected(plain, waves), strict=True):
            assert np.linalg.norm(got - wanted) < apart * np.linalg.norm(wanted)


def test_gives_the_pooled_statistics_too():
    plain, wave = network(), noise(16_000)
    with torch.inference_mode():
        frames = plain.backbone.frames(plain.front(torch.from_numpy(wave)[None]))
        wanted = plain.backbone.asp(frames)[0].numpy()
    session = onnxruntime.InferenceSession(graph(plain).SerializeToString())
    assert np.abs(session.run(["pooled"], {"wave": wave})[0] - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_integers_stay_near():
    arch = Architecture(channels=256, mfa_channels=768, stride=2)
    plain, waves = network(arch, negative=False), [noise(samples) for samples in LENGTHS]
    model = graph(plain, int8=True)
    assert sum(node.op_type == "MatMulInteger" for node in model.graph.node) == 10
    for got, wanted in zip(run(plain, waves, int8=True), expected(plain, waves), strict=True):
        assert cosine(got, wanted) > 0.995


def test_the_front_end_is_log_mel():
    """Features in dB: float32 rounds alike but for what lies 80 dB below the loudest, as between a tone's harmonics."""
    plain = network()
    model = graph(plain)
    features = next(node.input[0] for node in model.graph.node if node.op_type == "Gather" and "Sub" in node.input[0])
    model.graph.output[0].name = features
    model.graph.output[0].type.tensor_type.shape.Clear()
    for dim in ("frames", "mels"):
        model.graph.output[0].type.tensor_type.shape.dim.add().dim_param = dim
    session = onnxruntime.InferenceSession(model.SerializeToString())
    tone = np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    sounds = [(noise(16_000), 1e-3), (1e-3 * noise(16_000), 1e-3), ((5 * tone).clip(-1, 1), 5e-3), (0 * tone, 1e-3)]
    for wave, tolerance in sounds:
        got = session.run(None, {"wave": wave})[0].T
        wanted = plain.front(torch.from_numpy(wave)[None])[0].numpy()
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() < tolerance


def test_silence_is_no_trouble():
    silent = np.zeros(16_000, np.float32)
    for int8 in (False, True):
        assert np.isfinite(run(network(), [silent], int8=int8)[0]).all()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    card = {"name": "mine", "threshold": 0.5, "gender": {"abstain": 0.5}, "cohort": {"top": 5}, "figures": {"rows": []}}
    save_checkpoint(tmp_path / "mine.safetensors", network(), card)
    return tmp_path / "mine.safetensors"


def test_a_file_is_a_whole_model(weights: Path, tmp_path: Path):
    check = [noise(16_000, seed) for seed in range(2)]
    card = export_onnx(weights, tmp_path / "mine-int8.onnx", check, int8=True)
    assert "figures" not in card  # of the float model
    assert card["made_from"]["least_cosine"] > 0.99
    exported, plain = load_encoder(str(tmp_path / "mine-int8.onnx")), load_encoder(str(weights))
    assert card["made_from"]["sha256"] == plain.sha256 != exported.sha256
    assert exported.card == card
    assert exported.dim == plain.dim == 32
    assert exported.rule() == plain.rule()
    assert np.array_equal(exported.cohort.vectors, plain.cohort.vectors)
    assert exported.cohort.top == plain.cohort.top == 5
    vectors = exported.embed_batch([*check, check[0][:8000]])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.einsum("nd,nd->n", vectors[:2], plain.embed_batch(check)).min() > 0.99
    assert exported.embed(check[1]) == pytest.approx(vectors[1], abs=1e-6)
    for vector in vectors:
        (label, sure), (wanted, wanted_sure) = exported.gender(vector), plain.gender(vector)
        assert label == wanted
        assert sure == pytest.approx(wanted_sure, abs=1e-3)  # weights of the head in half precision: the same ones


def test_without_a_gender_head(tmp_path: Path):
    plain = network()
    plain.gender = None
    save_checkpoint(tmp_path / "mine.safetensors", plain, {"name": "mine", "threshold": 0.5})
    export_onnx(tmp_path / "mine.safetensors", tmp_path / "mine32.onnx", [noise(16_000)], int8=False)
    exported = load_encoder(str(tmp_path / "mine32.onnx"))
    assert not exported.knows_gender
    assert exported.gender(exported.embed(noise(16_000))) == (None, 0.0)


def test_what_is_not_the_same_is_not_written(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def other(tensors: dict, *arguments, **kind) -> bytes:
        norm = "backbone.mfa.norm.weight"
        return build_onnx(tensors | {norm: tensors[norm][::-1]}, *arguments, **kind)

    monkeypatch.setattr("app.training.export_onnx.build_onnx", other)
    with pytest.raises(HeardError, match="not written"):
        export_onnx(weights, tmp_path / "mine-int8.onnx", [noise(16_000)], int8=True)
    assert not (tmp_path / "mine-int8.onnx").exists()
