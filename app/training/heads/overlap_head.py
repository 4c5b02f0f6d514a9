"""The head that detects two people at once: trained on mixtures, for a network that is finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from app.embedding.overlap_head import WINDOW_S, OverlapHead, save_head
from app.embedding.torch_cpu import FastNetwork
from app.training.augment import Augmenter
from app.training.corpus import Corpus
from model import load_checkpoint
from utils import SAMPLE_RATE

WINDOW_KINDS = {"alone": 0.35, "one after the other": 0.15, "both": 0.35, "both for a part": 0.15}
"""Probability of each kind of window."""
LEVEL_DB = 5.0
"""Most decibels between the levels of the two voices."""
PART = (0.5, 0.9)
"""Range of the part of a window in which both speak, where they do not speak in all of it."""
FALSE_ALARMS = 0.015
"""Part of the windows without overlap that the threshold takes for overlap."""
WINDOWS_PER_SPEAKER, MOST_WINDOWS = 60, 40_000
"""Number of windows to learn from, for each speaker and in all."""


def make_overlap_head(
    weights: Path, training: Corpus, validation: Corpus, augment: Augmenter | None, seed: int = 0
) -> OverlapHead | None:
    """Train the head of a finished model file and write it beside the file. None for another kind of network, or if
    there are too few people to mix.

    ``augment``: rooms and noise, without other talkers. The threshold comes from ``validation``, whom neither the
    network nor the head met in training.
    """
    network, card = load_checkpoint(weights)
    if network.arch.network != "ecapa-tdnn" or not _groups(training) or not _groups(validation):
        return None
    pool = FastNetwork(network).pooled
    pooled, overlapped = examples(pool, training, augment, min(MOST_WINDOWS, WINDOWS_PER_SPEAKER * len(training)), seed)
    weight, bias = fit(pooled, overlapped, seed)
    pooled, overlapped = examples(
        pool, validation, augment, min(MOST_WINDOWS // 8, 2 * WINDOWS_PER_SPEAKER * len(validation)), seed + 1
    )
    logits = pooled @ weight + bias
    at = float(np.quantile(logits[~overlapped], 1 - FALSE_ALARMS))
    measured = {
        "windows": len(overlapped),
        "false_alarms": round(float(np.mean(logits[~overlapped] >= at)), 4),
        "found": round(float(np.mean(logits[overlapped] >= at)), 4),
    }
    head = OverlapHead(weight, bias, float(1 / (1 + np.exp(-at))), measured)
    save_head(weights, card["sha256"], head)
    return head


@torch.inference_mode()
def examples(pool, corpus: Corpus, augment: Augmenter | None, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(statistics (count, F), whether two people speak at once (count,)) of made windows.

    ``pool``: waveforms (B, N) -> statistics (B, F) of the network (``FastNetwork.pooled``).
    """
    rng = np.random.default_rng([seed, 7])
    groups, kinds = _groups(corpus), list(WINDOW_KINDS)
    found, overlapped = [], []
    while len(overlapped) < count:
        waves = []
        for kind in rng.choice(kinds, size=min(64, count - len(overlapped)), p=list(WINDOW_KINDS.values())):
            people = groups[rng.integers(len(groups))]
            one, other = (_voiced(corpus, person, rng) for person in rng.choice(people, 2, replace=False))
            wave = _mixed(str(kind), one, other, rng)
            waves.append(wave if augment is None else augment(wave, rng))
            overlapped.append(str(kind).startswith("both"))
        found.append(pool(torch.from_numpy(np.stack(waves).astype(np.float32))).numpy())
    return np.concatenate(found), np.array(overlapped)


def fit(pooled: np.ndarray, overlapped: np.ndarray, seed: int = 0, steps: int = 1900) -> tuple[np.ndarray, float]:
    """(weight (F,), bias) of a logistic regression on statistics (n, F); both kinds weigh the same."""
    torch.manual_seed(seed)
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-6
    x, y = torch.from_numpy((pooled - mean) / deviation).float(), torch.from_numpy(overlapped).float()
    weigh = nn.BCEWithLogitsLoss(pos_weight=(1 - y).sum() / y.sum().clamp(min=1))
    linear = nn.Linear(x.shape[1], 1)
    optimiser = torch.optim.AdamW(linear.parameters(), lr=1e-3, weight_decay=0.05)
    for _ in range(steps):
        some = torch.randint(len(x), (256,))
        loss = weigh(linear(x[some])[:, 0], y[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    weight = linear.weight.detach().numpy()[0] / deviation
    return weight.astype(np.float32), float(linear.bias.detach()[0] - weight @ mean)


def _groups(corpus: Corpus) -> list[list[int]]:
    """The speakers of each corpus with two of them: voices of one kind of recording are mixed."""
    groups: dict[str, list[int]] = {}
    for index, speaker in enumerate(corpus.speakers):
        groups.setdefault(speaker.corpus, []).append(index)
    return [people for people in groups.values() if len(people) > 1]


def _voiced(corpus: Corpus, speaker: int, rng: np.random.Generator, tries: int = 12) -> np.ndarray:
    """A window of a voice in which no quarter is a pause, at the usual level; the best of a few, if all have one."""
    length, best = round(WINDOW_S * SAMPLE_RATE), (-1.0, np.zeros(0, np.float32))
    for _ in range(tries):
        wave = corpus.crop(speaker, length, rng)
        levels = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(wave, 4)]
        evenness = min(levels) / max(*levels, 1e-6)
        best = max(best, (evenness, wave), key=lambda item: item[0])
        if evenness > 0.25:
            break
    wave = best[1]
    return (wave * (0.05 / max(float(np.sqrt(np.mean(wave**2))), 1e-4))).astype(np.float32)


def _mixed(kind: str, one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    other = other * np.float32(10 ** (rng.uniform(-LEVEL_DB, LEVEL_DB) / 20))
    if kind == "alone":
        return one
    if kind == "both":
        return one + other
    if kind == "one after the other":
        at = round(rng.uniform(0.2, 0.8) * len(one))
        return np.concatenate([one[:at], other[at:]])
    part = round(rng.uniform(*PART) * len(one))
    overlapped = slice(0, part) if rng.random() < 0.5 else slice(len(one) - part, len(one))
    mixed = one.copy()
    mixed[overlapped] += other[overlapped]
    return mixed
