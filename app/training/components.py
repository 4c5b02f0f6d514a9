"""Components of an embedding that say where a teacher would place a voice: fitted to a network, then folded in."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from app.audio.acoustics import change_speed
from app.training.augment import Augmenter
from app.training.corpus import Corpus
from app.training.voices import Voices
from app.training.warm_start import embed_crops
from model import SpeakerNetwork
from utils import SAMPLE_RATE

FIT_S = 2.0
"""Of the crops that the teacher's components are first fitted on."""
RIDGE = 0.3
"""Penalty of that fit, a part of the number of crops: the inputs have a variance of about 1."""


def principal_axes(directions: torch.Tensor, count: int) -> torch.Tensor:
    """The ``count`` axes (D, count) along which unit vectors (n, D) differ the most, each with its largest entry
    positive: the same on every machine."""
    axes = torch.linalg.eigh((directions.T @ directions).double()).eigenvectors.flip(1)[:, :count]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    return (axes * largest.sign()).float()


@torch.no_grad()
def fit_components(
    network: SpeakerNetwork, voices: Sequence[Voices], targets: torch.Tensor, augment: Augmenter, seed: int
) -> None:
    """Set the last components of a network's embeddings to the best linear guess at what the teacher says.

    Ridge regression from the normalised statistics that the network pools over crops of all ``voices``, every second
    one as a microphone might have heard it, to ``targets`` (labels, k).
    """
    rng, backbone = np.random.default_rng(seed), network.backbone
    length, device, first = round(FIT_S * SAMPLE_RATE), next(network.parameters()).device, 0
    inputs = backbone.fc.in_channels
    gram, mixed = torch.zeros(inputs + 1, inputs + 1), torch.zeros(inputs + 1, targets.shape[1])
    network.eval()
    for some in voices:
        heard = [(speaker, speed) for speed in some.speeds for speaker in range(len(some.corpus)) for _ in range(2)]
        for at in range(0, len(heard), 32):
            waves = []
            for number, (speaker, speed) in enumerate(heard[at : at + 32]):
                wave = change_speed(some.corpus.crop(speaker, round(length * speed), rng), length)
                waves.append(augment(wave, rng) if number % 2 else wave)
            features = network.front(torch.from_numpy(np.stack(waves)).to(device))
            pooled = backbone.asp_bn(backbone.pooled(features)).cpu()
            seen = torch.cat([pooled, torch.ones(len(pooled), 1)], dim=1)
            labels = first + torch.arange(at, at + len(seen)) // 2
            gram += seen.T @ seen
            mixed += seen.T @ targets[labels].cpu()
        first += len(some)
    penalty = torch.full((inputs + 1,), RIDGE * float(gram[-1, -1]))
    penalty[-1] = 1e-3  # the offset is free
    solution = torch.linalg.solve(gram.double() + penalty.diag(), mixed.double()).float().T
    backbone.fc.weight[-len(solution) :, :, 0] = solution[:, :-1]
    backbone.fc.bias[-len(solution) :] = solution[:, -1]


@torch.no_grad()
def fold_components(network: SpeakerNetwork, corpus: Corpus, count: int, share: float, seed: int) -> None:
    """Make one embedding of a finished network's two kinds of components, as long as without the teacher's ``count``.

    These are scaled to ``share`` of the squared length, on average over clean crops of ``corpus``; then all are turned
    onto the axes along which these crops differ the most. What is left out by that is next to nothing, so cosines are
    as they were.
    """
    crops = torch.cat(list(embed_crops(network, corpus, 1.0, np.random.default_rng(seed))))
    own, taught = (part.norm(dim=1).mean() for part in (crops[:, :-count], crops[:, -count:]))
    scale = torch.ones(crops.shape[1])
    scale[-count:] = own / taught * (share / (1 - share)) ** 0.5
    dims = crops.shape[1] - count
    turn = principal_axes(functional.normalize(crops * scale), dims).T * scale
    layer = network.backbone.fc
    folded = nn.Conv1d(layer.in_channels, dims, 1)
    folded.weight.copy_((turn @ layer.weight[:, :, 0])[:, :, None])
    folded.bias.copy_(turn @ layer.bias)
    network.backbone.fc = folded
    network.arch = dataclasses.replace(network.arch, embedding_dim=dims)
