"""The large model: the public ECAPA-TDNN and the embedded network side by side, as one ONNX file made on this machine.

The public network was trained on thousands of voices from the web, the embedded one on the speech that its card names:
they err on different people, and the mean of their scores errs less than either, often by half. What comes with the
program is the embedded network, the voices of strangers and the thresholds; the public network is downloaded once. Both
are written into one file of the cache, the large products of the public network on 8-bit integers: then neither a
network nor PyTorch is needed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from app.embedding.download import HubFile, Progress, cache_dir, explained, fetch
from app.embedding.ecapa_onnx import Member, build_side_by_side
from app.embedding.onnx_encoder import TENSORS
from app.embedding.overlap_head import load_head, save_head
from app.embedding.speechbrain_file import ARCHITECTURE, read_speechbrain
from app.scoring.channel_file import channel_file, load_channel, save_channel
from app.scoring.cohort import unit
from utils import BUNDLED, HeardError, atomic_write, file_sha256, read_card, write_card

EMBEDDED_WEIGHTS = BUNDLED / "models" / "embedded.safetensors"
HEADS = BUNDLED / "models" / "large.safetensors"
"""What belongs to both together: the cohort and the gender head. The card, of them and of what both decide, is beside
it."""
PUBLIC_CARD = BUNDLED / "models" / "public.json"
"""What the public network alone decides by, with its part of the cohort."""
SHARES = (0.5, 0.5)
"""Of the squared length of the embedding: the embedded network's and the public one's."""


def large_file(public: HubFile, progress: Progress | None = None) -> Path:
    """The file in the cache, with its card beside it; downloaded and made if it is not there.

    ``public``: the public network. Raises what ``fetch`` raises, and HeardError if a file of the program is missing.
    """
    out = _place(public)
    if not _is_whole(out):
        weights = fetch(public, progress)
        try:
            _make(weights, out)
            for old in cache_dir().glob("large-*"):  # of another version of the program
                if not old.name.startswith(out.stem):
                    old.unlink(missing_ok=True)
        except OSError as error:
            raise explained(error) from None
    return out


def _place(public: HubFile) -> Path:
    """Named by all that it is made from."""
    made_from = hashlib.sha256()
    for path in (EMBEDDED_WEIGHTS, HEADS, HEADS.with_suffix(".json")):
        if not path.is_file():
            raise HeardError(f"{path}: the model that belongs to the program is missing; fetch the program again.")
        made_from.update(file_sha256(path).encode())
    if channel_file(HEADS).is_file():
        made_from.update(file_sha256(channel_file(HEADS)).encode())
    made_from.update(f"{public.sha256} {SHARES}".encode())
    return cache_dir() / f"large-{made_from.hexdigest()[:16]}.onnx"


def _is_whole(out: Path) -> bool:
    """Whether the file and its card are there and whole."""
    try:
        return read_card(out).get("sha256") == file_sha256(out)
    except (OSError, HeardError):
        return False


def side_by_side(public: Mapping[str, np.ndarray], heads: Mapping[str, np.ndarray]) -> bytes:
    """The ONNX file of the embedded network and of the ``public`` one's tensors, as ``read_speechbrain`` gives them;
    ``heads`` are kept in the file's metadata."""
    from safetensors.numpy import load_file, save

    members = [
        Member(load_file(EMBEDDED_WEIGHTS), read_card(EMBEDDED_WEIGHTS)["architecture"], share=SHARES[0]),
        Member(public, ARCHITECTURE, int8=True, int8_input=False, share=SHARES[1]),
    ]
    metadata = {TENSORS: base64.b64encode(save(dict(heads))).decode()}
    return build_side_by_side(members, half=True, metadata=metadata)


def public_cohort() -> np.ndarray:
    """The public network's part of the cohort: (k, 192) float32 of unit length."""
    from safetensors.numpy import load_file

    cohort = load_file(HEADS)["cohort"].astype(np.float32)
    return unit(cohort[:, cohort.shape[1] // 2 :])


def public_card(sha256: str) -> dict | None:
    """What the card of the public network alone says besides; None for other weights than those that were measured."""
    if not PUBLIC_CARD.is_file() or not HEADS.is_file():
        return None
    card = read_card(PUBLIC_CARD)
    return card if card["sha256"] == sha256 else None


def _make(weights: Path, out: Path) -> None:
    from safetensors.numpy import load_file

    with atomic_write(out, public=True) as file:
        file.write(side_by_side(read_speechbrain(weights), load_file(HEADS)))
    sha256 = file_sha256(out)
    overlap = load_head(EMBEDDED_WEIGHTS, read_card(EMBEDDED_WEIGHTS)["sha256"])
    if overlap is not None:  # it hears the embedded network's statistics, and these are the file's
        save_head(out, sha256, overlap)
    channel = load_channel(HEADS, file_sha256(HEADS))
    if channel is not None:
        save_channel(out, sha256, channel)
    write_card(out, {**read_card(HEADS), "sha256": sha256})
