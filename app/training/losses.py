"""What training makes smaller: the margin softmax that tells speakers apart, and the teacher's distance beside it."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from model import SpeakerHead, SpeakerNetwork


class AamSoftmax(SpeakerHead):
    """Additive angular margin softmax (Deng et al. 2019, "ArcFace") on the cosines of the speaker head.

    The angle between an embedding and the prototype of its own speaker is made larger by ``margin`` before the
    softmax, so that speakers end up further apart than they need to be.
    """

    def __init__(self, embedding_dim: int, speakers: int, *, scale: float = 30.0):
        super().__init__(embedding_dim, speakers)
        self.scale = scale

    def forward(self, embedding: torch.Tensor, label: torch.Tensor, margin: float) -> tuple[torch.Tensor, torch.Tensor]:
        """(mean loss, cosines (B, speakers)) for embeddings (B, D) of speakers (B,); ``margin`` in radians. The loss of
        no embeddings is 0.

        Beyond an angle of pi - margin, where cos(angle + margin) would rise again, the target falls on linearly.
        """
        cosine = self.cosines(embedding.float())
        own = label[:, None]
        target = cosine.gather(1, own)
        moved = torch.where(target > -math.cos(margin), _turned(target, margin), target - math.sin(margin) * margin)
        logits = cosine.scatter(1, own, moved)
        loss = functional.cross_entropy(self.scale * logits, label, reduction="sum") / max(1, len(label))
        return loss, cosine.detach()


class Objective(nn.Module):
    """The losses of a batch, in one module so that several processes can share its gradients."""

    def __init__(self, network: SpeakerNetwork, softmax: AamSoftmax, teacher: nn.Module | None, *, bf16: bool):
        """``teacher``: embeddings (B, D) and labels (B,) -> mean distance (``teacher.TeacherLoss``). ``bf16``: whether
        the network computes in bfloat16 (autocast); the losses never do."""
        super().__init__()
        self.network, self.softmax, self.teacher, self.bf16 = network, softmax, teacher, bf16

    def forward(
        self, features: torch.Tensor, labels: torch.Tensor, margin: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(mean margin softmax, mean distance to the teacher, number classified right) of features (B, mels, T).

        ``labels`` (B,): those of speakers without a class count for the teacher alone. There may be no others: then the
        margin softmax is 0. Without a teacher the distance is 0. ``margin`` in radians.
        """
        with torch.autocast(features.device.type, torch.bfloat16, enabled=self.bf16):
            embedding = self.network.backbone(features)
        labelled = labels < len(self.softmax.prototypes)
        loss, cosines = self.softmax(embedding[labelled], labels[labelled], margin)
        correct = (cosines.argmax(dim=1) == labels[labelled]).sum()
        distance = embedding.new_zeros(()) if self.teacher is None else self.teacher(embedding, labels)
        return loss, distance, correct


def _turned(cosine: torch.Tensor, angle: float) -> torch.Tensor:
    """cos(t + angle) of cos(t); kept off the ends, where the gradient of t is infinite."""
    cosine = cosine.clamp(-1 + 1e-6, 1 - 1e-6)
    return cosine * math.cos(angle) - (1 - cosine.square()).sqrt() * math.sin(angle)
