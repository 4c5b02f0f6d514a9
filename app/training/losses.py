"""The loss that teaches the network to tell people apart."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class AamSoftmax(nn.Module):
    """Additive angular margin softmax (Deng et al. 2019, "ArcFace"), with sub-centres (Deng et al. 2020).

    The angle between an embedding and the prototype of its own speaker is made larger by ``margin`` before the
    softmax, so that speakers end up further apart than they need to be. The angles to the ``top_k`` nearest other
    speakers can be made smaller by ``top_k_margin`` as well (inter-top-k penalty; Zhao et al. 2021, "The SpeakIn system
    for VoxCeleb speaker recognition challenge 2021"): those who are easily confused are pushed apart the most.
    """

    def __init__(
        self,
        embedding_dim: int,
        speakers: int,
        *,
        scale: float = 30.0,
        sub_centres: int = 1,
        top_k: int = 0,
        top_k_margin: float = 0.06,
    ):
        super().__init__()
        self.scale, self.sub_centres = scale, sub_centres
        self.top_k, self.top_k_margin = min(top_k, speakers - 1), top_k_margin
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
        own = label[:, None]
        target = cosine.gather(1, own)
        moved = torch.where(target > -math.cos(margin), _turned(target, margin), target - math.sin(margin) * margin)
        logits = cosine.scatter(1, own, moved)
        if self.top_k:
            nearest = cosine.detach().scatter(1, own, -2.0).topk(self.top_k, dim=1).indices
            logits = logits.scatter(1, nearest, _turned(cosine.gather(1, nearest), -self.top_k_margin))
        return functional.cross_entropy(self.scale * logits, label), cosine.detach()


def _turned(cosine: torch.Tensor, angle: float) -> torch.Tensor:
    """cos(t + angle) of cos(t); kept off the ends, where the gradient of t is infinite."""
    cosine = cosine.clamp(-1 + 1e-6, 1 - 1e-6)
    return cosine * math.cos(angle) - (1 - cosine.square()).sqrt() * math.sin(angle)
