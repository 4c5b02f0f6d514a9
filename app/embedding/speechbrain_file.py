"""SpeechBrain's ECAPA-TDNN checkpoint as tensors by the names of ``model.SpeakerNetwork``, without PyTorch."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from app.embedding.checkpoint_reader import read_checkpoint
from utils import HeardError

ARCHITECTURE: dict[str, str | int] = {
    "network": "ecapa-tdnn",
    "mels": 80,
    "channels": 1024,
    "mfa_channels": 3072,
    "scale": 8,
    "se_channels": 128,
    "attention_channels": 128,
    "embedding_dim": 192,
    "stride": 1,
}
"""``model.Architecture()``: that file, which needs PyTorch, is not imported for it."""


def read_speechbrain(path: str | Path) -> dict[str, np.ndarray]:
    """All tensors in float32, "backbone...." first, every one accounted for. Raises HeardError for another file."""
    found = {}
    for key, value in read_checkpoint(path).items():
        if not key.endswith("num_batches_tracked"):  # of no use after training
            # SpeechBrain wraps each convolution and norm in a module of its own: "tdnn1.conv.conv.weight".
            name = re.sub(r"(conv\d?|norm|asp_bn|fc)\.(?:conv|norm)\.(\w+)$", r"\1.\2", key)
            found[f"backbone.{name}"] = value
    wanted = tensor_shapes()
    problem = next(iter(sorted(wanted.keys() ^ found.keys())), None)
    if problem is None:
        problem = next((name for name, shape in wanted.items() if found[name].shape != shape), None)
    if problem is not None:
        raise HeardError(f"{path}: not SpeechBrain's ECAPA-TDNN checkpoint ({problem} is missing, left over or other).")
    if not all(value.dtype.kind == "f" and np.isfinite(value).all() for value in found.values()):
        raise HeardError(f"{path}: the checkpoint holds weights that are not numbers; fetch it again.")
    return {name: value.astype(np.float32, copy=False) for name, value in found.items()}


def tensor_shapes() -> dict[str, tuple[int, ...]]:
    """The shape of every tensor of ``model.EcapaTdnn`` of this architecture, by its name."""
    sizes, shapes = ARCHITECTURE, {}
    channels, mfa, pooled = sizes["channels"], sizes["mfa_channels"], 2 * sizes["mfa_channels"]
    width = channels // sizes["scale"]

    def layer(name: str, outputs: int, inputs: int, kernel: int = 1) -> None:
        shapes[f"backbone.{name}.weight"] = (outputs, inputs, kernel)
        shapes[f"backbone.{name}.bias"] = (outputs,)

    def norm(name: str, size: int) -> None:
        shapes.update(
            {f"backbone.{name}.{part}": (size,) for part in ("weight", "bias", "running_mean", "running_var")}
        )

    def tdnn(name: str, outputs: int, inputs: int, kernel: int = 1) -> None:
        layer(f"{name}.conv", outputs, inputs, kernel)
        norm(f"{name}.norm", outputs)

    tdnn("blocks.0", channels, sizes["mels"], 5)
    for block in (1, 2, 3):
        tdnn(f"blocks.{block}.tdnn1", channels, channels)
        for step in range(sizes["scale"] - 1):
            tdnn(f"blocks.{block}.res2net_block.blocks.{step}", width, width, 3)
        tdnn(f"blocks.{block}.tdnn2", channels, channels)
        layer(f"blocks.{block}.se_block.conv1", sizes["se_channels"], channels)
        layer(f"blocks.{block}.se_block.conv2", channels, sizes["se_channels"])
    tdnn("mfa", mfa, 3 * channels)
    tdnn("asp.tdnn", sizes["attention_channels"], 3 * mfa)
    layer("asp.conv", mfa, sizes["attention_channels"])
    norm("asp_bn", pooled)
    layer("fc", sizes["embedding_dim"], pooled)
    return shapes
