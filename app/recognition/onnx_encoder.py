"""An encoder that runs an ONNX file: without torch the program starts sooner and takes an eighth of the memory."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import numpy as np

from app.recognition.encoder import Encoder
from utils import BadInput, HeardError, file_sha256, read_card

TENSORS = "heard.tensors"
"""Key of the file's metadata: safetensors in base64, of what is not part of the graph (heads)."""


class OnnxEncoder(Encoder):
    """An ONNX file of ``python -m app export`` behind the interface of ``Encoder``. On the CPU, with one thread."""

    def __init__(self, model: Path | bytes, card: dict):
        """``model``: an ONNX file, or its bytes. Raises HeardError if it is not one of this program's."""
        import safetensors.numpy

        onnxruntime, where = _runtime(), model if isinstance(model, Path) else card["name"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The arena would keep memory for every length of sound that ever came.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        try:
            self._session = onnxruntime.InferenceSession(
                model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
            )
            stored = self._session.get_modelmeta().custom_metadata_map[TENSORS]
            self.tensors: dict[str, np.ndarray] = safetensors.numpy.load(base64.b64decode(stored, validate=True))
            """What lies beside the graph, by the names it has in the float model's file."""
            (wave,), (embedding,) = self._session.get_inputs(), self._session.get_outputs()
            super().__init__(card, card["name"], embedding.shape[0], self.tensors.get("cohort"))
        except (KeyError, ValueError, TypeError, binascii.Error, safetensors.SafetensorError) as error:
            raise HeardError(f"{where}: not an ONNX file of this program ({_first_line(error)}).") from None
        except Exception as error:  # ONNX Runtime's own have no public base
            raise HeardError(f"{where}: the ONNX file is damaged ({_first_line(error)}).") from None
        self.precision = card.get("precision", "float32")
        self._wave = wave.name
        self._gender = None
        if "gender.out.weight" in self.tensors:
            names = ("gender.hidden.weight", "gender.hidden.bias", "gender.out.weight", "gender.out.bias")
            self._gender = [self.tensors[name].astype(np.float32) for name in names]

    @classmethod
    def open(cls, path: Path) -> OnnxEncoder:
        """The encoder of a file with its card beside it. Raises HeardError if they do not belong together."""
        card = read_card(path)
        if card.get("sha256") != file_sha256(path):
            raise HeardError(f"{path}: the file does not match its card (sha256); fetch both again.")
        return cls(path, card)

    def _embed(self, batch: np.ndarray) -> np.ndarray:
        return np.stack([self._session.run(None, {self._wave: wave})[0] for wave in batch])

    @property
    def knows_gender(self) -> bool:
        return self._gender is not None

    def _female_logit(self, embedding: np.ndarray) -> float:
        """``model.GenderHead`` on an embedding of unit length."""
        hidden_weight, hidden_bias, out_weight, out_bias = self._gender
        hidden = np.maximum(hidden_weight @ (embedding * np.sqrt(len(embedding))) + hidden_bias, 0)
        return float(out_weight[0] @ hidden + out_bias[0])


def _runtime():
    try:
        import onnxruntime
    except ImportError:
        raise BadInput("this model needs ONNX Runtime: pip install onnxruntime, or leave --model out.") from None
    onnxruntime.disable_telemetry_events()  # on Windows they are on
    onnxruntime.set_default_logger_severity(4)  # errors come as exceptions
    return onnxruntime


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
