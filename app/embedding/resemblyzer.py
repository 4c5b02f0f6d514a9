"""The networks that are measured: ours, and those of others beside it (one of which also teaches ours)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from utils import SAMPLE_RATE, BadInput

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder
    from app.scoring.decision import DecisionRule
    from app.scoring.gallery import Cohort

Embed = Callable[[np.ndarray], np.ndarray]
"""Speech (n,) float32 at 16 kHz -> unit embedding (D,)."""
LEVEL_DBFS = -26.0
SHORTEST_S = 0.2


@dataclass(frozen=True)
class System:
    """A speaker network as measurements see it."""

    name: str
    embed: Embed
    threshold: float | None = None
    """Its own, for two pieces of speech; None if it states none."""
    gender: Callable[[np.ndarray], tuple[str | None, float]] | None = None
    """``Encoder.gender`` if it has that head."""
    cohort: Cohort | None = None
    """Its own, if its scores are normalised."""
    rule: DecisionRule | None = None
    """How it decides, if it is calibrated."""


def own(encoder: Encoder) -> System:
    """The program's encoder as a system."""
    gender = encoder.gender if encoder.knows_gender else None
    rule = encoder.rule() if encoder.card.get("calibration") else None
    return System(encoder.model_id, encoder.embed, encoder.card["threshold"], gender, encoder.cohort, rule)


def load_reference(name: str) -> System:
    """One of ``REFERENCES``, or the embedded model. Raises BadInput if a package is not installed."""
    if name == "embedded":
        from app.embedding.encoder import Encoder

        return own(Encoder.load(name))
    return System(name, REFERENCES[name]())


def load_resemblyzer() -> Embed:
    """Resemblyzer's encoder (GE2E, Wan et al. 2018), embeddings (256,) with its weights, which come with the package.

    It hears level, so speech is brought to -26 dBFS first; its own voice activity detection is left out, as for every
    other network here. Raises BadInput if the package is not installed.
    """
    try:
        from resemblyzer import VoiceEncoder
    except ImportError:
        raise BadInput("Resemblyzer is not installed: pip install -r requirements-train.txt") from None
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


REFERENCES: dict[str, Callable[[], Embed]] = {"resemblyzer": load_resemblyzer}
