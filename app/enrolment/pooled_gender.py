"""What may be said of a person's voice: by all of their speech together, and only where it is all but sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.scoring.gallery import Gallery

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

SURE = 0.99
"""Below this probability nothing is said."""


def sure_genders(encoder: Encoder, gallery: Gallery) -> dict[str, str]:
    """Name -> "female" or "male", of each voiceprint that leaves hardly a doubt; of the others nothing."""
    found = {}
    for name, vector in zip(gallery.names, gallery.vectors, strict=True):
        gender, probability = encoder.gender(vector)
        if gender is not None and probability >= SURE:
            found[name] = gender
    return found
