"""Speech cut into pieces: one length, nothing lost, nothing counted twice."""

from __future__ import annotations

import numpy as np
import pytest

from app.enrolment.segments import embed_segments, pool_embeddings, segment_speech
from utils import SAMPLE_RATE


@pytest.mark.parametrize(
    ("seconds", "count"), [(0, 0), (0.99, 0), (1, 1), (2.9, 1), (3, 1), (3.01, 2), (6, 2), (6.5, 3), (60, 20)]
)
def test_pieces_hold_all_of_the_speech(seconds, count):
    speech = np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32)
    pieces = segment_speech(speech)
    assert len(pieces) == count
    if count:
        assert len({len(piece) for piece in pieces}) == 1
        assert np.array_equal(np.unique(np.concatenate(pieces)), speech)


def test_embeddings_and_their_seconds(encoder, voice):
    speech = voice("Ana")[: 7 * SAMPLE_RATE]
    vectors, seconds = embed_segments(encoder, speech)
    assert vectors.shape == (3, encoder.dim)
    assert sum(seconds) == pytest.approx(7)
    assert np.linalg.norm(pool_embeddings(vectors, seconds)) == pytest.approx(1, abs=1e-6)
    nothing, none = embed_segments(encoder, speech[:8000])
    assert nothing.shape == (0, encoder.dim)
    assert none == []


def test_pooling_weighs_by_speech():
    vectors = np.eye(2, 4, dtype=np.float32)
    assert np.allclose(pool_embeddings(vectors, [3.0, 1.0]), np.array([3, 1, 0, 0]) / np.sqrt(10))
