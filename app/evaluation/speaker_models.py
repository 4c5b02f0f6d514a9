"""The networks that are measured: this program's, and those of others beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.embedding.encoder import Embed
from app.embedding.resemblyzer import load_resemblyzer

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder
    from app.scoring.cohort import Cohort
    from app.scoring.decision import DecisionRule


@dataclass(frozen=True)
class SpeakerModel:
    """A speaker network as it is evaluated."""

    name: str
    embed: Embed
    threshold: float | None = None
    """The network's own threshold for two pieces of speech; None if it states none."""
    gender: Callable[[np.ndarray], tuple[str | None, float]] | None = None
    """``Encoder.gender`` if the network has that head."""
    cohort: Cohort | None = None
    """The network's own cohort, if its scores are normalised."""
    rule: DecisionRule | None = None
    """How the network decides, if it is calibrated."""

    @classmethod
    def of_encoder(cls, encoder: Encoder) -> SpeakerModel:
        """The program's encoder, to be evaluated."""
        gender = encoder.gender if encoder.knows_gender else None
        rule = encoder.rule() if encoder.card.get("calibration") else None
        return cls(encoder.model_id, encoder.embed, encoder.card["threshold"], gender, encoder.cohort, rule)

    def without_norm(self) -> SpeakerModel:
        """The network with plain cosines. Its threshold and rule hold for normalised scores, and go with the cohort."""
        return self if self.cohort is None else replace(self, cohort=None, threshold=None, rule=None)


def load_reference(name: str) -> SpeakerModel:
    """One of ``REFERENCES``, or the embedded model. Raises BadInput if a package is not installed."""
    if name == "embedded":
        from app.embedding.load import load_encoder

        return SpeakerModel.of_encoder(load_encoder(name))
    return SpeakerModel(name, REFERENCES[name]())


REFERENCES: dict[str, Callable[[], Embed]] = {"resemblyzer": load_resemblyzer}
