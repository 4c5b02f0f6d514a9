"""Which of the speakers it was trained on? Classification of clips that were set aside, as tutorials measure it."""

from __future__ import annotations

import numpy as np
import torch

from app.training.corpus import Corpus
from model import SpeakerHead, SpeakerNetwork
from utils import SAMPLE_RATE

SHORTEST_S = 0.3
"""Shorter clips are left out."""


@torch.no_grad()
def measure_closed_set(network: SpeakerNetwork, head: SpeakerHead, aside: Corpus) -> dict:
    """Accuracy and F1 (the mean over speakers) of the nearest prototype to each clip of ``aside``, fractions.

    ``aside``: the clips set aside of each speaker, perhaps none, in the order of the classes.
    """
    network.eval()
    device = next(network.parameters()).device
    predicted, true = [], []
    for speaker in range(len(aside)):
        for clip in aside.clips(speaker):
            if len(clip) >= SHORTEST_S * SAMPLE_RATE:
                cosines = head.cosines(network(torch.from_numpy(clip)[None].to(device)))
                predicted.append(int(cosines[0, : len(aside)].argmax()))  # classes beyond are other speeds
                true.append(speaker)
    predicted, true = np.array(predicted), np.array(true)
    return {
        "speakers": len(np.unique(true)),
        "among": len(aside),
        "clips": len(true),
        "accuracy": round(float(np.mean(predicted == true)), 4),
        "f1": round(macro_f1(predicted, true), 4),
    }


def macro_f1(predicted: np.ndarray, true: np.ndarray) -> float:
    """The F1 of each class that occurs in ``true`` (n,), averaged; ``predicted`` (n,) may hold others."""
    scores = []
    for label in np.unique(true):
        hits = np.sum((predicted == label) & (true == label))
        scores.append(2 * hits / (np.sum(predicted == label) + np.sum(true == label)))
    return float(np.mean(scores))
