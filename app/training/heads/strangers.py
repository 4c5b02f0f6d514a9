"""What the voiceprints of strangers score with one another: what a gallery is held against (``app.scoring.crowd``)."""

from __future__ import annotations

import numpy as np

from app.embedding.encoder import Encoder
from app.scoring.calibration import LabelledEmbeddings
from app.scoring.cohort import Cohort, unit
from app.scoring.crowd import scores_among, strangers_of
from app.training.corpus import Corpus
from utils import SAMPLE_RATE, BadInput

PIECE_S, MOST_PIECES = 3.0, 12
"""Length of the pieces that voiceprints are made of, and how many of each person."""


def strangers_aside(enrolled: LabelledEmbeddings, corpora: np.ndarray, cohort: Cohort | None) -> dict[str, float]:
    """What the people of one corpus score with one another, by the means of their ``enrolled`` embeddings: the card's
    ``strangers``. ``corpora``: (speakers,). Raises BadInput if no corpus has three people."""
    speakers = np.unique(enrolled.speakers)
    voiceprints = unit(np.stack([enrolled.of(speaker).sum(axis=0) for speaker in speakers])).astype(np.float32)
    corpora = corpora[speakers]
    groups = [voiceprints[corpora == corpus] for corpus in np.unique(corpora)]
    scores = [scores_among(group, cohort) for group in groups if len(group) >= 3]
    if not scores:
        raise BadInput(f"data.holdout: three people of one corpus are needed, with {PIECE_S:g} s of speech each.")
    return {name: round(value, 4) for name, value in strangers_of(np.concatenate(scores))._asdict().items()}


def measure_strangers(encoder: Encoder, validation: Corpus) -> dict[str, float]:
    """The same of a finished model, and the speakers set aside (``validation``) as they were recorded."""
    pieces = [
        (piece, speaker)
        for speaker in range(len(validation))
        for piece in validation.pieces(speaker, round(PIECE_S * SAMPLE_RATE), MOST_PIECES)
    ]
    sounds, speakers = zip(*pieces, strict=True)
    enrolled = LabelledEmbeddings(encoder.embed_batch(list(sounds)), np.array(speakers))
    return strangers_aside(enrolled, np.array([speaker.corpus for speaker in validation.speakers]), encoder.cohort)
