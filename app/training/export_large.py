"""What the large model decides by: its cohort, thresholds, calibration and gender head, measured as for our own.

``python -m app train CONFIG --large``: the networks are finished; this is fitted to the speakers of the config.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import nn

from app.embedding.download import HubFile, fetch
from app.embedding.encoder import Encoder
from app.embedding.large import EMBEDDED_WEIGHTS, HEADS, PUBLIC_CARD, SHARES, public_cohort, side_by_side
from app.embedding.model_files import LARGE
from app.embedding.onnx_encoder import OnnxEncoder
from app.embedding.speechbrain_file import read_speechbrain
from app.embedding.torch_encoder import TorchEncoder
from app.scoring.channel_file import save_channel
from app.training.config import Credit, RunConfig
from app.training.corpus import Corpus
from app.training.export import COHORT_TOP, add_cohort, add_gender, decision
from app.training.heads.channel import make_channel
from model import load_speechbrain
from utils import atomic_write, file_sha256, read_card, write_card

BY_TELEPHONE = 0.4
"""How much the embedded network's half counts for a voice by telephone, beside the public one's: it has heard few."""
VOXCELEB = Credit("VoxCeleb 1 and 2", "CC BY 4.0", "Nagrani, Chung, Xie, Zisserman 2020")


class EncoderNetwork(nn.Module):
    """An encoder where training code wants a network: waveforms (B, N) to embeddings (B, D)."""

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.gender, self.cohort = encoder, None, None
        self.place = nn.Parameter(torch.zeros(0))
        """Says that it lives on the processor."""

    def forward(self, wave: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self.encoder.embed_batch(list(wave.numpy())))


def make_large_heads(config: RunConfig, public: HubFile, training: Corpus, validation: Corpus) -> dict:
    """Fit them, write them beside the embedded model, and return the card.

    ``public``: the public network, downloaded if need be. Raises BadInput if there are too few speakers, and what
    ``fetch`` raises.
    """
    from safetensors.numpy import save

    network = EncoderNetwork(
        OnnxEncoder(side_by_side(read_speechbrain(fetch(public)), {}), {"name": LARGE, "sha256": ""}, {})
    )
    add_cohort(network, training, config.train.seed)
    half = network.encoder.dim // 2
    weight = np.repeat([BY_TELEPHONE, 1.0], half).astype(np.float32)
    channel = make_channel(network.encoder.embed_batch, training, config.train.seed, weight)
    own = read_card(EMBEDDED_WEIGHTS)
    card = {
        "name": LARGE,
        "front_end": "logmel80",
        "precision": "int8",
        **({} if network.cohort is None else {"cohort": {"top": COHORT_TOP}}),
        **decision(network, validation),
        "gender": add_gender(network, config, training, validation),
        "made_from": [
            {"name": own["name"], "sha256": file_sha256(EMBEDDED_WEIGHTS), "share": SHARES[0]},
            {
                "name": public.repo,
                "sha256": public.sha256,
                "revision": public.revision,
                "licence": "Apache-2.0",
                "share": SHARES[1],
            },
        ],
        "data": [*own["data"], dataclasses.asdict(VOXCELEB)],
    }
    tensors = {} if network.cohort is None else {"cohort": network.cohort.numpy().astype(np.float16)}
    if network.gender is not None:
        state = network.gender.state_dict()
        tensors |= {f"gender.{key}": value.numpy().astype(np.float16) for key, value in state.items()}
    with atomic_write(HEADS, public=True) as file:
        file.write(save(tensors))
    write_card(HEADS, card)
    save_channel(HEADS, file_sha256(HEADS), channel)
    return card


def make_public_card(public: HubFile, training: Corpus, validation: Corpus, seed: int) -> dict:
    """Measure the public network alone, with its part of the large model's cohort, and write what it decides by.

    Raises BadInput if there are too few speakers, and what ``fetch`` raises.
    """
    plain = load_speechbrain(fetch(public))
    network = EncoderNetwork(TorchEncoder(plain, {"sha256": public.sha256}, public.repo, precision="auto"))
    network.cohort = torch.from_numpy(public_cohort())
    card = {"sha256": public.sha256, "cohort": {"top": COHORT_TOP}, **decision(network, validation)}
    write_card(PUBLIC_CARD, card)
    save_channel(PUBLIC_CARD, public.sha256, make_channel(network.encoder.embed_batch, training, seed))
    return card
