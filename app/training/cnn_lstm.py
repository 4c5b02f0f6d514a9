"""A classic network to compare with: the CNN-LSTM on MFCC that people start from.

Trained and measured by the same commands as any other (``[model] network = "cnn-lstm"``), it shows what ECAPA-TDNN
adds. Whoever builds or loads one calls ``register`` first.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from model import Architecture, register_backbone


class CnnLstm(nn.Module):
    """Log-mel features (B, mels, T) -> embeddings (B, embedding_dim); T of at least 4.

    MFCC, two convolutions that halve the time axis each, an LSTM, and a linear layer on the mean of its states. Of the
    architecture it takes mels, channels (of everything) and embedding_dim.
    """

    coefficients = 40

    def __init__(self, arch: Architecture):
        super().__init__()
        self.register_buffer("cosines", self._cosines(arch.mels), persistent=False)
        self.convolutions = nn.Sequential(
            *_convolution(self.coefficients, arch.channels), *_convolution(arch.channels, arch.channels)
        )
        self.lstm = nn.LSTM(arch.channels, arch.channels, batch_first=True)
        self.fc = nn.Linear(arch.channels, arch.embedding_dim)

    @classmethod
    def _cosines(cls, mels: int) -> Tensor:
        """(coefficients, mels): the orthonormal cosine transform (DCT-II) that makes cepstra of a log-mel spectrum."""
        order, band = torch.arange(cls.coefficients)[:, None], torch.arange(mels)
        cosines = torch.cos(math.pi / mels * (band + 0.5) * order) * math.sqrt(2 / mels)
        cosines[0] /= math.sqrt(2)
        return cosines

    def forward(self, features: Tensor) -> Tensor:
        x = self.convolutions(self.cosines @ features)
        states, _ = self.lstm(x.transpose(1, 2))
        return self.fc(states.mean(dim=1))


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv1d(inputs, outputs, 5, padding=2), nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(2)]


def register() -> None:
    """Let ``model`` build and load networks of the kind "cnn-lstm". A second call changes nothing."""
    register_backbone("cnn-lstm", CnnLstm)
