"""Random weights in the shape of the public checkpoint, under the names that SpeechBrain gives them."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from model import SpeakerNetwork


def save_random(path: Path, seed: int = 4) -> SpeakerNetwork:
    """Write them to ``path``, and return the network that has them, in evaluation mode."""
    torch.manual_seed(seed)
    network = SpeakerNetwork().eval()
    for module in network.modules():  # norms that do something, as after training
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
    theirs = {
        re.sub(r"(conv\d?|fc)\.(\w+)$", r"\1.conv.\2", re.sub(r"(norm|asp_bn)\.(\w+)$", r"\1.norm.\2", key)): value
        for key, value in network.backbone.state_dict().items()
    }
    torch.save(theirs, path)
    return network
