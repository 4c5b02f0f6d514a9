"""Resemblyzer, a network of others: a reference to measure against, and a teacher in training."""

from __future__ import annotations

import numpy as np

from app.embedding.encoder import Embed
from utils import SAMPLE_RATE, BadInput, missing_extra

LEVEL_DBFS = -26.0
SHORTEST_S = 0.2


def load_resemblyzer() -> Embed:
    """Resemblyzer's encoder (GE2E, Wan et al. 2018), embeddings (256,) with its weights, which come with the package.

    It hears level, so speech is brought to -26 dBFS first; its own voice activity detection is left out, as for every
    other network here. Raises HeardError if the package is not installed.
    """
    try:
        from resemblyzer import VoiceEncoder
    except ImportError:
        raise missing_extra("a comparison with Resemblyzer", "its package", "teacher") from None
    encoder = VoiceEncoder("cpu", verbose=False)

    def embed(samples: np.ndarray) -> np.ndarray:
        if len(samples) < SHORTEST_S * SAMPLE_RATE:
            raise BadInput(f"{len(samples) / SAMPLE_RATE:.2f} s of speech is too short for Resemblyzer.")
        return encoder.embed_utterance(at_level(samples)).astype(np.float32)

    return embed


def at_level(samples: np.ndarray, level_dbfs: float = LEVEL_DBFS) -> np.ndarray:
    """``samples`` (n,) with this root mean square; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return samples * np.float32(10 ** (level_dbfs / 20) / max(rms, 1e-6))
