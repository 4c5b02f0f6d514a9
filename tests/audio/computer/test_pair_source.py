"""Two inputs on one clock."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from app.audio.backlog import Backlog
from app.audio.computer.pair_source import PairSource
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock, SourceState, SourceStatus
from tests.support.array_source import ArraySource
from utils import SAMPLE_RATE, BadInput


class Steady(ArraySource):
    """At its natural pace, and says when its clock began."""

    def __init__(self, samples: np.ndarray, name: str = "array", late_s: float = 0.0):
        super().__init__(samples, realtime=True, name=name)
        self._late_s = late_s
        self.epoch: float | None = None

    def start(self) -> None:
        super().start()
        self._began += self._late_s
        self.epoch = self._began


class Lost:
    """A device that is not there."""

    name = "lost"
    status = SourceStatus(SourceState.LOST, "the microphone is gone.")

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        time.sleep(timeout_s)
        return None


def clicks(seconds: float, at_s: float) -> np.ndarray:
    sound = np.zeros(round(seconds * 16_000), np.float32)
    sound[round(at_s * 16_000)] = 1.0
    return sound


def all_blocks(source: PairSource, seconds: float) -> list[AudioBlock]:
    source.start()
    blocks, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        if (block := source.read(0.128, 2.0, 0.2)) is not None:
            blocks.append(block)
    source.stop()
    return blocks


def test_what_sounds_at_once_is_at_once_in_both_channels_even_if_one_began_later():
    late_s = 0.3
    blocks = all_blocks(PairSource(Steady(clicks(2, 0.8)), Steady(clicks(2, 0.5), late_s=late_s)), 1.4)
    sound = np.concatenate([block.channels for block in blocks])
    here, remote = (int(np.argmax(sound[:, channel])) for channel in (0, 1))
    assert abs(here - remote) <= 80  # 5 ms: what starting two clocks takes
    for before, after in pairwise(blocks):
        assert after.start_s == pytest.approx(before.end_s, abs=1e-6)
    assert blocks[0].samples.shape == (len(blocks[0].channels),)
    assert np.allclose(blocks[0].samples, blocks[0].channels.mean(axis=1))


def test_one_that_is_lost_is_silent_and_said_and_the_other_goes_on():
    pair = PairSource(Lost(), Steady(np.ones(32_000)))
    blocks = all_blocks(pair, 1.2)
    assert sum(len(block.samples) for block in blocks) > 0.5 * 16_000
    sound = np.concatenate([block.channels for block in blocks])
    assert not sound[:, 0].any()
    assert sound[-1000:, 1].all()


def test_the_status_is_of_the_one_that_gives_sound_with_what_is_to_be_said_of_the_other():
    pair = PairSource(Lost(), Steady(np.ones(32_000)))
    pair.start()
    assert (pair.status.state, pair.status.message) == (SourceState.RUNNING, "the microphone is gone.")
    pair.stop()


def test_if_one_cannot_be_had_neither_runs():
    class Refused(Lost):
        def start(self) -> None:
            raise BadInput("no.")

    here = Steady(np.ones(16_000))
    with pytest.raises(BadInput):
        PairSource(here, Refused()).start()
    assert here.status.state is SourceState.ENDED


def test_a_clock_that_goes_wrong_is_set_again(monkeypatch):
    """One that is slow by 2 % falls 60 ms behind in three seconds."""
    monkeypatch.setattr("app.audio.computer.pair_source.WATCHED_S", 0.5)

    class Slow(Steady):
        def __init__(self, samples: np.ndarray):
            super().__init__(samples)
            self._given = Backlog()

        def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
            block = super().read(min_s, max_s, timeout_s)
            if block is None:
                return None
            self._given.append(block.samples[: round(len(block.samples) * 0.95)])
            return self._given.take(10**6)

    pair = PairSource(Steady(np.ones(80_000)), Slow(np.ones(80_000)))
    blocks = all_blocks(pair, 3.5)
    assert blocks[-1].end_s > 3.0
    behind_s = pair._tracks[0].end / 16_000 - pair._tracks[1].end / 16_000
    assert behind_s < 0.12  # it would be 0.17


def test_sides_that_are_inverted_do_not_cancel_each_other(demo_dir):
    speech = read_audio(demo_dir / "conversation.flac", end_s=6)
    blocks = all_blocks(PairSource(Steady(speech), Steady(-speech)), 5.5)
    late = [block for block in blocks if block.start_s > 3.5]
    mixture, here = (
        np.concatenate(parts) for parts in zip(*((b.samples, b.channels[:, 0]) for b in late), strict=True)
    )
    assert len(here) > SAMPLE_RATE
    assert np.square(mixture).mean() > 0.5 * np.square(here).mean()
