"""An encoder without torch: it runs an ONNX file, or the graph made here from a model's weights.

The program starts sooner with it, takes an eighth of the memory, and one window at a time is faster.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from app.embedding.card_check import read_model_card
from app.embedding.ecapa_onnx import DECIBELS, EMBEDDING, HOP, POOLED, WAVE, build_onnx
from app.embedding.encoder import Encoder
from app.embedding.log_mel import LogMel
from app.embedding.overlap_head import OverlapHead, load_head
from app.embedding.spectrum_windows import SpectrumWindows
from app.embedding.windows import Windows
from app.scoring.channel import Channel
from app.scoring.channel_file import load_channel
from app.threads import NETWORK_THREADS, product
from utils import BadInput, HeardError, file_sha256, first_line

MOST_DIM = 8192
"""The longest embedding that a file may give: room is made for it before it is known."""
AT_ONCE = 24 * 16_000
"""Samples in one run of several signals: with more, the memory grows and the caches overflow."""
TENSORS = "heard.tensors"
"""Key of the file's metadata: safetensors in base64, of what is not part of the graph (heads)."""


class OnnxEncoder(Encoder):
    """A graph of ``build_onnx`` behind the interface of ``Encoder``. On the CPU, with one thread."""

    def __init__(
        self,
        model: bytes,
        card: dict,
        tensors: Mapping[str, np.ndarray] | None = None,
        *,
        batches: Callable[[], bytes] | None = None,
        mels: int = 80,
        channel: Channel | None = None,
        overlap: OverlapHead | None = None,
        where: str = "the model",
    ):
        """``model``: an ONNX file's bytes; ``where`` names it in errors. ``tensors``: what lies beside the graph, by
        the names it has in the float model's file; by default they are taken from the ONNX file. ``batches``: makes the
        same network's graph for several signals at a time, with spectra of ``mels`` bands, which is asked for when
        several come; a single one is faster without.

        Raises HeardError if it is not one of this program's.
        """
        import safetensors.numpy

        _runtime()  # raises BadInput where it is missing
        self._make_batches, self._batches, self._log_mel = batches, None, LogMel(mels)
        try:
            self._session = _session(model)
            if tensors is None:
                stored = self._session.get_modelmeta().custom_metadata_map[TENSORS]
                tensors = safetensors.numpy.load(base64.b64decode(stored, validate=True))
            shapes = {output.name: output.shape for output in self._session.get_outputs()}
            dim = shapes[EMBEDDING][0]
            if not isinstance(dim, int) or not 0 < dim <= MOST_DIM:
                raise ValueError(f"embeddings of length {dim}")
            super().__init__(
                card,
                card["name"],
                dim,
                cohort=tensors.get("cohort"),
                channel=channel,
                overlap=overlap,
                precision=card.get("precision", "float32"),
                where=where,
            )
            self._gender = _gender_head(tensors, dim)
        except (KeyError, ValueError, TypeError, binascii.Error, safetensors.SafetensorError) as error:
            raise HeardError(f"{where}: not an ONNX file of this program ({first_line(error)}).") from None
        except Exception as error:  # ONNX Runtime's own have no public base
            raise HeardError(f"{where}: the ONNX file is damaged ({first_line(error)}).") from None

    @classmethod
    def open(cls, path: Path) -> OnnxEncoder:
        """The encoder of a model file (.onnx or .safetensors) with its card beside it. Raises HeardError if they do not
        belong together, or the file is damaged.
        """
        card = read_model_card(path)
        if card.get("sha256") != file_sha256(path):
            raise HeardError(f"{path}: the file does not match its card (sha256); fetch both again.")
        beside = {"overlap": load_head(path, card["sha256"]), "channel": load_channel(path, card["sha256"])}
        if path.suffix.lower() == ".onnx":
            return cls(path.read_bytes(), card, **beside, where=str(path))
        tensors, graph = _from_weights(path, card)
        heads = {key: value for key, value in tensors.items() if not key.startswith("backbone.")}
        batches, mels = partial(graph, batches=True), card["architecture"]["mels"]
        return cls(graph(), card, heads, batches=batches, mels=mels, **beside, where=str(path))

    def windows(self) -> Windows:
        """See ``Encoder.windows``."""
        return SpectrumWindows(self, self._log_mel, self._embed_equal) if self._make_batches else Windows(self)

    def _embed(self, batch: np.ndarray) -> np.ndarray:
        return self._run([EMBEDDING], batch)[0]

    def _embed_with_statistics(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        if self.overlap is None:
            return self._embed(batch), None
        embeddings, pooled = self._run([EMBEDDING, POOLED], batch)
        return embeddings, pooled

    def _run(self, names: list[str], batch: np.ndarray) -> list[np.ndarray]:
        """The outputs (B, ...) of waves (B, n), each alone or together, whichever is faster; or of their decibels
        (B, T, mels)."""
        spectra = batch.ndim == 3
        try:
            if spectra or (len(batch) > 1 and self._make_batches):
                if self._batches is None:
                    self._batches = _session(self._make_batches())
                step = max(1, AT_ONCE // (batch.shape[1] * (HOP if spectra else 1)))
                parts = [batch[at : at + step] for at in range(0, len(batch), step)]
                made = (part if spectra else self._log_mel.waves(part) for part in parts)
                runs = [self._batches.run(names, {DECIBELS: part}) for part in made]
                return [np.concatenate(rows) for rows in zip(*runs, strict=True)]
            alone = [self._session.run(names, {WAVE: wave}) for wave in batch]
            return [np.stack(rows) for rows in zip(*alone, strict=True)]
        except Exception as error:  # as above: a graph that loads may still not fit together
            raise HeardError(f"{self.where}: the model cannot be run ({first_line(error)}); fetch it again.") from None

    @property
    def knows_gender(self) -> bool:
        return self._gender is not None

    def _female_logit(self, embedding: np.ndarray) -> float:
        """``model.GenderHead`` on an embedding of unit length."""
        hidden_weight, hidden_bias, out_weight, out_bias = self._gender
        hidden = np.maximum(product(hidden_weight, embedding * np.sqrt(len(embedding))) + hidden_bias, 0)
        return float(out_weight[0] @ hidden + out_bias[0])


def _gender_head(tensors: Mapping[str, np.ndarray], dim: int) -> list[np.ndarray] | None:
    """The layers of ``model.GenderHead``; None if there is none. Raises KeyError or ValueError for a damaged one."""
    if "gender.out.weight" not in tensors:
        return None
    names = ("gender.hidden.weight", "gender.hidden.bias", "gender.out.weight", "gender.out.bias")
    layers = [tensors[name].astype(np.float32) for name in names]
    width = len(layers[1])
    if [layer.shape for layer in layers] != [(width, dim), (width,), (1, width), (1,)]:
        raise ValueError("a gender head of other sizes")
    if not all(np.isfinite(layer).all() for layer in layers):
        raise ValueError("a gender head that is not finite")
    return layers


def _from_weights(path: Path, card: dict) -> tuple[dict[str, np.ndarray], Callable[..., bytes]]:
    """The tensors of a .safetensors file, and ``build_onnx`` of them."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    def graph(**options: bool) -> bytes:
        try:
            return build_onnx(tensors, card["architecture"], **options)
        except (KeyError, ValueError, IndexError) as error:
            raise HeardError(f"{path}: not a model of this program ({first_line(error)}).") from None

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise HeardError(f"{path}: not a model of this program ({first_line(error)}).") from None
    return tensors, graph


def _session(model: bytes):
    """What runs a graph."""
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = NETWORK_THREADS
    # The arena would keep memory for every length of sound that ever came.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _runtime():
    try:
        import onnxruntime
    except ImportError:
        raise BadInput("this model needs ONNX Runtime: pip install onnxruntime, or leave --model out.") from None
    onnxruntime.disable_telemetry_events()  # on Windows they are on
    onnxruntime.set_default_logger_severity(4)  # errors come as exceptions
    return onnxruntime
