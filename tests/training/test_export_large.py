from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from app.embedding import large
from app.embedding.ecapa_onnx import Member, build_side_by_side
from app.embedding.model_files import HUB, SPEECHBRAIN
from app.embedding.onnx_encoder import OnnxEncoder
from app.scoring.channel_file import load_channel
from app.scoring.cohort import unit
from app.training import export, export_large
from app.training.export import decision
from app.training.export_large import EncoderNetwork, make_large_heads, make_public_card
from model import SpeakerNetwork
from utils import file_sha256, read_card


def tensors(network: SpeakerNetwork) -> dict[str, np.ndarray]:
    return {key: value.numpy() for key, value in network.state_dict().items()}


def test_it_is_measured_like_a_network_of_our_own(trained, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Two small networks in the place of the embedded and the public one."""
    monkeypatch.setattr(export, "SMALLEST_COHORT", 5)
    for module in (large, export_large):
        monkeypatch.setattr(module, "HEADS", tmp_path / "large.safetensors")
    monkeypatch.setattr(export_large, "fetch", lambda public: tmp_path / "public.ckpt")
    torch.manual_seed(3)
    other = SpeakerNetwork(trained.config.model).eval()
    own = trained.trainer.best_network.eval()
    arch = asdict(trained.config.model)
    both = build_side_by_side([Member(tensors(own), arch, share=0.5), Member(tensors(other), arch, share=0.5)])
    monkeypatch.setattr(export_large, "read_speechbrain", lambda path: other)
    monkeypatch.setattr(export_large, "load_speechbrain", lambda path: other)
    monkeypatch.setattr(export_large, "side_by_side", lambda public, heads: both if public is other else None)

    card = make_large_heads(trained.config, HUB[SPEECHBRAIN], trained.training, trained.validation)
    assert card == read_card(tmp_path / "large.safetensors")
    heads = load_file(tmp_path / "large.safetensors")
    assert heads["cohort"].shape == (len(trained.training), 64)
    np.testing.assert_allclose(np.linalg.norm(heads["cohort"].astype(float), axis=1), 1, atol=1e-3)
    assert heads["gender.out.weight"].shape == (1, 32)
    assert [part["name"] for part in card["made_from"]] == ["embedded", SPEECHBRAIN]
    assert card["made_from"][1]["sha256"] == HUB[SPEECHBRAIN].sha256
    assert {"VoxCeleb 1 and 2"} < {entry["corpus"] for entry in card["data"]}

    monkeypatch.setattr(export_large, "PUBLIC_CARD", tmp_path / "public.json")
    alone = make_public_card(HUB[SPEECHBRAIN], trained.training, trained.validation, 1)
    assert alone == read_card(tmp_path / "public.json")
    other.cohort = torch.from_numpy(unit(heads["cohort"][:, 32:].astype(np.float32)))
    assert (load_channel(tmp_path / "public.json", HUB[SPEECHBRAIN].sha256).weight == 1).all()
    expected = decision(other, trained.validation)
    assert alone["threshold"] == pytest.approx(expected["threshold"], abs=0.02)  # it may hear in bfloat16
    assert alone["sha256"] == HUB[SPEECHBRAIN].sha256

    network = EncoderNetwork(OnnxEncoder(both, {"name": "x", "sha256": ""}, {}))
    network.cohort = torch.from_numpy(unit(heads["cohort"].astype(np.float32)))
    channel = load_channel(tmp_path / "large.safetensors", file_sha256(tmp_path / "large.safetensors"))
    assert (channel.weight[:32] < 1).all()
    assert (channel.weight[32:] == 1).all()
    again = decision(network, trained.validation)
    assert again["threshold"] == pytest.approx(card["threshold"], abs=1e-3)
    assert again["held_aside"]["speakers"] == len(trained.validation.speakers)


@torch.inference_mode()
def test_two_networks_in_one_graph_make_the_mean_of_their_cosines(trained):
    torch.manual_seed(3)
    networks = [trained.trainer.best_network.eval(), SpeakerNetwork(trained.config.model).eval()]
    arch = asdict(trained.config.model)
    members = [Member(tensors(of), arch, share=share) for of, share in zip(networks, (0.75, 0.25), strict=True)]
    encoder = OnnxEncoder(build_side_by_side(members), {"name": "x", "sha256": ""}, {})
    waves = torch.from_numpy(np.stack([trained.validation.clips(speaker)[0][:16_000] for speaker in range(4)]))
    made = encoder.embed_batch(list(waves.numpy()))
    own, other = (torch.nn.functional.normalize(network(waves)).numpy() for network in networks)
    np.testing.assert_allclose(made @ made.T, 0.75 * own @ own.T + 0.25 * other @ other.T, atol=1e-4)
