"""Do two people speak at once? A logistic regression on the statistics that the network pools over time.

``python -m app train CONFIG --overlap`` trains it. It lies beside the weights, in NAME.overlap.safetensors, so that it
can be made anew without making every voiceprint stale. One that was made for other weights is not used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.scoring.beside_weights import load_beside
from app.threads import product
from utils import atomic_write

if TYPE_CHECKING:
    from safetensors import safe_open

WINDOW_S = 1.0
"""Length of the speech that a probability is about."""


@dataclass(frozen=True)
class OverlapHead:
    """The regression, with the threshold of its answer."""

    weight: np.ndarray
    """(F,) float32"""
    bias: float
    threshold: float
    """Probability from which on two are said to speak."""
    measured: dict
    """Rates of hits and false alarms on people whom neither the head nor the network met in training."""

    def probability(self, pooled: np.ndarray) -> np.ndarray:
        """The probability of overlap for each of the statistics (n, F): (n,), 0 to 1.

        It is calibrated for as many windows with overlap as without.
        """
        return 1 / (1 + np.exp(-np.clip(product(pooled, self.weight) + self.bias, -60, 60)))


def head_file(weights: Path) -> Path:
    """Where the head of a model file lies."""
    return weights.with_suffix(".overlap.safetensors")


def save_head(weights: Path, model_sha256: str, head: OverlapHead) -> None:
    """Write a head beside the model file ``weights``, atomically."""
    from safetensors.numpy import save

    header = {"model_sha256": model_sha256, "threshold": head.threshold, "measured": head.measured}
    tensors = {"weight": head.weight.astype(np.float32), "bias": np.array([head.bias], np.float32)}
    with atomic_write(head_file(weights), public=True) as file:
        file.write(save(tensors, {"heard": json.dumps(header)}))


def load_head(weights: Path, model_sha256: str) -> OverlapHead | None:
    """The head of a model file; None if it has none, or one that was made for other weights.

    Raises HeardError for a damaged file.
    """
    return load_beside(head_file(weights), model_sha256, _read)


def _read(file: safe_open) -> tuple[str, OverlapHead]:
    header = json.loads(file.metadata()["heard"])
    weight, bias = file.get_tensor("weight").astype(np.float32), float(file.get_tensor("bias")[0])
    head = OverlapHead(weight, bias, float(header["threshold"]), header["measured"])
    if weight.ndim != 1 or not np.isfinite([*weight, bias, head.threshold]).all():
        raise ValueError("not a regression")
    return header["model_sha256"], head
