"""Where a model's ``Channel`` is kept: beside the weights, in NAME.channel.safetensors.

``python -m app train CONFIG --channel`` makes it. It can be made anew without making every voiceprint stale; one that
was made for other weights is not used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.scoring.beside_weights import load_beside
from app.scoring.channel import Channel
from utils import atomic_write

if TYPE_CHECKING:
    from safetensors import safe_open

PARTS = ("directions", "telephone", "voices", "weight")


def channel_file(weights: Path) -> Path:
    """Where the channel of a model file lies."""
    return weights.with_suffix(".channel.safetensors")


def save_channel(weights: Path, model_sha256: str, channel: Channel) -> None:
    """Write a channel beside the model file ``weights``, atomically; in float16, but for what decides."""
    from safetensors.numpy import save

    tensors = {name: getattr(channel, name).astype(np.float16) for name in PARTS}
    tensors["telephone"] = np.append(channel.telephone, channel.offset).astype(np.float32)
    with atomic_write(channel_file(weights), public=True) as file:
        file.write(save(tensors, {"model_sha256": model_sha256}))


def load_channel(weights: Path, model_sha256: str) -> Channel | None:
    """The channel of a model file; None if it has none, or one that was made for other weights.

    Raises HeardError for a damaged file.
    """
    return load_beside(channel_file(weights), model_sha256, _read)


def _read(file: safe_open) -> tuple[str, Channel]:
    parts = {name: file.get_tensor(name).astype(np.float32) for name in PARTS}
    parts["telephone"], offset = parts["telephone"][:-1], float(parts["telephone"][-1])
    return file.metadata()["model_sha256"], Channel(**parts, offset=offset)
