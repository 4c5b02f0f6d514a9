"""From what ``--model`` says to weights on this disk: the embedded model, the public one, or a file of one's own."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.embedding.card_check import read_model_card
from app.embedding.download import HubFile, Progress, fetch
from utils import BUNDLED, BadInput, HeardError, file_sha256, missing_extra

if TYPE_CHECKING:
    from model import SpeakerNetwork

EMBEDDED = "embedded"
EMBEDDED_INT8 = "embedded-int8"
LARGE = "large"
"""The public network and the embedded one as one file that is made here (see ``large.py``)."""
BUNDLED_FILES = {EMBEDDED: "embedded.safetensors", EMBEDDED_INT8: "embedded-int8.onnx"}
KINDS = {".safetensors": "heard", ".onnx": "onnx", ".ckpt": "speechbrain"}
SPEECHBRAIN = "speechbrain/spkrec-ecapa-voxceleb"

HUB: dict[str, HubFile] = {
    SPEECHBRAIN: HubFile(
        repo=SPEECHBRAIN,
        revision="0f99f2d0ebe89ac095bcc5903c4dd8f72b367286",
        name="embedding_model.ckpt",
        size_bytes=83_316_686,
        sha256="0575cb64845e6b9a10db9bcb74d5ac32b326b8dc90352671d345e2ee3d0126a2",
    )
}
"""The models that can be downloaded, all of them SpeechBrain's ECAPA-TDNN checkpoints."""
NAMES = (*BUNDLED_FILES, LARGE, *HUB)
"""Every model that has a name."""


@dataclass(frozen=True)
class ModelFile:
    """Weights that lie on this disk."""

    path: Path
    model_id: str
    """What people are told: the name that was asked for, or the name of their file."""
    kind: Literal["heard", "onnx", "speechbrain"]
    """This program's safetensors or ONNX with a card beside it, or SpeechBrain's checkpoint, which has none."""


def resolve(model: str, progress: Progress | None = None) -> ModelFile:
    """The weights for what the user asked: one of ``NAMES``, or the path of a file of ``KINDS``.

    Downloads a model of ``HUB`` if it is not in the cache, for ``LARGE`` as well. Raises BadInput if there is no such
    model, HeardError, with what to do, if it cannot be had.
    """
    if model in BUNDLED_FILES:
        path = BUNDLED / "models" / BUNDLED_FILES[model]
        if not path.is_file():
            raise HeardError(f"{path}: the model that belongs to the program is missing; fetch the program again.")
        return ModelFile(path, model, KINDS[path.suffix])
    if model == LARGE:
        from app.embedding.large import large_file  # what makes ONNX files; a start can do without

        return ModelFile(large_file(HUB[SPEECHBRAIN], progress), model, "onnx")
    if model in HUB:
        return ModelFile(fetch(HUB[model], progress), model, "speechbrain")
    path = Path(os.path.expanduser(model))  # Path's own raises for an unknown "~name"
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(f"{model!r} is no model: give {', '.join(NAMES)}, or the path of a {' or '.join(KINDS)} file.")
    if not path.is_file():
        raise BadInput(f"{model}: no such model file.")
    return ModelFile(path, path.name, kind)


@cache
def torch_installed() -> bool:
    """Whether PyTorch could be imported; that is not tried, which takes seconds."""
    return importlib.util.find_spec("torch") is not None


def load_network(model: str, progress: Progress | None = None) -> tuple[SpeakerNetwork, dict]:
    """The network, in float32 and evaluation mode, and its card, for what the user asked (see ``resolve``).

    Raises what ``resolve`` raises, and HeardError for a damaged or foreign file.
    """
    return open_network(resolve(model, progress))


def open_network(file: ModelFile) -> tuple[SpeakerNetwork, dict]:
    """``load_network`` of a file that was resolved. Raises BadInput for an ONNX file: that can be run, not opened."""
    if file.kind == "onnx":
        raise BadInput(f"{file.path}: an ONNX file, made to be run; give the .safetensors file it was made from.")
    if not torch_installed():
        raise missing_extra("a look into the network", "PyTorch", "torch")
    from model import load_checkpoint, load_speechbrain  # torch: seconds that a start must not wait for

    if file.kind == "heard":
        read_model_card(file.path)
        return load_checkpoint(file.path)
    import torch

    from app.embedding.large import public_card, public_cohort

    network = load_speechbrain(file.path)
    card = speechbrain_card(file.model_id, asdict(network.arch), file_sha256(file.path))
    if (measured := public_card(card["sha256"])) is not None:
        card |= measured
        network.cohort = torch.from_numpy(public_cohort())
    return network, card


def speechbrain_card(name: str, architecture: dict, sha256: str) -> dict:
    """The card of a SpeechBrain ECAPA-TDNN of which nothing was measured.

    The threshold is the one SpeechBrain's own verification uses. Margin and calibration were not fitted on this model:
    the margin is what others found to work, the calibration puts even odds at the threshold and 95 % at 0.40.
    """
    threshold, scale = 0.25, 20.0
    return {
        "name": name,
        "architecture": architecture,
        "sha256": sha256,
        "threshold": threshold,
        "margin": 0.10,
        "calibration": {"scale": scale, "offset": -scale * threshold},
        "gender": None,
        "front_end": "logmel80",
        "training": {"by": "SpeechBrain", "licence_of_weights": "Apache-2.0"},
        "figures": {"as_published": {"voxceleb1_o_eer": 0.009}},
        "data": [
            {
                "corpus": "VoxCeleb1 and VoxCeleb2",
                "licence": "CC BY 4.0",
                "credit": "Nagrani, Chung, Xie, Zisserman: VoxCeleb, 2020",
            }
        ],
    }
