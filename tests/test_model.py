"""model.py against SpeechBrain's own classes, its checkpoints, and its heads."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from app.audio.reading.reader import read_audio
from app.embedding.download import cached_path
from app.embedding.model_files import HUB, SPEECHBRAIN
from model import (
    Architecture,
    GenderHead,
    LogMel,
    SpeakerHead,
    SpeakerNetwork,
    load_checkpoint,
    load_speechbrain,
    save_checkpoint,
)
from utils import SAMPLE_RATE, BadInput, HeardError, file_sha256

SMALL = Architecture(channels=32, mfa_channels=48, se_channels=8, attention_channels=8, embedding_dim=24)
LENGTHS = [1_600, 8_000, 31_999, 32_000, 48_080, 80_000]  # samples; 0.1 to 5 s


def like_speech(samples: int) -> torch.Tensor:
    """Syllables of a gliding voice with pauses and a little noise: (samples,)."""
    t = np.arange(samples) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * t)) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / (1 + abs(k - 5 - 3 * np.sin(2 * np.pi * 1.3 * t))) for k in range(1, 40))
    wave = 0.1 * voice * np.clip(np.sin(2 * np.pi * 3 * t), 0, None) + np.random.default_rng(3).normal(0, 1e-3, samples)
    return torch.tensor(wave, dtype=torch.float32)


@pytest.fixture(scope="module")
def waves(request) -> list[torch.Tensor]:
    """(1, N) each: real speech where there is some, and always something like it."""
    try:
        folder = request.getfixturevalue("speech_dir") / "dev" / "librispeech-test-other"
        files = sorted(folder.rglob("*.flac"))[:: 100 // len(LENGTHS)]
        real = [torch.from_numpy(read_audio(path)) for path in files]
    except pytest.skip.Exception:
        real = []
    pairs = [(wave, n) for wave, n in zip(real, LENGTHS, strict=False) if len(wave) >= n]
    return [wave[None, :n] for wave, n in pairs] + [like_speech(n)[None] for n in LENGTHS]


# ---------------------------------------------------------------------------- the reference


@pytest.fixture(scope="module")
def reference():
    """SpeechBrain's full-size network with random weights and random batch-norm statistics."""
    ecapa = pytest.importorskip("speechbrain.lobes.models.ECAPA_TDNN", reason="pip install --group benchmarks")
    torch.manual_seed(11)
    network = ecapa.ECAPA_TDNN(
        80,
        channels=[1024, 1024, 1024, 1024, 3072],
        kernel_sizes=[5, 3, 3, 3, 1],
        dilations=[1, 2, 3, 4, 1],
        attention_channels=128,
        lin_neurons=192,
    )
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm1d):
            nn.init.normal_(norm.running_mean, 0, 0.1)
            nn.init.uniform_(norm.running_var, 0.5, 1.5)
            nn.init.normal_(norm.weight, 1, 0.1)
            nn.init.normal_(norm.bias, 0, 0.1)
    return network.eval()


@pytest.fixture(scope="module")
def reference_front():
    """SpeechBrain's features as (B, T, 80), mean-normalised per sentence."""
    features = pytest.importorskip("speechbrain.lobes.features", reason="pip install --group benchmarks")
    from speechbrain.processing.features import InputNormalization

    fbank, normalise = features.Fbank(n_mels=80), InputNormalization(norm_type="sentence", std_norm=False)
    return lambda wave: normalise(fbank(wave), torch.ones(len(wave)))


