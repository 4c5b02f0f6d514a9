"""A model file as one ONNX file: the graph, the heads and the other tensors that the program needs, the card beside it.

ONNX keeps the graph; what is not part of it (the gender head, which hears pooled embeddings, and whatever else lies in
the weights) goes into the file's metadata as safetensors, so that one hash covers all. ``OnnxEncoder`` reads both.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np

from app.embedding.ecapa_onnx import build_onnx
from app.embedding.onnx_encoder import TENSORS, OnnxEncoder
from app.scoring.cohort import unit
from model import load_checkpoint
from utils import BadInput, HeardError, atomic_write, file_sha256, write_card

LEAST_COSINE = 0.99
"""To the embeddings of the network as it was: below, something is wrong, and nothing is written."""


def export_onnx(weights: str | os.PathLike, out: str | os.PathLike, check: list[np.ndarray], *, int8: bool) -> dict:
    """Write ``out`` (.onnx) and its card (.json) from a model file (.safetensors), and return the card.

    ``check``: speech, each (n,) float32 at 16 kHz, that both networks embed; the card says how alike ("least_cosine").
    Raises HeardError, and writes nothing, if they are not, BadInput for another network than an ECAPA-TDNN.
    """
    import torch
    from safetensors.numpy import load_file, save

    weights, out = Path(weights), Path(out)
    network, card = load_checkpoint(weights)
    if network.arch.network != "ecapa-tdnn":
        raise BadInput(f"{weights}: only an ECAPA-TDNN can be exported, not a {network.arch.network}.")
    tensors = load_file(weights)
    rest = {key: value for key, value in tensors.items() if not key.startswith("backbone.")}
    metadata = {TENSORS: base64.b64encode(save(rest)).decode()}
    serialised = build_onnx(tensors, card["architecture"], int8=int8, half=True, metadata=metadata)
    encoder = OnnxEncoder(serialised, {**card, "sha256": ""}, where=str(out))
    with torch.inference_mode():
        wanted = unit(np.concatenate([network(torch.from_numpy(speech)[None]).numpy() for speech in check]))
    least = float(np.einsum("nd,nd->n", encoder.embed_batch(check), wanted).min())
    if not least > LEAST_COSINE:
        raise HeardError(f"{out}: not written: its embeddings are not those of {weights.name} (cosine {least:.3f}).")
    with atomic_write(out, public=True) as file:
        file.write(serialised)
    measured = ("figures", "open_set")  # of the other file
    card = {
        **{key: value for key, value in card.items() if key not in measured},
        "name": out.stem,
        "made_from": {"name": card["name"], "sha256": card["sha256"], "least_cosine": round(least, 5)},
        "precision": "int8" if int8 else "float32",
        "sha256": file_sha256(out),
    }
    write_card(out, card)
    return card
