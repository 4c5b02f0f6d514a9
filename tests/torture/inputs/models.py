"""Model files of every kind, with their cards: weights and cards damaged so that the checksum still fits, and not."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from app.audio.reading.reader import read_audio
from tests.torture.mutations import NUMBERS, damaged_bytes, damaged_json, odd_value
from tests.torture.subjects import Subject, Wrong, attempt
from utils import BUNDLED

NAME = "own"


@cache
def encoder():
    from app.embedding.load import load_encoder

    return load_encoder("embedded", compute="cpu")


@cache
def small_model() -> tuple[bytes, bytes, bytes, dict]:
    """A little network as (safetensors, ONNX, overlap head, card); the last without a checksum."""
    import base64

    import torch
    from safetensors.numpy import load, save
    from safetensors.torch import save as save_torch

    from app.embedding.ecapa_onnx import build_onnx
    from app.embedding.onnx_encoder import TENSORS
    from model import Architecture, SpeakerNetwork

    torch.manual_seed(1)
    arch = Architecture(
        mels=24, channels=16, mfa_channels=24, scale=4, se_channels=8, attention_channels=8, embedding_dim=16, stride=2
    )
    network = SpeakerNetwork(arch, gender=True)
    network.cohort = torch.nn.functional.normalize(torch.randn(60, 16))
    state = {k: v.contiguous() for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    weights = save_torch(state)
    tensors = load(weights)
    rest = {key: value for key, value in tensors.items() if not key.startswith("backbone.")}
    metadata = {TENSORS: base64.b64encode(save(rest)).decode()}
    onnx = build_onnx(tensors, asdict(arch), int8=True, half=True, metadata=metadata)
    shipped = json.loads((BUNDLED / "models" / "embedded.json").read_text())
    card = {**shipped, "name": NAME, "architecture": asdict(arch)}
    header = {"model_sha256": "", "threshold": 0.5, "measured": {}}
    head = {"weight": np.zeros(48, np.float32), "bias": np.zeros(1, np.float32)}
    return weights, onnx, save(head, {"heard": json.dumps(header)}), card


@cache
def second() -> np.ndarray:
    return read_audio(BUNDLED / "demo" / "conversation.flac", start_s=2.0, end_s=3.0)


def damaged_safetensors(random: Random, data: bytes) -> bytes:
    """With a header that says something else of the tensors, or other bytes anywhere."""
    if random.random() < 0.4:
        return damaged_bytes(random, data, head=2000)
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), bytearray(data[8 + length :])
    for _ in range(random.choice((1, 1, 3))):
        name = random.choice([key for key in header if key != "__metadata__"] or ["none"])
        entry = header[name] = header[name] if isinstance(header.get(name), dict) else {}
        match random.randrange(7):
            case 0:
                header.pop(name, None)
            case 1:
                entry["shape"] = [random.choice(NUMBERS) for _ in range(random.randrange(4))]
            case 2:
                entry["dtype"] = random.choice(("F64", "F16", "BF16", "I8", "U8", "BOOL", "F8_E4M3", "I64", "X"))
            case 3:
                entry["data_offsets"] = [random.choice(NUMBERS), random.choice(NUMBERS)]
            case 4:
                header[random.choice(("extra", "gender.out.weight", "cohort", "backbone.x"))] = entry
            case 5:
                at = random.randrange(0, max(1, len(body) - 4), 4)
                body[at : at + 4] = struct.pack("<f", random.choice((float("nan"), float("inf"), 1e38, 0.0)))
            case 6:
                header[name] = odd_value(random)
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + bytes(body)


def _maker(suffix: str, damage: str) -> Callable[[Random, Path], Path]:
    """``damage``: "card", "weights" or "head"."""

    def make(random: Random, folder: Path) -> Path:
        weights, onnx, head, card = small_model()
        data = weights if suffix == ".safetensors" else onnx
        path = folder / f"{NAME}{suffix}"
        if damage == "weights":
            data = damaged_safetensors(random, data) if suffix == ".safetensors" else damaged_bytes(random, data)
        path.write_bytes(data)
        card = {**card, "sha256": hashlib.sha256(data).hexdigest() if random.random() < 0.9 else "0" * 64}
        said = json.dumps(card).encode()
        if damage == "card":
            if random.random() < 0.5:  # what sizes come from
                part = card["architecture"] if random.random() < 0.7 else card["cohort"]
                part[random.choice(list(part))] = random.choice((*NUMBERS, -1, 0.5, None, "1", [], True))
                said = json.dumps(card).encode()
            else:
                said = damaged_json(random, card)
        path.with_suffix(".json").write_bytes(said)
        if damage == "head":
            sha256 = card["sha256"].encode().ljust(64)[:64]
            whole = head.replace(b'model_sha256\\": \\"\\"', b'model_sha256\\": \\"' + sha256 + b'\\"')
            whole = struct.pack("<Q", struct.unpack("<Q", head[:8])[0] + len(whole) - len(head)) + whole[8:]
            (folder / f"{NAME}.overlap.safetensors").write_bytes(damaged_safetensors(random, whole))
        return path

    return make


def use(path: Path) -> None:
    from app.embedding.load import load_encoder
    from app.embedding.model_files import load_network

    for options in ({}, {"large_batches": True}):
        loaded = attempt(lambda options=options: load_encoder(str(path), compute="cpu", **options), NAME)
        if loaded is not None:
            attempt(lambda loaded=loaded: _embed(loaded), NAME)
    if path.suffix == ".safetensors":
        attempt(lambda: load_network(str(path)), NAME)


def _embed(loaded) -> None:
    vector, _ = loaded.embed_with_overlap(second())
    if not np.isfinite(vector).all():
        raise Wrong("an embedding that is not finite")
    loaded.gender(vector)
    rule = loaded.rule()
    rule.at(1.0)
    for value in (rule.threshold, rule.margin, rule.scale, rule.offset):
        if not np.isfinite(value):
            raise Wrong(f"a rule that is not finite: {rule}")
    if loaded.cohort is not None and not np.isfinite(loaded.cohort.side(vector[None]).means).all():
        raise Wrong("a cohort that is not finite")


def make_checkpoint(random: Random, folder: Path) -> Path:
    """What should be a file of PyTorch."""
    import io

    import torch

    out = io.BytesIO()
    torch.save({"blocks.0.conv.conv.weight": torch.zeros(4, 4)}, out)
    path = folder / f"{NAME}.ckpt"
    path.write_bytes(damaged_bytes(random, out.getvalue()))
    return path


SUBJECTS = (
    Subject("card", _maker(".safetensors", "card"), use),
    Subject("card of an ONNX file", _maker(".onnx", "card"), use),
    Subject("weights", _maker(".safetensors", "weights"), use),
    Subject("ONNX file", _maker(".onnx", "weights"), use),
    Subject("overlap head", _maker(".safetensors", "head"), use),
    Subject("checkpoint", make_checkpoint, use),
)
