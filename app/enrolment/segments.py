"""Speech -> embeddings for enrolment: cut into pieces of one length, so that they share a batch and weigh the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.scoring.cohort import unit
from utils import SAMPLE_RATE

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

SEGMENT_S = 3.0
"""About as long as what is compared with it: 2 s of read speech against 20 s of enrolment had an EER of 2.2 to 2.4 %
with pieces of 2, 3 or 4 s, and of 3.4 % with all 20 s embedded at once."""
MIN_SPEECH_S = 1.0
"""Less speech than this in a recording makes no voiceprint."""


def segment_speech(speech: np.ndarray) -> list[np.ndarray]:
    """Speech (n,) as pieces that hold all of it: each of 3 s, neighbours overlapping by as much as it takes.

    From 1 to 3 s it is one piece as it is; of less than 1 s nothing is made.
    """
    length = round(SEGMENT_S * SAMPLE_RATE)
    if len(speech) < MIN_SPEECH_S * SAMPLE_RATE:
        return []
    if len(speech) <= length:
        return [speech]
    starts = np.linspace(0, len(speech) - length, -(-len(speech) // length)).round().astype(int)
    return [speech[start : start + length] for start in starts]


def embed_segments(encoder: Encoder, speech: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The embeddings (k, D) of unit length of the pieces of ``speech`` (n,), and the seconds of speech behind each.

    The seconds add up to the speech: what two pieces share is not counted twice. k is 0 for less than 1 s.
    """
    pieces = segment_speech(speech)
    return encoder.embed_batch(pieces), [len(speech) / SAMPLE_RATE / max(1, len(pieces))] * len(pieces)


def embed_clean_and_noisy(encoder: Encoder, speech: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """As ``embed_segments``, for a voiceprint: the mean of each segment and of the same segment in a noisy room.

    Enrolment is mostly recorded close by and in quiet, what is compared with it later is not. With 50 people who were
    never trained on and 3 s of speech in a noisy room the EER fell from 4.9 to 3.8 %, and the false rejects from 18.8
    to 14.6 %; without noise the EER rose from 2.1 to 2.4 %. ``simulate_noisy_rooms`` is the same at every call.
    """
    vectors, seconds = embed_segments(encoder, speech)
    if not len(vectors):
        return vectors, seconds
    return unit(vectors + encoder.embed_batch(simulate_noisy_rooms(segment_speech(speech)))).astype(np.float32), seconds


def simulate_noisy_rooms(pieces: Sequence[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    """Pieces (n,) of speech, each in a simulated room of its own with coloured noise 8 to 25 dB below the speech."""
    from app.audio.acoustics import noisy_room, simulated_room

    rng, changed = np.random.default_rng(seed), []
    for piece in pieces:
        room, snr_db = simulated_room(rng.uniform(0.2, 0.6), rng), rng.uniform(8, 25)
        changed.append(noisy_room(piece, room, snr_db, rng))
    return changed


def pool_embeddings(vectors: np.ndarray, seconds: Sequence[float]) -> np.ndarray:
    """Embeddings (k, D), k of at least 1, as one of unit length: their mean, weighted by the speech behind each."""
    return unit(np.average(vectors, axis=0, weights=seconds)).astype(np.float32)
