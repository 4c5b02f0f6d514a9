"""A wider network that computes what a narrower one does, to train on from.

Channels are doubled at random and what listens to them is divided among the copies (Chen, Goodfellow and Shlens 2016,
"Net2Net: Accelerating Learning via Knowledge Transfer", Net2WiderNet). The copies are then set a little apart, or they
would learn the same for ever.
"""

from __future__ import annotations

import dataclasses
import re

import torch
from torch import Tensor

from model import Architecture
from utils import BadInput

APART = 0.03
"""Of the copies' weights, in standard deviations of their layer's."""


def can_widen(old: Architecture, new: Architecture) -> bool:
    """Whether the two differ in nothing but channels, of which ``new`` has at least as many."""
    same = dataclasses.replace(old, channels=new.channels, mfa_channels=new.mfa_channels) == new
    return same and new.channels >= old.channels and new.mfa_channels >= old.mfa_channels


def widen(state: dict[str, Tensor], old: Architecture, new: Architecture, seed: int) -> dict[str, Tensor]:
    """The weights of an ECAPA-TDNN of widths ``new`` that computes, nearly, what ``state`` does with widths ``old``.

    Raises BadInput if ``can_widen`` says no.
    """
    if not can_widen(old, new):
        raise BadInput(f"train.init: a network of {old} cannot be widened to {new}.")
    generator = torch.Generator().manual_seed(seed)
    split = _sources(old.channels // old.scale, new.channels // new.scale, generator)
    width = old.channels // old.scale
    trunk = torch.cat([split + width * i for i in range(old.scale)])
    aggregated = _sources(old.mfa_channels, new.mfa_channels, generator)
    return {key: _widened(key, value, split, trunk, aggregated, generator) for key, value in state.items()}


def _sources(old: int, new: int, generator: torch.Generator) -> Tensor:
    """Which of ``old`` channels each of ``new`` is a copy of: all of them once, some twice or more."""
    copies = [torch.randperm(old, generator=generator) for _ in range(new // old)]
    return torch.cat([torch.arange(old), *copies])[:new]


def _widened(
    key: str, value: Tensor, split: Tensor, trunk: Tensor, aggregated: Tensor, generator: torch.Generator
) -> Tensor:
    if not value.ndim:
        return value
    outputs, inputs = _channels(key, split, trunk, aggregated)
    if inputs is not None and value.ndim > 1:
        value = value[:, inputs] / torch.bincount(inputs)[inputs][:, None]
    if outputs is not None:
        value = value[outputs]
        if value.ndim > 1:
            copied = torch.tensor([outputs[:i].eq(outputs[i]).any() for i in range(len(outputs))])
            noise = torch.randn(value[copied].shape, generator=generator)
            value[copied] += APART * value.std() * noise
    return value


def _channels(key: str, split: Tensor, trunk: Tensor, aggregated: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """(what the outputs, what the inputs of a layer are copies of); None where the number of them stays."""

    def times(count: int, sources: Tensor) -> Tensor:
        return torch.cat([sources + i * (int(sources.max()) + 1) for i in range(count)])

    layers: dict[str, tuple[Tensor | None, Tensor | None]] = {
        r"blocks\.0\.": (trunk, None),
        r"blocks\.\d\.tdnn\d\.": (trunk, trunk),
        r"blocks\.\d\.res2net_block\.": (split, split),
        r"blocks\.\d\.se_block\.conv1\.": (None, trunk),
        r"blocks\.\d\.se_block\.conv2\.": (trunk, None),
        r"mfa\.": (aggregated, times(3, trunk)),
        r"asp\.tdnn\.": (None, times(3, aggregated)),
        r"asp\.conv\.": (aggregated, None),
        r"asp_bn\.": (times(2, aggregated), None),
        r"fc\.": (None, times(2, aggregated)),
    }
    return next(sources for pattern, sources in layers.items() if re.match(pattern, key))
