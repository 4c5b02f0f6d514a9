"""The rewritten network gives what the plain one gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.embedding import torch_cpu
from app.embedding.torch_cpu import FastNetwork, has_packed_linear
from model import Architecture, SpeakerNetwork

SMALL = Architecture(channels=64, mfa_channels=96, se_channels=16, attention_channels=24, embedding_dim=32)
ARCHITECTURES = {
    "full": Architecture(),
    "stride 2": Architecture(channels=128, mfa_channels=384, stride=2),
    "small": SMALL,
    "other scale": Architecture(mels=40, channels=48, mfa_channels=32, scale=4, embedding_dim=16),
}


def forms(dtype: torch.dtype) -> list:
    """The values of ``packed`` that this torch and this processor can do."""
    missing = pytest.mark.skipif(not has_packed_linear(dtype), reason=f"no packed weights in {dtype} here")
    return [pytest.param(True, marks=missing, id="packed"), pytest.param(False, id="public operations")]


def network(arch: Architecture) -> SpeakerNetwork:
    """Random weights and random batch-norm statistics, as no freshly made network has them."""
    torch.manual_seed(5)
    made = SpeakerNetwork(arch)
    for norm in made.modules():
        if isinstance(norm, nn.BatchNorm1d):
            nn.init.normal_(norm.running_mean, 0, 0.2)
            nn.init.uniform_(norm.running_var, 0.3, 2)
            nn.init.normal_(norm.weight, 0.8, 0.5)  # some below zero
            nn.init.normal_(norm.bias, 0, 0.2)
    return made.eval()


def noise(*shape: int) -> torch.Tensor:
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(7))


def assert_same(got: torch.Tensor, wanted: torch.Tensor) -> None:
    assert got.shape == wanted.shape
    assert ((got - wanted).norm(dim=1) / wanted.norm(dim=1)).max() < 1e-5
    assert torch.cosine_similarity(got.double(), wanted.double()).min() > 1 - 1e-9


@pytest.fixture(scope="module", params=ARCHITECTURES)
def plain(request) -> SpeakerNetwork:
    return network(ARCHITECTURES[request.param])


@pytest.mark.parametrize("packed", forms(torch.float32))
def test_agrees_with_the_plain_network(plain, packed):
    fast = FastNetwork(plain, packed=packed)
    for wave in (noise(1, 32_000), noise(1, 24_001), noise(3, 8_000), noise(1, 2_400), noise(1, 1_600)):
        with torch.inference_mode():
            assert_same(fast(wave), plain(wave))


def test_silence_and_loud_sound(plain):
    fast = FastNetwork(plain)
    wave = torch.stack([torch.zeros(16_000), noise(16_000).clamp(-0.01, 0.01) * 100])
    with torch.inference_mode():
        assert_same(fast(wave), plain(wave))


@pytest.mark.parametrize("packed", forms(torch.bfloat16))
def test_bfloat16_gives_nearly_the_same(plain, packed):
    fast = FastNetwork(plain, torch.bfloat16, packed=packed)
    for wave in (noise(1, 32_000), noise(3, 8_000), noise(1, 1_600)):
        with torch.inference_mode():
            got, wanted = fast(wave), plain(wave)
        assert got.dtype == torch.float32
        assert torch.cosine_similarity(got.double(), wanted.double()).min() > 1 - 1e-3
        assert not torch.equal(got, wanted)


@pytest.mark.parametrize("packed", forms(torch.float32))
def test_keeps_its_own_weights(packed):
    plain = network(SMALL)
    fast = FastNetwork(plain, packed=packed)
    before = fast(noise(1, 16_000))
    assert before.isfinite().all()
    with torch.no_grad():
        for tensor in [*plain.backbone.parameters(), *plain.backbone.buffers()]:
            tensor.fill_(1)
    assert torch.equal(fast(noise(1, 16_000)), before)


def test_a_call_leaves_its_input_alone():
    fast = FastNetwork(network(SMALL))
    wave = noise(1, 16_000)
    fast(wave)
    assert torch.equal(wave, noise(1, 16_000))


def test_many_lengths_need_few_sizes(monkeypatch):
    """Memory for every size that a matrix product has had is never given back."""
    sizes = set()
    product = torch_cpu._Linear.__call__

    def recording(self, x):
        sizes.add(x.shape[1:-1])
        return product(self, x)

    monkeypatch.setattr(torch_cpu._Linear, "__call__", recording)
    fast = FastNetwork(network(SMALL))
    for samples in range(16_000, 32_000, 160):
        fast(noise(1, samples))
    assert sizes == {(), (1,)} | {(frames,) for frames in range(112, 209, 16)}


def test_too_short_sound_is_refused():
    with pytest.raises(ValueError, match="too few"):
        FastNetwork(network(SMALL))(noise(1, 400))
