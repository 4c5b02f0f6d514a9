"""The loss that teaches the network to tell people apart."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class AamSoftmax(nn.Module):
    """Additive angular margin softmax (Deng et al. 2019, "ArcFace"), with sub-centres (Deng et al. 2020).

    The angle between an embedding and the prototype of its own speaker is made larger by ``margin`` before the
    softmax, so that speakers end up further apart than they need to be.
    """

    def __init__(self, embedding_dim: int, speakers: int, *, scale: float = 30.0, sub_centres: int = 1):
        super().__init__()
        self.scale, self.sub_centres = scale, sub_centres
        self.prototypes = nn.Parameter(torch.empty(speakers * sub_centres, embedding_dim))
        nn.init.xavier_uniform_(self.prototypes)

    def cosines(self, embedding: torch.Tensor) -> torch.Tensor:
        """Cosine (B, speakers) of each embedding (B, D) with each speaker's nearest sub-centre."""
        cosine = functional.linear(functional.normalize(embedding), functional.normalize(self.prototypes))
        return cosine.view(len(cosine), -1, self.sub_centres).amax(dim=2)

    def forward(self, embedding: torch.Tensor, label: torch.Tensor, margin: float) -> tuple[torch.Tensor, torch.Tensor]:
        """(mean loss, cosines (B, speakers)) for embeddings (B, D) of speakers (B,); ``margin`` in radians.

        Beyond an angle of pi - margin, where cos(angle + margin) would rise again, the target falls on linearly.
        """
        cosine = self.cosines(embedding.float())
        target = cosine.gather(1, label[:, None]).squeeze(1).clamp(-1 + 1e-6, 1 - 1e-6)
        sine = (1 - target.square()).sqrt()
        moved = target * math.cos(margin) - sine * math.sin(margin)
        moved = torch.where(target > -math.cos(margin), moved, target - math.sin(margin) * margin)
        logits = cosine.scatter(1, label[:, None], moved[:, None])
        return functional.cross_entropy(self.scale * logits, label), cosine.detach()
