"""Speech -> embedding: a loaded network behind numpy arrays, whatever computes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np

from app.embedding.overlap_head import OverlapHead
from app.embedding.windows import Windows
from app.scoring.channel import Channel
from app.scoring.cohort import Cohort, unit
from app.scoring.crowd import Strangers
from app.scoring.decision import DecisionRule
from app.scoring.vectors import NotComparable, usable
from utils import BadInput, HeardError

MIN_SAMPLES = 1600
"""The shortest signal, 0.1 s: less says nothing about a voice."""
BATCH_SAMPLES = 96 * 16_000
"""The most sound in one batch, unless it is a single signal: memory does not grow with how much comes."""


class Encoder(ABC):
    """Turns 16 kHz speech into unit-length embeddings. ``app.embedding.load`` makes them.

    Not for use by several threads at once.
    """

    def __init__(
        self,
        card: dict,
        model_id: str,
        dim: int,
        *,
        cohort: np.ndarray | None = None,
        channel: Channel | None = None,
        overlap: OverlapHead | None = None,
        device: str = "cpu",
        precision: str = "float32",
        where: str = "",
    ):
        """``cohort``: embeddings (k, dim) of strangers, of any length, that come with the weights. ``channel``: what
        lines do to them. ``where``: the file that errors name.

        Raises NotComparable for a card with numbers that are not finite, or such a cohort, or one of other sizes.
        """
        self.card = card
        self.model_id = model_id
        self.sha256: str = card["sha256"]
        """Of the weights: voiceprints of other weights are never compared with this encoder's."""
        self.dim = dim
        self.device = device
        self.precision = precision
        """Of the weights and activations: "float32", "bfloat16" or "int8"."""
        self.where = where or model_id
        """What errors name."""
        if cohort is not None and (
            cohort.ndim != 2 or cohort.shape[1] != dim or len(cohort) < 2 or not np.isfinite(cohort).all()
        ):
            raise NotComparable("a cohort of other sizes, or one that is not finite")
        self.cohort = (
            None
            if cohort is None
            else Cohort(unit(cohort.astype(np.float32)), **card.get("cohort", {}), channel=channel)
        )
        """What this model's scores are normalised against; None if it brings none."""
        if "threshold" in card:
            self.rule()  # raises NotComparable for a card whose numbers are not finite
        self.overlap = overlap
        """Tells whether two people speak at once; None if the model brings none."""

    def rule(self, threshold: float | None = None) -> DecisionRule:
        """The decision rule of this model's card. A ``threshold`` of one's own holds for speech of any length.

        Raises HeardError for a card without one if none is given.
        """
        calibration = self.card.get("calibration") or {}
        own = self.card.get("threshold", threshold)
        if own is None:
            raise HeardError(f"{self.where}: the model's card says no threshold; give one with --threshold.")
        rows = self.card.get("thresholds", [])
        by_speech = rows if threshold is None else []
        return DecisionRule(
            threshold=own if threshold is None else threshold,
            margin=self.card.get("margin", 0.0),
            scale=calibration.get("scale", 20.0),
            offset=calibration.get("offset", -20.0 * own),
            by_speech=tuple((row["speech_s"], row["threshold"]) for row in by_speech),
            calibrated=tuple((row["speech_s"], row["scale"], row["offset"]) for row in rows if "scale" in row),
            strangers=Strangers(**strangers) if (strangers := self.card.get("strangers")) else None,
        )

    def embed(self, samples: np.ndarray) -> np.ndarray:
        """The embedding (D,) float32 of unit length of speech (n,) float32. Raises BadInput for less than 0.1 s."""
        return self.embed_batch([samples])[0]

    def embed_batch(self, signals: Sequence[np.ndarray]) -> np.ndarray:
        """The embeddings (len(signals), D) of signals of any lengths; zeros, which are like nobody's, for one of which
        the network makes no numbers.

        Only equal lengths share a batch, so nothing is padded. Raises BadInput for a signal of less than 0.1 s.
        """
        return self._embed_by_length(signals, overlaps=False)[0]

    def embed_with_overlap(self, samples: np.ndarray) -> tuple[np.ndarray, bool]:
        """The embedding (D,) of about a second of speech (n,), and whether two people speak at once in it.

        The second is False if the model has no overlap head. Raises BadInput for less than 0.1 s.
        """
        vectors, overlap = self.embed_batch_with_overlap([samples])
        return vectors[0], self.is_overlap(overlap[0])

    def is_overlap(self, probability: float) -> bool:
        """Whether a probability of ``embed_batch_with_overlap`` reaches the overlap head's threshold."""
        return self.overlap is not None and bool(probability >= self.overlap.threshold)

    def embed_batch_with_overlap(self, signals: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The embeddings (len(signals), D), and the probability (len(signals),) that two people speak at once in each.

        Probabilities are meant for signals of about a second; they are NaN if the model has no overlap head. Raises
        BadInput for a signal of less than 0.1 s, HeardError for a damaged model.
        """
        return self._embed_by_length(signals, overlaps=True)

    def windows(self) -> Windows:
        """What embeds windows of one sound, of which many overlap: with the same embeddings, to rounding."""
        return Windows(self)

    def _embed_by_length(self, signals: Sequence[np.ndarray], *, overlaps: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``embed_batch_with_overlap``; without ``overlaps`` the probabilities are NaN."""
        out, overlap = np.empty((len(signals), self.dim), np.float32), np.full(len(signals), np.nan, np.float32)
        by_length: dict[int, list[int]] = {}
        for index, signal in enumerate(signals):
            if len(signal) < MIN_SAMPLES:
                raise BadInput(f"{len(signal) / 16000:.2f} s of sound are too short for a voice (at least 0.1 s).")
            by_length.setdefault(len(signal), []).append(index)
        for length, indices in by_length.items():
            step = max(1, BATCH_SAMPLES // length)
            for some in (indices[at : at + step] for at in range(0, len(indices), step)):
                out[some], overlap[some] = self._embed_equal(np.stack([signals[i] for i in some]), overlaps=overlaps)
        return out, overlap

    def _embed_equal(self, batch: np.ndarray, *, overlaps: bool) -> tuple[np.ndarray, np.ndarray]:
        """See ``embed_batch_with_overlap``: of a ``batch`` as ``_embed`` takes it."""
        overlap, pooled = np.full(len(batch), np.nan, np.float32), None
        if overlaps:
            out, pooled = self._embed_with_statistics(batch)
        else:
            out = self._embed(batch)
        if pooled is not None and self.overlap is not None:
            if pooled.shape[1] != len(self.overlap.weight):
                raise HeardError(f"{self.where}: the overlap head beside it is of another network; delete it.")
            overlap = self.overlap.probability(pooled)
        with np.errstate(invalid="ignore", over="ignore"):
            return usable(unit(out)), overlap

    def _embed_with_statistics(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The embeddings of ``_embed``, and the statistics (B, F) they are made of; None if they cannot be had."""
        return self._embed(batch), None

    @abstractmethod
    def _embed(self, batch: np.ndarray) -> np.ndarray:
        """Waves (B, n) float32 -> embeddings (B, D), of any length."""

    @property
    @abstractmethod
    def knows_gender(self) -> bool: ...

    @abstractmethod
    def _female_logit(self, embedding: np.ndarray) -> float:
        """What the gender head makes of an embedding (D,) of unit length."""

    def gender(self, embedding: np.ndarray) -> tuple[str | None, float]:
        """("female" | "male", probability) for an embedding (D,), or (None, probability) when too close to say."""
        if not self.knows_gender:
            return None, 0.0
        female = 1 / (1 + np.exp(-self._female_logit(embedding)))
        sure = float(max(female, 1 - female))
        if not sure >= (self.card.get("gender") or {}).get("abstain", 0.8):
            return None, sure if np.isfinite(sure) else 0.0
        return ("female" if female >= 0.5 else "male"), sure


Embed = Callable[[np.ndarray], np.ndarray]
"""Speech (n,) float32 at 16 kHz -> unit embedding (D,)."""
