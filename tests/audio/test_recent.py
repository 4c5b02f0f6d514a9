"""The last minutes of sound: what comes back is what was heard, and memory does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.recent import RecentSound
from utils import SAMPLE_RATE


def ramp(seconds: float, start: int = 0) -> np.ndarray:
    """Samples that tell their own number."""
    numbers = np.arange(start, start + round(seconds * SAMPLE_RATE)) % 30_000
    return (numbers / 32768).astype(np.float32)


@pytest.mark.parametrize("block_s", [0.25, 0.7, 3.0])
def test_any_piece_comes_back_sample_for_sample(block_s):
    recent, size = RecentSound(), round(block_s * SAMPLE_RATE)
    sound = ramp(7.0)
    for at in range(0, len(sound), size):
        recent.add(sound[at : at + size], at / SAMPLE_RATE)
    for start_s, end_s in ((0.0, 7.0), (0.3, 0.4), (1.99, 4.01), (6.5, 99.0)):
        expected = sound[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]
        np.testing.assert_array_equal(recent.between(start_s, end_s), np.round(expected * 32768).astype(np.int16))


def test_the_oldest_goes():
    recent = RecentSound(capacity_s=2.0)
    for second in range(10):
        recent.add(ramp(1.0, second * SAMPLE_RATE), second)
    assert (recent.start_s, recent.end_s) == (8.0, 10.0)
    assert len(recent.between(0.0, 8.0)) == 0
    assert len(recent.between(7.0, 9.0)) == SAMPLE_RATE
    assert sum(block.nbytes for block in recent._blocks.values()) <= 3 * 2 * SAMPLE_RATE


def test_a_gap_is_silence():
    recent = RecentSound()
    recent.add(np.full(SAMPLE_RATE, 0.5, np.float32), 0.0)
    recent.add(np.full(SAMPLE_RATE, 0.5, np.float32), 5.0)
    assert not recent.between(1.0, 5.0).any()
    assert recent.between(4.0, 6.0)[-1] == 16384


def test_too_loud_does_not_wrap_around():
    recent = RecentSound()
    recent.add(np.array([1.0, 1.5, -1.0, -2.0], np.float32), 0.0)
    assert recent.between(0, 1).tolist() == [32767, 32767, -32768, -32768]


def test_cleared_is_forgotten():
    recent = RecentSound()
    recent.add(ramp(1.0), 0.0)
    recent.clear()
    assert len(recent.between(0, 1)) == 0
