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


def test_it_does_what_a_list_would():
    rng = np.random.default_rng(0)
    ring, stream, read = RingBuffer(13, channels=2), 0, 0
    for _ in range(3000):
        size, limit = int(rng.integers(0, 18)), int(rng.integers(1, 16))
        ring.write(ramp(stream, size, 2))
        stream += size
        if rng.random() < 0.6:
            frames, skipped = ring.take(limit)
            start = max(read, stream - min(limit, 13))
            np.testing.assert_array_equal(frames, ramp(start, stream - start, 2))
            assert skipped == start - read
            read = stream


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
        while ring.position < total:
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
    assert read > 0


@pytest.mark.parametrize(("waiting", "overtaking"), [(8, 1), (8, 8), (8, 20), (5, 3), (5, 4), (5, 7), (5, 8), (1, 50)])
def test_a_writer_that_overtakes_a_copy_costs_frames_and_spoils_none(waiting, overtaking):
    """What the hammer meets by chance, at a known place: the writer comes just before the reader's copy is made."""

    class Overtaken(np.ndarray):
        def copy(self):
            ring.write(ramp(20 + waiting, overtaking))
            return np.array(self)

    ring = RingBuffer(8)
    ring.write(ramp(0, 20))
    ring.take()
    ring.write(ramp(20, waiting))
    plain, ring._frames = ring._frames, ring._frames.view(Overtaken)
    frames, skipped = ring.take()
    ring._frames = plain
    lost = min(max(waiting + overtaking - 8, 0), waiting)
    np.testing.assert_array_equal(frames, ramp(20 + lost, waiting - lost))
    assert skipped == lost
    frames, skipped = ring.take()
    np.testing.assert_array_equal(frames, ramp(20 + waiting + skipped, overtaking - skipped))
    assert skipped == max(overtaking - 8, 0)
