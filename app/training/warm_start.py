"""A run that goes on from a finished model, whose classes nobody kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from app.training.augment import change_speed
from app.training.corpus import Corpus
from model import SpeakerNetwork, load_checkpoint
from utils import SAMPLE_RATE, BadInput

CROPS, CROP_S = 3, 3.0
"""Of each voice, to find its class's place."""


def start_from(paths: Sequence[str], network: SpeakerNetwork) -> None:
    """Fill ``network`` with the mean of the weights of the model files at ``paths``, their heads aside.

    Models that were tuned from the same start in different ways lie in one valley: their mean is better than most of
    them (Wortsman et al. 2022, "Model soups"). Raises BadInput if a model has other widths than the run, HeardError if
    a file is damaged.
    """
    states = []
    for path in paths:
        model, _ = load_checkpoint(path)
        if model.arch != network.arch:
            raise BadInput(f"train.init: {path} is another architecture than [model] says ({model.arch}).")
        states.append(model.backbone.state_dict())
    mean = {
        key: torch.stack([state[key] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for key, value in states[0].items()
    }
    network.backbone.load_state_dict(mean)


@torch.no_grad()
def class_means(network: SpeakerNetwork, corpus: Corpus, speeds: tuple[float, ...], seed: int) -> torch.Tensor:
    """The mean unit embedding (speeds * speakers, D) of a few clean crops of each voice: all at one speed, then all
    at the next."""
    rng, length = np.random.default_rng(seed), round(CROP_S * SAMPLE_RATE)
    device, means = next(network.parameters()).device, []
    network.eval()
    for speed in speeds:
        for at in range(0, len(corpus), 16):
            waves = [
                change_speed(corpus.crop(speaker, round(length * speed), rng), length)
                for speaker in range(at, min(at + 16, len(corpus)))
                for _ in range(CROPS)
            ]
            embedding = functional.normalize(network(torch.from_numpy(np.stack(waves)).to(device)))
            means.append(embedding.view(-1, CROPS, embedding.shape[1]).mean(dim=1))
    return functional.normalize(torch.cat(means))


@torch.no_grad()
def place_prototypes(prototypes: nn.Parameter, means: torch.Tensor, sub_centres: int, seed: int) -> None:
    """Put each class's sub-centres at its mean embedding, a little apart so that they can part further."""
    places = means.repeat_interleave(sub_centres, dim=0)
    if sub_centres > 1:
        generator = torch.Generator().manual_seed(seed)
        places = places + 0.02 * torch.randn(places.shape, generator=generator).to(places.device)
    prototypes.copy_(places)
