"""A run that goes on from a finished model, whose classes nobody kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional

from app.audio.acoustics import change_speed
from app.training.corpus import Corpus
from model import SpeakerNetwork, load_checkpoint
from utils import SAMPLE_RATE, BadInput

CROPS, CROP_S = 3, 3.0
"""Number and length of the crops of each voice whose mean is its class's prototype."""


def start_from(paths: Sequence[str], network: SpeakerNetwork) -> None:
    """Fill ``network`` with the mean of the weights of the model files at ``paths``, their heads aside.

    Models that were tuned from the same start in different ways lie in one valley: their mean is better than most of
    them (Wortsman et al. 2022, "Model soups"). Raises BadInput if a model's architecture is not the run's, HeardError
    if a file is damaged.
    """
    models = [load_checkpoint(path)[0] for path in paths]
    for path, model in zip(paths, models, strict=True):
        if model.arch != network.arch:
            raise BadInput(f"train.init: {path} is another architecture than [model] says ({model.arch}).")
    states = [model.backbone.state_dict() for model in models]
    mean = {
        key: torch.stack([state[key] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for key, value in states[0].items()
    }
    network.backbone.load_state_dict(mean)


@torch.no_grad()
def class_means(network: SpeakerNetwork, corpus: Corpus, speeds: tuple[float, ...], seed: int) -> torch.Tensor:
    """The mean unit embedding (speeds * speakers, D) of a few clean crops of each voice: all at one speed, then all
    at the next."""
    rng, means = np.random.default_rng(seed), []
    for speed in speeds:
        for embedding in embed_crops(network, corpus, speed, rng):
            unit = functional.normalize(embedding)
            means.append(unit.view(-1, CROPS, unit.shape[1]).mean(dim=1))
    return functional.normalize(torch.cat(means))


def embed_crops(
    network: SpeakerNetwork, corpus: Corpus, speed: float, rng: np.random.Generator
) -> Iterator[torch.Tensor]:
    """The embeddings (16 * CROPS, D) of clean crops, of 16 voices at a time."""
    length, device = round(CROP_S * SAMPLE_RATE), next(network.parameters()).device
    network.eval()
    for at in range(0, len(corpus), 16):
        waves = [
            change_speed(corpus.crop(speaker, round(length * speed), rng), length)
            for speaker in range(at, min(at + 16, len(corpus)))
            for _ in range(CROPS)
        ]
        yield network(torch.from_numpy(np.stack(waves)).to(device))
