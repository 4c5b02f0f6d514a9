"""The networks that are measured: this program's, and those of others beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.embedding.encoder import Embed
from app.embedding.resemblyzer import load_resemblyzer

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder
    from app.scoring.cohort import Cohort
    from app.scoring.decision import DecisionRule


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
        from app.embedding.load import load_encoder

        return own(load_encoder(name))
    return System(name, REFERENCES[name]())


REFERENCES: dict[str, Callable[[], Embed]] = {"resemblyzer": load_resemblyzer}
