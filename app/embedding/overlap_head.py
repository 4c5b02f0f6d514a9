"""Do two people speak at once? A logistic regression on the statistics that the network pools over time.

``python -m app train CONFIG --overlap`` trains it. It lies beside the weights, in NAME.overlap.safetensors, so that it
can be made anew without making every voiceprint stale. One that was made for other weights is not used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import HeardError, atomic_write

WINDOW_S = 1.0
"""Of the speech that it hears."""


@dataclass(frozen=True)
class OverlapHead:
    weight: np.ndarray
    """(F,) float32"""
    bias: float
    threshold: float
    """Probability from which on two are said to speak."""
    measured: dict
    """What it finds and what it says for nothing, on people whom neither it nor the network heard in training."""

    def probability(self, pooled: np.ndarray) -> np.ndarray:
        """Of statistics (n, F): (n,), 0 to 1; calibrated for as many windows with overlap as without."""
        return 1 / (1 + np.exp(-np.clip(pooled @ self.weight + self.bias, -60, 60)))


def head_file(weights: Path) -> Path:
    """Where the head of a model file lies."""
    return weights.with_suffix(".overlap.safetensors")


def save_head(weights: Path, model_sha256: str, head: OverlapHead) -> None:
    """Write a head beside the model file ``weights``, atomically."""
    from safetensors.numpy import save

    told = {"model_sha256": model_sha256, "threshold": head.threshold, "measured": head.measured}
    tensors = {"weight": head.weight.astype(np.float32), "bias": np.array([head.bias], np.float32)}
    with atomic_write(head_file(weights)) as file:
        file.write(save(tensors, {"heard": json.dumps(told)}))


def load_head(weights: Path, model_sha256: str) -> OverlapHead | None:
    """The head of a model file; None if it has none, or one that was made for other weights.

    Raises HeardError for a damaged file.
    """
    from safetensors import SafetensorError, safe_open

    path = head_file(weights)
    if not path.is_file():
        return None
    try:
        with safe_open(path, "numpy") as file:
            told = json.loads(file.metadata()["heard"])
            weight, bias = file.get_tensor("weight"), float(file.get_tensor("bias")[0])
        if told["model_sha256"] != model_sha256:
            return None
        return OverlapHead(weight, bias, float(told["threshold"]), told["measured"])
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError):
        raise HeardError(f"{path}: damaged; delete it, or fetch it again.") from None
