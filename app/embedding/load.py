"""From what ``--model`` and ``--compute`` say to an encoder: chooses what runs the network, and loads it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from app.embedding.card_check import read_model_card
from app.embedding.encoder import Encoder
from app.embedding.model_files import BUNDLED_FILES, KINDS, LARGE, ModelFile, resolve, torch_installed
from utils import BadInput, missing_extra

COMPUTE = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")


def load_encoder(
    model: str = "embedded",
    *,
    compute: str = "auto",
    large_batches: bool = False,
    precision: str = "float32",
    progress: Callable[[int, int], None] | None = None,
) -> Encoder:
    """The encoder of a model, by its name or path; takes seconds, embedding then milliseconds.

    ``model``: "embedded", "embedded-int8", "large", "speechbrain/spkrec-ecapa-voxceleb", or a path to weights.
    ``compute``: "auto" (a CUDA device if there is one), "cpu", "cuda" or "mps".
    ``large_batches``: a hint that many signals of one length will come at once.
    ``precision``: "bfloat16" is for processors that multiply it, where it takes about half the time and moves
    embeddings by some 0.00001 of the cosine; "auto" is that on such a processor and "float32" elsewhere.
    ``progress(done_bytes, all_bytes)`` is called during a download.
    Raises BadInput for an unknown model, device or precision, HeardError if the model cannot be fetched or is damaged,
    or if a GPU or bfloat16 is asked for and PyTorch is not installed.

    On a processor a model runs in ONNX Runtime: PyTorch, which takes seconds to load, is for GPUs, for bfloat16, and,
    where it is installed, for ``large_batches``. The embeddings are the same.
    """
    if compute not in COMPUTE:
        raise BadInput(f"--compute {compute}: it is one of {', '.join(COMPUTE)}.")
    if precision not in PRECISIONS:
        raise BadInput(f"--precision {precision}: it is one of {', '.join(PRECISIONS)}.")
    file = resolve(model, progress)
    if file.kind == "onnx":
        from app.embedding.onnx_encoder import OnnxEncoder

        if compute not in ("auto", "cpu"):
            raise BadInput(f"--compute {compute}: {model} runs on the processor alone; leave --compute out.")
        if precision == "bfloat16":
            raise BadInput(f"--precision bfloat16: {model} has a precision of its own; leave --precision out.")
        return OnnxEncoder.open(file.path)
    plain = not large_batches and precision == "float32" and not needs_torch(model, compute)
    if not torch_installed():
        if compute in ("cuda", "mps"):
            raise missing_extra(f"--compute {compute}", "PyTorch", "torch")
        if precision == "bfloat16":
            raise missing_extra("--precision bfloat16", "PyTorch", "torch")
        plain = True
    if plain and file.kind == "speechbrain":
        from app.embedding.public_encoder import public_encoder

        return public_encoder(file)
    if plain and is_ecapa_tdnn(file):
        from app.embedding.onnx_encoder import OnnxEncoder

        return OnnxEncoder.open(file.path)
    if not torch_installed():
        raise missing_extra(f"{file.path}, a network of another kind,", "PyTorch", "torch")
    from app.embedding.torch_encoder import TorchEncoder  # torch: seconds

    return TorchEncoder.open(file, compute, precision)


def needs_torch(model: str, compute: str = "auto") -> bool:
    """Whether what the user asked for runs in torch, which is slow to import: on a GPU it does. ``compute``: as for
    ``load_encoder``; "auto" is a GPU only where torch is installed to use it.
    """
    if is_onnx(model):
        return False
    return compute in ("cuda", "mps") or (compute == "auto" and cuda_present() and torch_installed())


def is_onnx(model: str) -> bool:
    """Whether what the user asked for is an ONNX file, which has a precision of its own."""
    return model == LARGE or KINDS.get(Path(BUNDLED_FILES.get(model, model)).suffix.lower()) == "onnx"


def is_ecapa_tdnn(file: ModelFile) -> bool:
    """Whether the card says that this is the network which ``OnnxEncoder`` knows. Raises what
    ``read_model_card`` does."""
    return (read_model_card(file.path).get("architecture") or {}).get("network") == "ecapa-tdnn"


@cache
def cuda_present() -> bool:
    """Whether the CUDA driver is there and finds a device; torch, which knows too, takes seconds to load."""
    if sys.platform == "darwin":
        return False
    try:
        driver = ctypes.WinDLL("nvcuda.dll") if sys.platform == "win32" else ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False
