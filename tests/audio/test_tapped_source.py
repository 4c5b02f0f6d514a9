"""A tapped source gives the same sound to the reader and to the tap."""

from __future__ import annotations

import numpy as np

from app.audio.tapped_source import TappedSource
from tests.support.array_source import ArraySource


def test_reader_and_tap_get_the_same_sound():
    samples = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)
    seen = []
    source = TappedSource(ArraySource(samples, name="x"), lambda sound, start_s: seen.append((start_s, sound)))
    source.start()
    read = []
    while (block := source.read(0.25, 2.0)) is not None:
        read.append(block.samples)
    np.testing.assert_array_equal(np.concatenate(read), samples)
    np.testing.assert_array_equal(np.concatenate([sound for _, sound in seen]), samples)
    assert [start_s for start_s, _ in seen[:3]] == [0.0, 0.25, 0.5]
    assert source.name == "x"
    source.stop()