@pytest.fixture(scope="module")
def checkpoint(reference, tmp_path_factory):
    path = tmp_path_factory.mktemp("speechbrain") / "embedding_model.ckpt"
    torch.save(reference.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def ours(checkpoint):
    return load_speechbrain(checkpoint)


def relative(got: torch.Tensor, wanted: torch.Tensor) -> float:
    assert got.shape == wanted.shape
    return float((got - wanted).norm() / wanted.norm())


@torch.inference_mode()
def test_front_end_is_speechbrains(reference_front, waves):
    front = LogMel()
    for wave in waves:
        features = front(wave)
        assert features.shape == (1, 80, wave.shape[1] // 160 + 1)
        assert relative(features, reference_front(wave).transpose(1, 2)) < 1e-4


@torch.inference_mode()
def test_embeddings_are_speechbrains(reference, reference_front, ours, waves):
    for wave in waves:
        wanted = reference(reference_front(wave))[:, 0]
        embedding = ours(wave)
        assert embedding.shape == (1, 192)
        assert relative(embedding, wanted) < 1e-4
        assert torch.cosine_similarity(embedding.double(), wanted.double()).item() > 1 - 1e-6


@torch.inference_mode()
def test_with_the_public_weights_too(reference, reference_front, waves):
    """The file is in the cache of whoever has used ``--model large`` or the public model."""
    public = HUB[SPEECHBRAIN]
    path = cached_path(public)
    if not path.is_file() or file_sha256(path) != public.sha256:
        pytest.skip(f"the public weights are not here: {path}")
    theirs = copy.deepcopy(reference)
    theirs.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network = load_speechbrain(path)
    for wave in waves:
        assert relative(network(wave), theirs(reference_front(wave))[:, 0]) < 1e-4


def test_every_tensor_of_the_checkpoint_is_used(reference, ours):
    theirs = reference.state_dict()
    assert len(theirs) == 231
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in reference.parameters()) == 20_767_552
    wanted = sorted(float(v.double().sum()) for k, v in theirs.items() if "num_batches" not in k)
    got = sorted(float(v.double().sum()) for k, v in ours.backbone.state_dict().items() if "num_batches" not in k)
    assert got == wanted
    assert not ours.training


def _drop(tensors: dict) -> None:
    del tensors["blocks.2.se_block.conv1.conv.bias"]


def _add(tensors: dict) -> None:
    tensors["blocks.4.conv.conv.weight"] = torch.zeros(1)


def _reshape(tensors: dict) -> None:
    tensors["fc.conv.weight"] = tensors["fc.conv.weight"][:100]


def _replace(tensors: dict) -> None:
    tensors["fc.conv.bias"] = "text"


@pytest.mark.parametrize("change", [_drop, _add, _reshape, _replace])
def test_a_different_speechbrain_checkpoint_is_refused(reference, tmp_path, change):
    tensors = dict(reference.state_dict())
    change(tensors)
    torch.save(tensors, tmp_path / "other.ckpt")
    with pytest.raises(HeardError, match=r"other\.ckpt"):
        load_speechbrain(tmp_path / "other.ckpt")


@pytest.mark.parametrize(
    "content", [b"", b"hello", bytes(1000), b"PK\x03\x04 cut"], ids=["empty", "text", "zeros", "zip"]
)
def test_a_file_that_is_no_checkpoint_is_one_line(tmp_path, content):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(content)
    with pytest.raises(HeardError) as caught:
        load_speechbrain(path)
    assert "\n" not in str(caught.value)


def test_half_a_checkpoint_is_refused(checkpoint, tmp_path):
    path = tmp_path / "half.ckpt"
    path.write_bytes(checkpoint.read_bytes()[:40_000_000])
    with pytest.raises(HeardError, match=r"half\.ckpt"):
        load_speechbrain(path)


class Malicious:
    """Unpickled carelessly, it makes a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_checkpoint_with_code_in_it_is_not_run(tmp_path):
    made = tmp_path / "made by the checkpoint"
    torch.save({"fc.conv.bias": Malicious(made)}, tmp_path / "malicious.ckpt")
    with pytest.raises(HeardError, match=r"malicious\.ckpt") as caught:
        load_speechbrain(tmp_path / "malicious.ckpt")
    assert not made.exists()
    assert "\n" not in str(caught.value)

    torch.load(tmp_path / "malicious.ckpt", weights_only=False)  # the trap does work
    assert made.exists()


# ---------------------------------------------------------------------------- front end and backbone


def test_gain_does_not_change_the_features():
    wave, front = like_speech(16_000)[None], LogMel()
    torch.testing.assert_close(front(0.1 * wave), front(wave), atol=1e-3, rtol=0)


def test_silence_gives_flat_features():
    assert LogMel()(torch.zeros(2, 8_000)).abs().max() == 0


@pytest.mark.parametrize("arch", [SMALL, Architecture(channels=64, mfa_channels=96, stride=2)])
@torch.inference_mode()
def test_a_batch_gives_what_its_members_give(arch):
    network = SpeakerNetwork(arch).eval()
    waves = torch.stack([like_speech(48_000)[n : n + 20_000] for n in (0, 9_000, 27_000)])
    together = network(waves)
    assert together.shape == (3, arch.embedding_dim)
    for wave, embedding in zip(waves, together, strict=True):
        torch.testing.assert_close(network(wave[None])[0], embedding, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("stride", "frames"), [(1, 201), (2, 101), (3, 67)])
def test_stride_shortens_the_time_axis(stride, frames):
    network = SpeakerNetwork(Architecture(channels=32, mfa_channels=48, stride=stride)).eval()
    features = network.front(like_speech(32_000)[None])
    assert network.backbone.frames(features).shape == (1, 48, frames)
    assert network.backbone(features).shape == (1, 192)


def test_attention_sums_to_one_over_time():
    pooling = SpeakerNetwork(SMALL).eval().backbone.asp
    weights = pooling.attention(torch.randn(2, 48, 30))
    assert weights.shape == (2, 48, 30)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(2, 48))


def test_every_parameter_can_learn():
    network = SpeakerNetwork(SMALL, gender=True).train()
    wave = torch.stack([like_speech(16_000), torch.randn(16_000)])
    embedding = network(wave)
    (embedding.square().sum() + network.gender(embedding).sum()).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


# ---------------------------------------------------------------------------- heads


def test_speaker_head_is_the_cosine_to_each_prototype():
    head = SpeakerHead(2, 3)
    head.place_prototypes(torch.tensor([[2.0, 0.0], [0.0, 0.5], [-1.0, 0.0]]))
    embedding = torch.tensor([[3.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(head(embedding), torch.tensor([[1.0, 0.0, -1.0], [0.5**0.5, 0.5**0.5, -(0.5**0.5)]]))


def test_gender_head_sees_the_direction_only():
    head = GenderHead(192)
    embedding = torch.randn(4, 192)
    logit = head(embedding)
    assert logit.shape == (4,)
    torch.testing.assert_close(head(7 * embedding), logit)


# ---------------------------------------------------------------------------- checkpoints of our own


@pytest.fixture
def saved(tmp_path):
    """(path, network, card) of a small network with a gender head."""
    torch.manual_seed(2)
    network = SpeakerNetwork(SMALL, gender=True).eval()
    card = save_checkpoint(tmp_path / "small.safetensors", network, {"name": "small", "threshold": 0.4})
    return tmp_path / "small.safetensors", network, card


def test_round_trip_in_half_precision(saved):
    path, network, card = saved
    loaded, read = load_checkpoint(path)
    assert read == card
    assert card["architecture"] == asdict(SMALL)
    assert (card["sha256"], card["threshold"]) == (file_sha256(path), 0.4)
    assert not loaded.training
    assert loaded.gender is not None
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}
    for key, value in network.state_dict().items():
        got = loaded.state_dict()[key]
        assert got.dtype == value.dtype
        if value.is_floating_point():
            assert torch.equal(got, value.half().float()), key
    wave = like_speech(32_000)[None]
    with torch.inference_mode():
        assert torch.cosine_similarity(loaded(wave), network(wave)).item() > 1 - 1e-4


def test_round_trip_in_full_precision(tmp_path):
    network = SpeakerNetwork(SMALL).eval()
    save_checkpoint(tmp_path / "full.safetensors", network, {}, half=False)
    loaded, _ = load_checkpoint(tmp_path / "full.safetensors")
    assert loaded.gender is None
    wave = like_speech(16_000)[None]
    with torch.inference_mode():
        assert torch.equal(loaded(wave), network(wave))


def rewrite(path, tensors: dict) -> None:
    """Other tensors under a card that knows their sha256."""
    save_file(tensors, path)
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(card | {"sha256": file_sha256(path)}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("backbone.fc.bias"), "1 tensors differ, first backbone.fc.bias"),
        (lambda t: t.update({"backbone.extra": torch.zeros(1)}), "1 tensors differ, first backbone.extra"),
        (lambda t: t.update({"backbone.fc.bias": torch.zeros(7)}), r"backbone.fc.bias is \(7,\), not \(24,\)"),
    ],
    ids=["missing", "extra", "misshapen"],
)
def test_other_tensors_are_refused(saved, change, message):
    path, _, _ = saved
    tensors = load_file(path)
    change(tensors)
    rewrite(path, tensors)
    with pytest.raises(HeardError, match=message):
        load_checkpoint(path)


def test_weights_that_changed_are_refused(saved):
    path, _, _ = saved
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(HeardError, match="do not match their card"):
        load_checkpoint(path)


def test_damaged_weights_are_refused(saved):
    path, _, card = saved
    path.write_bytes(path.read_bytes()[:1000])
    path.with_suffix(".json").write_text(json.dumps(card | {"sha256": file_sha256(path)}))
    with pytest.raises(HeardError, match="not a model of this program"):
        load_checkpoint(path)


@pytest.mark.parametrize("architecture", [None, {"channels": 32, "depth": 3}, {**asdict(SMALL), "channels": 64}])
def test_a_card_for_another_network_is_refused(saved, architecture):
    path, _, card = saved
    path.with_suffix(".json").write_text(json.dumps(card | {"architecture": architecture}))
    with pytest.raises(HeardError, match="not a model of this program"):
        load_checkpoint(path)


def test_missing_and_unreadable_files(saved):
    path, _, _ = saved
    path.with_suffix(".json").write_text("{")
    with pytest.raises(HeardError, match="not a readable model card"):
        load_checkpoint(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(BadInput, match="card is missing"):
        load_checkpoint(path)
    path.with_suffix(".json").write_text("{}")
    path.unlink()
    with pytest.raises(HeardError, match="no such model file"):
        load_checkpoint(path)
