"""The gender head: trained on the finished embedding of adults, and on children's not to answer."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from app.training.augment import Augmenter
from app.training.corpus import Corpus
from model import GenderHead, SpeakerNetwork
from utils import SAMPLE_RATE

CROPS_PER_SPEAKER = 16
CROP_S = (1.5, 2.5, 4.0)
"""Lengths of the crops, in turn."""
CHILD_WEIGHT = 1.0
"""Weight of a child's crop in training; a man's crop has 1."""


def usable(corpus: Corpus) -> list[int]:
    """Speakers whose gender is known and who are adults: a child's voice does not tell it."""
    return [i for i, speaker in enumerate(corpus.speakers) if speaker.gender and speaker.adult]


def children(corpus: Corpus) -> list[int]:
    """Speakers whose gender is known and who are children."""
    return [i for i, speaker in enumerate(corpus.speakers) if speaker.gender and not speaker.adult]


@torch.no_grad()
def gender_examples(
    network: SpeakerNetwork,
    corpus: Corpus,
    augment: Augmenter | None,
    rng: np.random.Generator,
    speakers: list[int] | None = None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(embeddings (n, D), 1 for female and 0 for male (n,), speaker (n,)) of random crops of ``speakers``, or of all
    that are usable."""
    speakers = usable(corpus) if speakers is None else speakers
    embeddings, network = [], network.eval()
    for round_ in range(CROPS_PER_SPEAKER):
        length = int(CROP_S[round_ % len(CROP_S)] * SAMPLE_RATE)
        for at in range(0, len(speakers), 32):
            waves = [corpus.crop(speaker, length, rng) for speaker in speakers[at : at + 32]]
            if augment is not None:
                waves = [augment(wave, rng) for wave in waves]
            embeddings.append(network(torch.from_numpy(np.stack(waves))))
    female = torch.tensor([float(corpus.speakers[speaker].gender == "f") for speaker in speakers])
    return torch.cat(embeddings), female.repeat(CROPS_PER_SPEAKER), torch.tensor(speakers).repeat(CROPS_PER_SPEAKER)


def train_gender_head(
    network: SpeakerNetwork, corpus: Corpus, augment: Augmenter | None, *, seed: int = 0, steps: int = 600
) -> GenderHead:
    """A head for ``network``'s frozen embedding, from crops of the corpus, both genders weighing the same.

    What it shall say of a child is "one or the other": 0.5.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    embeddings, female, _ = gender_examples(network, corpus, augment, rng)
    weight = torch.where(female == 1, (1 - female).sum() / female.sum().clamp(min=1), 1.0)
    if young := children(corpus):
        theirs = gender_examples(network, corpus, augment, rng, young)[0]
        embeddings = torch.cat((embeddings, theirs))
        female = torch.cat((female, torch.full((len(theirs),), 0.5)))
        weight = torch.cat((weight, torch.full((len(theirs),), CHILD_WEIGHT)))
    head = GenderHead(embeddings.shape[1])
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.3)
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - step / steps)
        pick = torch.randint(len(female), (256,), generator=generator)
        # Unseen voices lie less surely on their side than those the embedding was trained on: blur it.
        noise = torch.randn(embeddings[pick].shape, generator=generator)
        batch = nn.functional.normalize(embeddings[pick]) + 0.6 * nn.functional.normalize(noise)
        loss = nn.functional.binary_cross_entropy_with_logits(head(batch), female[pick], weight=weight[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()


def abstain_below(sure: np.ndarray, right: np.ndarray, *, accuracy: float = 0.97, answered: float = 0.85) -> float:
    """The least certainty worth an answer, 0.5 to 0.99.

    The smallest with which ``accuracy`` of the answers are right; but never one that leaves fewer than ``answered``
    of the utterances with an answer. ``sure`` (n,) is max(p, 1 - p), ``right`` (n,) whether that side is the true one.
    """
    for certainty in np.linspace(0.5, 0.99, 50):
        given = sure >= certainty
        if given.mean() < answered:
            return round(float(max(certainty - 0.01, 0.5)), 2)
        if right[given].mean() >= accuracy:
            return round(float(certainty), 2)
    return 0.99
