"""What this program plays itself is not listened to."""

from __future__ import annotations

import time

import numpy as np

from app.audio.computer.own_sound import TAIL_S, DiscreetSource, OwnSound
from tests.support.array_source import ArraySource


def test_it_is_audible_from_its_beginning_until_a_moment_after_its_end():
    own = OwnSound()
    assert not own.audible
    own.begin()
    own.begin()
    own.end()
    assert own.audible  # one of two is over
    own.end(latency_s=0.1)
    ended_at = time.monotonic()
    assert own.audible
    while own.audible:
        time.sleep(0.01)
    assert time.monotonic() - ended_at >= TAIL_S + 0.1 - 0.02


def test_sound_of_that_time_is_left_out_and_the_clock_goes_on(monkeypatch):
    own = OwnSound()
    source = DiscreetSource(ArraySource(np.arange(16_000) / 16_000), own)
    source.start()
    first = source.read(0.25, 0.25)
    own.begin()
    assert source.read(0.25, 0.25) is None
    assert source.pausing
    assert source.read(0.25, 0.25) is None
    assert source.pauses == ((0.25, 0.75),)
    monkeypatch.setattr("app.audio.computer.own_sound.TAIL_S", 0.0)
    own.end()
    last = source.read(0.25, 0.25)
    assert not source.pausing
    assert (first.end_s, last.start_s) == (0.25, 0.75)
    assert last.samples[0] == 0.75
    assert source.pauses == ((0.25, 0.75),)


def test_each_pause_is_one_of_its_own():
    own = OwnSound()
    source = DiscreetSource(ArraySource(np.zeros(16_000)), own)
    source.start()
    for _ in range(2):
        own._playing = 1
        assert source.read(0.25, 0.25) is None
        own._playing = 0
        assert source.read(0.25, 0.25) is not None
    assert source.pauses == ((0.0, 0.25), (0.5, 0.75))
