"""Speech -> embeddings for enrolment, by segments of one length: they share a batch and weigh the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.scoring.vectors import finite_unit, unit
from utils import SAMPLE_RATE

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

SEGMENT_S = 3.0
"""Seconds of speech in a segment: about as long as what is compared with a voiceprint later. An embedding of all the
speech at once compares worse with short speech than the mean of its segments does."""
MIN_SPEECH_S = 1.0
"""A recording with less speech than this, in seconds, makes no voiceprint."""


def segment_speech(speech: np.ndarray) -> list[np.ndarray]:
    """Cut speech (n,) into segments of 3 s that hold all of it; neighbours overlap by as much as that takes.

    Speech of 1 to 3 s is one segment. Less than 1 s gives none.
    """
    length = round(SEGMENT_S * SAMPLE_RATE)
    if len(speech) < MIN_SPEECH_S * SAMPLE_RATE:
        return []
    if len(speech) <= length:
        return [speech]
    starts = np.linspace(0, len(speech) - length, -(-len(speech) // length)).round().astype(int)
    return [speech[start : start + length] for start in starts]


def embed_segments(encoder: Encoder, speech: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Embed the segments of ``speech`` (n,): (k, D) of unit length, and the seconds of speech behind each of the k.

    The seconds add up to the speech: what two segments share is not counted twice. k is 0 for less than 1 s.
    """
    segments = segment_speech(speech)
    return encoder.embed_batch(segments), [len(speech) / SAMPLE_RATE / max(1, len(segments))] * len(segments)


def embed_clean_and_noisy(encoder: Encoder, speech: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """As ``embed_segments``, for a voiceprint: the mean of each segment and of the same segment in a noisy room.

    Enrolment is mostly recorded close by and in quiet, what is compared with it later is not. The voiceprint loses a
    little where both are quiet and gains more where the later sound is noisy. The rooms are the same at every call, so
    the same speech gives the same embeddings.
    """
    vectors, seconds = embed_segments(encoder, speech)
    if not len(vectors):
        return vectors, seconds
    return unit(vectors + encoder.embed_batch(simulate_noisy_rooms(segment_speech(speech)))).astype(np.float32), seconds


def simulate_noisy_rooms(segments: Sequence[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    """Put each segment (n,) of speech in a simulated room of its own, with coloured noise 8 to 25 dB below the speech.

    The same ``seed`` gives the same rooms and noise.
    """
    from app.audio.acoustics import noisy_room, simulated_room

    rng, changed = np.random.default_rng(seed), []
    for segment in segments:
        room, snr_db = simulated_room(rng.uniform(0.2, 0.6), rng), rng.uniform(8, 25)
        changed.append(noisy_room(segment, room, snr_db, rng))
    return changed


def pool_embeddings(vectors: np.ndarray, seconds: Sequence[float]) -> np.ndarray:
    """Pool embeddings (k, D), k at least 1, into one of unit length: their mean, weighted by the speech behind each.

    ``seconds``: k seconds of speech. Raises NotComparable for embeddings that are not finite.
    """
    return finite_unit(np.average(vectors, axis=0, weights=seconds))
