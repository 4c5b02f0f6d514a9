from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

import app.training.widen
from app.training.warm_start import start_from
from app.training.widen import can_widen, widen
from model import Architecture, SpeakerNetwork, save_checkpoint
from utils import BadInput

NARROW = Architecture(
    channels=16, mfa_channels=24, scale=4, se_channels=8, attention_channels=8, embedding_dim=32, stride=2
)
WIDE = dataclasses.replace(NARROW, channels=40, mfa_channels=30)


@pytest.fixture
def network() -> SpeakerNetwork:
    """Norms and biases as after training: none is at its start."""
    torch.manual_seed(0)
    network = SpeakerNetwork(NARROW)
    for key, value in network.backbone.state_dict().items():
        if value.is_floating_point() and value.ndim == 1:
            value.copy_(torch.rand_like(value) + 0.5 if "weight" in key or "var" in key else torch.randn_like(value))
    return network.eval()


@torch.no_grad()
def test_the_wider_one_computes_the_same(network: SpeakerNetwork, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app.training.widen, "APART", 0.0)
    wide = SpeakerNetwork(WIDE).eval()
    wide.backbone.load_state_dict(widen(network.backbone.state_dict(), NARROW, WIDE, seed=1))
    wave = torch.randn(3, 16000)
    assert torch.allclose(wide(wave), network(wave), rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_copies_are_set_apart_a_little(network: SpeakerNetwork):
    state = widen(network.backbone.state_dict(), NARROW, WIDE, seed=1)
    for key in ("blocks.1.tdnn1.conv.weight", "mfa.conv.weight", "blocks.2.res2net_block.blocks.0.conv.weight"):
        rows = state[key].flatten(1)
        distances = torch.cdist(rows, rows) + torch.eye(len(rows)) * 9
        assert distances.min() > 0
    wide = SpeakerNetwork(WIDE).eval()
    wide.backbone.load_state_dict(state)
    wave = torch.randn(3, 16000)
    assert torch.cosine_similarity(wide(wave), network(wave)).min() > 0.95


def test_a_run_starts_from_a_narrower_model(network: SpeakerNetwork, tmp_path: Path):
    save_checkpoint(tmp_path / "m.safetensors", network, {"name": "m"}, half=False)
    arch = dataclasses.replace(WIDE, embedding_dim=36)
    wide = SpeakerNetwork(arch)
    assert start_from([tmp_path / "m.safetensors"], wide, teacher_dims=4) == 4
    assert not wide.backbone.fc.weight[32:].any()
    with pytest.raises(BadInput, match="another architecture"):
        start_from([tmp_path / "m.safetensors"], SpeakerNetwork(dataclasses.replace(WIDE, stride=1)))


def test_only_channels_may_grow():
    assert can_widen(NARROW, NARROW)
    for wrong in ({"channels": 8}, {"mfa_channels": 20}, {"stride": 1}, {"embedding_dim": 48}):
        assert not can_widen(NARROW, dataclasses.replace(NARROW, **wrong))
    with pytest.raises(BadInput, match="cannot be widened"):
        widen({}, NARROW, dataclasses.replace(NARROW, channels=8), seed=1)
