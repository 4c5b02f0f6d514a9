"""A tapped source gives the same sound to the reader and to whoever takes it."""

from __future__ import annotations

import numpy as np

from app.audio.tapped_source import TappedSource
from tests.support.array_source import ArraySource


def test_reader_and_taker_get_the_same_sound():
    samples = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)
    source = TappedSource(ArraySource(samples, name="x"))
    source.start()
    read, taken = [], []
    while (block := source.read(0.25, 2.0)) is not None:
        read.append(block)
        if len(read) != 2:  # not taken at once: it is there the next time
            taken += source.taken()
    assert taken == read
    np.testing.assert_array_equal(np.concatenate([block.samples for block in taken]), samples)
    assert source.taken() == []
    assert source.name == "x"
    source.stop()
