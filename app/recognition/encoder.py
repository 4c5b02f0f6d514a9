"""Speech -> embedding: a loaded network behind numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

import app.recognition.speech  # noqa: F401  loaded before torch, for its speed: see there
from app.recognition.decision import DecisionRule
from app.recognition.scoring import Cohort, unit
from utils import BadInput

if TYPE_CHECKING:
    from model import SpeakerNetwork

MIN_SAMPLES = 1600
"""Shorter pieces (0.1 s) say nothing about a voice."""
BATCH_SAMPLES = 96 * 16_000
"""At most so much sound goes through the network at once (or one signal): memory does not grow with how much comes."""


class Encoder:
    """Turns 16 kHz speech into unit-length embeddings. Use ``Encoder.load``; takes seconds, the rest milliseconds.

    Not for use by several threads at once.
    """

    def __init__(self, network: SpeakerNetwork, card: dict, model_id: str, device: str = "cpu"):
        self.card = card
        self.model_id = model_id
        self.sha256: str = card["sha256"]
        """Of the weights: voiceprints of other weights are never compared with this encoder's."""
        self.dim: int = network.arch.embedding_dim
        self.device = device
        network = network.to(device).eval()
        self._gender = network.gender
        self.cohort: Cohort | None = None
        """What this model's scores are normalised against; None if it brings none."""
        if network.cohort is not None:
            self.cohort = Cohort(unit(network.cohort.float().cpu().numpy()), **card.get("cohort", {}))
        self._network = network
        if device == "cpu":
            from app.recognition.fast_network import FastNetwork

            self._network = FastNetwork(network)  # a copy of its own: the plain backbone's memory is freed

    @classmethod
    def load(
        cls, model: str = "embedded", *, compute: str = "auto", progress: Callable[[int, int], None] | None = None
    ) -> Encoder:
        """Load a model by name or path.

        ``model``: "embedded", "speechbrain/spkrec-ecapa-voxceleb", or a path to weights. ``compute``: "auto" (a CUDA
        device if there is one), "cpu", "cuda" or "mps". ``progress(done_bytes, all_bytes)`` is told of a download.
        Raises BadInput for an unknown model or device, HeardError if it cannot be fetched or is damaged.
        """
        import torch

        from app.recognition import model_files

        # One thread: on a small, busy machine a second one made a 2 s window ten times slower, not faster.
        torch.set_num_threads(1)
        device = _device(compute)
        network, card = model_files.load(model, progress)
        return cls(network, card, card["name"], device)

    def rule(self, threshold: float | None = None) -> DecisionRule:
        """The decision rule of this model's card; a ``threshold`` of one's own holds for speech of any length."""
        calibration = self.card.get("calibration") or {}
        own = self.card["threshold"]
        rows = self.card.get("thresholds", [])
        by_speech = rows if threshold is None else []
        return DecisionRule(
            threshold=own if threshold is None else threshold,
            margin=self.card.get("margin", 0.0),
            scale=calibration.get("scale", 20.0),
            offset=calibration.get("offset", -20.0 * own),
            by_speech=tuple((row["speech_s"], row["threshold"]) for row in by_speech),
            calibrated=tuple((row["speech_s"], row["scale"], row["offset"]) for row in rows if "scale" in row),
        )

    def embed(self, samples: np.ndarray) -> np.ndarray:
        """(n,) float32 of at least 0.1 s -> (D,) float32 of unit length."""
        return self.embed_batch([samples])[0]

    def embed_batch(self, signals: Sequence[np.ndarray]) -> np.ndarray:
        """Signals of any lengths -> (len(signals), D). Only equal lengths share a batch, so nothing is padded."""
        import torch

        out = np.empty((len(signals), self.dim), np.float32)
        by_length: dict[int, list[int]] = {}
        for index, signal in enumerate(signals):
            if len(signal) < MIN_SAMPLES:
                raise BadInput(f"{len(signal) / 16000:.2f} s of sound are too short for a voice (at least 0.1 s).")
            by_length.setdefault(len(signal), []).append(index)
        with torch.inference_mode():
            for length, indices in by_length.items():
                step = max(1, BATCH_SAMPLES // length)
                for some in (indices[at : at + step] for at in range(0, len(indices), step)):
                    batch = torch.from_numpy(np.stack([signals[i] for i in some])).to(self.device)
                    out[some] = self._network(batch).float().cpu().numpy()
        return unit(out)

    @property
    def knows_gender(self) -> bool:
        return self._gender is not None

    def gender(self, embedding: np.ndarray) -> tuple[str | None, float]:
        """("female" | "male", probability) for an embedding (D,), or (None, probability) when too close to say."""
        if self._gender is None:
            return None, 0.0
        import torch

        with torch.inference_mode():
            logit = float(self._gender(torch.from_numpy(embedding)[None].to(self.device)))
        female = 1 / (1 + np.exp(-logit))
        sure = float(max(female, 1 - female))
        if sure < (self.card.get("gender") or {}).get("abstain", 0.8):
            return None, sure
        return ("female" if female >= 0.5 else "male"), sure


def _device(compute: str) -> str:
    import torch

    match compute:
        case "cpu":
            return "cpu"
        case "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        case "cuda" if not torch.cuda.is_available():
            raise BadInput("no CUDA device here: leave --compute out, or say --compute cpu.")
        case "mps" if not torch.backends.mps.is_available():
            raise BadInput("no Apple GPU here: leave --compute out, or say --compute cpu.")
        case "cuda" | "mps":
            return compute
    raise BadInput(f"--compute {compute}: it is one of auto, cpu, cuda, mps.")
