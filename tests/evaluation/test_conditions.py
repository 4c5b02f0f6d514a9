from __future__ import annotations

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.evaluation.conditions import noisy
from utils import SAMPLE_RATE


def test_a_clip_is_always_in_the_same_room():
    samples = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    changed = noisy(Clip("here/a.flac", "ana"), samples)
    assert changed.shape == samples.shape
    assert changed.dtype == np.float32
    assert np.array_equal(changed, noisy(Clip("elsewhere/a.flac", "ana"), samples))
    assert not np.allclose(changed, noisy(Clip("here/b.flac", "ana"), samples), atol=0.1)
    assert not np.allclose(changed, noisy(Clip("here/a.flac", "ana", start_s=1.0), samples), atol=0.1)


def test_noise_is_10_db_below_the_speech_in_its_room():
    """An impulse leaves the room's response; what is there before it is noise alone."""
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    samples[2 * SAMPLE_RATE] = 1.0
    levels = []
    for i in range(20):
        changed = noisy(Clip(f"{i}.flac", "ana"), samples)
        noise = np.mean(changed[: 2 * SAMPLE_RATE] ** 2)
        speech = np.mean(changed**2) - noise
        levels.append(10 * np.log10(speech / noise))
    assert np.mean(levels) == pytest.approx(10, abs=1.0)  # the noise swells: one half of it is louder than the other
