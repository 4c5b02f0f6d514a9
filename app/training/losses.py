"""The loss that teaches the network to tell people apart."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class AamSoftmax(nn.Module):
    """Additive angular margin softmax (Deng et al. 2019, "ArcFace").

    The angle between an embedding and the prototype of its own speaker is made larger by ``margin`` before the
    softmax, so that speakers end up further apart than they need to be.
    """

    def __init__(self, embedding_dim: int, speakers: int, *, scale: float = 30.0):
        super().__init__()
        self.scale = scale
        self.prototypes = nn.Parameter(torch.empty(speakers, embedding_dim))
        nn.init.xavier_uniform_(self.prototypes)

    @torch.no_grad()
    def place_prototypes(self, embeddings: torch.Tensor) -> None:
        """Put each speaker's prototype at its embedding (speakers, D), whose length does not count."""
        self.prototypes.copy_(embeddings)

    def cosines(self, embedding: torch.Tensor) -> torch.Tensor:
        """Cosine (B, speakers) of each embedding (B, D) with each speaker's prototype."""
        return functional.linear(functional.normalize(embedding), functional.normalize(self.prototypes))

    def forward(self, embedding: torch.Tensor, label: torch.Tensor, margin: float) -> tuple[torch.Tensor, torch.Tensor]:
        """(mean loss, cosines (B, speakers)) for embeddings (B, D) of speakers (B,); ``margin`` in radians.

        Beyond an angle of pi - margin, where cos(angle + margin) would rise again, the target falls on linearly.
        """
        cosine = self.cosines(embedding.float())
        own = label[:, None]
        target = cosine.gather(1, own)
        moved = torch.where(target > -math.cos(margin), _turned(target, margin), target - math.sin(margin) * margin)
        logits = cosine.scatter(1, own, moved)
        return functional.cross_entropy(self.scale * logits, label), cosine.detach()


def _turned(cosine: torch.Tensor, angle: float) -> torch.Tensor:
    """cos(t + angle) of cos(t); kept off the ends, where the gradient of t is infinite."""
    cosine = cosine.clamp(-1 + 1e-6, 1 - 1e-6)
    return cosine * math.cos(angle) - (1 - cosine.square()).sqrt() * math.sin(angle)
