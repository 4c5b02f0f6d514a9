"""Blocks that are read before they are asked for are the same blocks."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.file_source import StreamSource
from app.audio.read_ahead import ReadAhead
from app.audio.source import SourceState
from utils import BadInput


def source(seconds=3.0, error=None):
    def blocks():
        for second in range(int(seconds)):
            yield np.full(16_000, second, np.float32)
        if error is not None:
            raise error

    return StreamSource("talk", blocks(), recorded=True)


def drain(reader, seen=None):
    reader.start()
    while True:
        if seen is not None and (blocks := reader.fill(0.128, 3.0)):
            seen.append(len(blocks))
        block = reader.read(0.128, 3.0)
        if block is None:
            return
        yield block


def collect(blocks, given):
    for block in blocks:
        given.append(block)


def test_the_blocks_are_the_same_and_are_seen_before():
    seen = []
    ahead = ReadAhead(source(), 1.0)
    given = list(drain(ahead, seen))
    plain = list(drain(source()))
    assert [(block.start_s, len(block.samples)) for block in given] == [
        (block.start_s, len(block.samples)) for block in plain
    ]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(given, plain, strict=True))
    assert sum(seen) == len(given)
    assert max(seen) * 0.128 <= 1.0 + 0.128
    assert ahead.status.state is SourceState.ENDED


def test_it_has_not_ended_before_the_last_block_is_given():
    ahead = ReadAhead(source(1.0), 30.0)
    blocks = drain(ahead)
    next(blocks)
    assert ahead.status.state is SourceState.RUNNING
    assert len(list(blocks)) == 7
    assert ahead.status.state is SourceState.ENDED


def test_a_damaged_file_is_heard_up_to_the_damage():
    given, blocks = [], drain(ReadAhead(source(2.0, BadInput("talk is damaged")), 30.0))
    with pytest.raises(BadInput, match="damaged"):
        collect(blocks, given)
    assert sum(len(block.samples) for block in given) > 1.8 * 16_000
