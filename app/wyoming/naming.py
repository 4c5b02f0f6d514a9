"""Who says an utterance: the model, and the people enrolled as they are at that moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.embedding.encoder import Encoder
from app.scoring.certainty import Certainty
from app.scoring.gallery import Gallery
from app.verification import embed_recordings, identify_embedding
from app.voiceprints.store import VoiceprintStore
from utils import BadInput


@dataclass(frozen=True)
class Said:
    """Who says an utterance."""

    label: str
    """A name as it is shown, or "unknown"."""
    speaker: str | None
    certainty: str
    """"certain", "likely" or "unknown"."""
    confidence: float
    """0 to 1: the probability that the name is right."""
    reason: str = ""
    """Why it is unknown."""

    def as_json(self) -> dict[str, object]:
        return {
            "label": self.label,
            "speaker": self.speaker,
            "certainty": self.certainty,
            "confidence": round(self.confidence, 4),
            "reason": self.reason,
        }


class Namer:
    """For any thread; one utterance is looked at after the other."""

    def __init__(self, encoder: Encoder, data: Path, threshold: float | None = None):
        self._encoder, self._data, self._threshold = encoder, data, threshold
        self._lock = threading.Lock()

    def people(self) -> tuple[str, ...]:
        return self._gallery().people

    def name(self, samples: np.ndarray) -> Said:
        """Who speaks in samples (n,) float32 at 16 kHz. With less than a second of speech nobody is named."""
        unknown = Certainty.UNKNOWN.value
        with self._lock:
            try:
                (embedded,) = embed_recordings(self._encoder, [samples])
            except BadInput as error:
                return Said("unknown", None, unknown, 0.0, str(error).removeprefix("sound 1: "))
            said = identify_embedding(embedded, self._gallery(), self._encoder, self._threshold)
        certainty = unknown if said.certainty is None else said.certainty.value
        return Said(str(said.label), said.speaker, certainty, said.confidence, said.reason)

    def _gallery(self) -> Gallery:
        with VoiceprintStore(self._data) as store:
            return store.gallery(self._encoder.sha256, self._encoder.cohort, self._encoder.dim)
