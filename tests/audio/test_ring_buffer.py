"""The ring buffer, alone and between two threads that never wait for each other."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from app.audio.ring_buffer import RingBuffer


def ramp(start: int, count: int, channels: int = 1) -> np.ndarray:
    """Frames that say their own number; exact in float32 below 2**24."""
    return np.repeat(np.arange(start, start + count, dtype=np.float32)[:, None], channels, axis=1)


def test_what_is_written_is_read_once_and_in_order():
    ring = RingBuffer(8, channels=2)
    ring.write(ramp(0, 3, 2))
    ring.write(ramp(3, 2, 2))
    frames, skipped = ring.take()
    np.testing.assert_array_equal(frames, ramp(0, 5, 2))
    assert skipped == 0
    frames, skipped = ring.take()
    assert frames.shape == (0, 2)
    assert skipped == 0


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8])
def test_it_wraps_at_every_place(size):
    ring = RingBuffer(8)
    for start in range(0, 40 * size, size):
        ring.write(ramp(start, size))
        frames, skipped = ring.take()
        np.testing.assert_array_equal(frames, ramp(start, size))
        assert (skipped, ring.position, ring.written) == (0, start + size, start + size)


@pytest.mark.parametrize("size", [1, 3, 8, 11, 29])
def test_a_reader_that_is_lapped_gets_the_newest(size):
    ring = RingBuffer(8)
    written = 0
    while written < 50:
        ring.write(ramp(written, size))
        written += size
    frames, skipped = ring.take()
    np.testing.assert_array_equal(frames, ramp(written - 8, 8))
    assert skipped == written - 8
    ring.write(ramp(written, 2))
    np.testing.assert_array_equal(ring.take()[0], ramp(written, 2))


def test_the_oldest_is_skipped_for_a_limit():
    ring = RingBuffer(100)
    ring.write(ramp(0, 60))
    frames, skipped = ring.take(25)
    np.testing.assert_array_equal(frames, ramp(35, 25))
    assert (skipped, ring.position) == (35, 60)


def test_what_is_read_is_a_copy():
    ring = RingBuffer(4)
    ring.write(ramp(0, 4))
    frames, _ = ring.take()
    ring.write(ramp(4, 4))
    np.testing.assert_array_equal(frames, ramp(0, 4))


@pytest.mark.parametrize(("capacity", "channels"), [(0, 1), (4, 0)])
def test_it_needs_room(capacity, channels):
    with pytest.raises(ValueError, match="room"):
        RingBuffer(capacity, channels)


def hammer(ring: RingBuffer, total: int, block: int) -> tuple[int, int, int]:
    """Write a ramp as fast as possible beside a reader; (frames read, frames skipped, torn or repeated pieces)."""
    writer = threading.Thread(target=lambda: [ring.write(ramp(at, block)) for at in range(0, total, block)])
    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # the threads interrupt each other as often as they can
    read = skipped = wrong = expected = 0
    try:
        writer.start()
        while expected < total:
            frames, lost = ring.take()
            expected += lost
            wrong += not np.array_equal(frames, ramp(expected, len(frames)))
            expected += len(frames)
            read, skipped = read + len(frames), skipped + lost
    finally:
        writer.join()
        sys.setswitchinterval(switch)
    return read, skipped, wrong


def test_nothing_is_torn_while_a_writer_laps_the_reader():
    """NumPy lets other threads run while it copies: so large a slice is written over while it is read, many times."""
    read, skipped, wrong = hammer(RingBuffer(60_000), total=12_000_000, block=4_000)
    assert wrong == 0
    assert read + skipped == 12_000_000
    assert min(read, skipped) > 0


def test_the_hammer_would_see_a_ring_without_its_guard():
    class Careless(RingBuffer):
        _claimed = property(lambda self: 0, lambda self, value: None)

    wrong = sum(hammer(Careless(60_000), total=12_000_000, block=4_000)[2] for _ in range(10))
    assert wrong > 0
