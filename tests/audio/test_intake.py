"""From streams of any format to sound on one clock, with the card's callback called by hand."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from app.audio.intake import Intake
from app.audio.ring_buffer import Capture
from utils import SAMPLE_RATE

FINE, OVERFLOW = SimpleNamespace(input_overflow=False), SimpleNamespace(input_overflow=True)


def tone(seconds: float, rate: int, channels: int = 1, start_s: float = 0.0) -> np.ndarray:
    """A tone of 440 Hz, (n, channels), that goes on through consecutive calls."""
    times = start_s + np.arange(round(seconds * rate)) / rate
    return np.repeat(np.sin(2 * np.pi * 440 * times, dtype=np.float32)[:, None] * 0.5, channels, axis=1)


def play(capture: Capture, sound: np.ndarray, flags: object = FINE) -> None:
    """Give sound to the callback as the card does, 20 ms at a time in the same buffer."""
    size = capture.rate // 50
    buffer = np.zeros((size, sound.shape[1]), np.float32)
    for at in range(0, len(sound), size):
        buffer[:] = sound[at : at + size]
        capture(buffer, size, None, flags)
    buffer[:] = np.nan


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 1), (44_100, 2), (48_000, 2), (48_000, 6)])
def test_any_format_becomes_mono_at_16_khz(rate, channels):
    capture, intake = Capture(rate, channels, capacity_s=2.0), Intake()
    for number in range(10):
        play(capture, tone(0.5, rate, channels, start_s=number / 2))
        assert intake.receive(capture, most=10 * SAMPLE_RATE)
    assert not intake.receive(capture, most=10 * SAMPLE_RATE)
    block = intake.backlog.take(10 * SAMPLE_RATE)
    assert 4.9 < block.end_s <= 5.0  # the resampler holds back what it needs to see first
    expected = tone(5.0, SAMPLE_RATE)[:, 0]
    np.testing.assert_allclose(block.samples[800:], expected[800 : len(block.samples)], atol=2e-3)


@pytest.mark.parametrize("sound", ["left", "right", "inverted"])
def test_a_voice_in_one_channel_of_two_is_heard(sound):
    capture, intake = Capture(16_000, 2, capacity_s=4.0), Intake()
    both = tone(3.0, 16_000, channels=2) * np.float32({"left": [1, 0], "right": [0, 1], "inverted": [1, -1]}[sound])
    play(capture, both)
    intake.receive(capture, most=3 * SAMPLE_RATE)
    samples = intake.backlog.take(3 * SAMPLE_RATE).samples[SAMPLE_RATE:]
    assert np.sqrt(np.mean(samples**2)) > 0.5 * 0.5 / np.sqrt(2)
    assert not intake.silent
    assert ("inverted" in intake.notice) == (sound == "inverted")


def test_one_channel_can_be_chosen():
    capture, intake = Capture(16_000, 4, capacity_s=2.0), Intake(channel=3)
    sound = tone(1.0, 16_000, channels=4) * np.float32([1, 1, 0, 1])
    sound[:, 2] = np.roll(sound[:, 0], 5)
    play(capture, sound)
    intake.receive(capture, most=SAMPLE_RATE)
    np.testing.assert_array_equal(intake.backlog.take(SAMPLE_RATE).samples, sound[:, 2])


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("capacity_s", [1.0, 5.0])
def test_a_slow_reader_gets_the_newest_at_its_true_time(rate, capacity_s):
    """Whether the ring was too small or the reader wanted less: the sound that comes is where its time says it is."""
    capture, intake = Capture(rate, 1, capacity_s), Intake()
    end_s = dropped_s = 0.0
    for number in range(4):
        play(capture, tone(2.0, rate, start_s=2.0 * number))
        intake.receive(capture, most=SAMPLE_RATE // 2)
        block = intake.backlog.take(SAMPLE_RATE)
        assert 0.4 < len(block.samples) / SAMPLE_RATE <= 0.5
        assert block.end_s == pytest.approx(2.0 * (number + 1), abs=0.05)
        assert block.start_s - end_s == pytest.approx(block.dropped_s, abs=1e-6)
        expected = tone(len(block.samples) / SAMPLE_RATE, SAMPLE_RATE, start_s=block.start_s)[:, 0]
        np.testing.assert_allclose(block.samples[800:], expected[800:], atol=5e-3)
        end_s, dropped_s = block.end_s, dropped_s + block.dropped_s
    assert intake.backlog.dropped_s == pytest.approx(dropped_s)


def test_what_waits_to_be_enough_is_bounded_too():
    capture, intake = Capture(16_000, 1, 5.0), Intake()
    for number in range(5):
        play(capture, tone(0.4, 16_000, start_s=0.4 * number))
        intake.receive(capture, most=SAMPLE_RATE // 2)
        assert len(intake.backlog) <= SAMPLE_RATE // 2
    block = intake.backlog.take(SAMPLE_RATE)
    assert (block.start_s, block.end_s, block.dropped_s) == pytest.approx((1.5, 2.0, 1.5))


def test_the_clock_goes_by_the_wall_between_two_streams():
    intake, now = Intake(), time.monotonic()
    first, second = Capture(16_000, 1, 5.0), Capture(48_000, 2, 5.0)
    play(first, tone(1.0, 16_000))
    first.newest_at = now
    intake.receive(first, most=5 * SAMPLE_RATE)
    assert intake.backlog.take(SAMPLE_RATE // 2).end_s == 0.5  # the other half is still waiting when it is lost
    play(second, tone(2.0, 48_000, channels=2))
    second.newest_at = now + 10.0
    intake.receive(second, most=5 * SAMPLE_RATE)
    block = intake.backlog.take(SAMPLE_RATE)
    assert block.start_s == pytest.approx(9.0)
    assert block.dropped_s == 0.0
    np.testing.assert_allclose(block.samples[800:], tone(1.0, SAMPLE_RATE)[800:, 0], atol=2e-3)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_second_of_exact_zeros_is_silence_and_any_sample_ends_it(rate):
    capture, intake = Capture(rate, 1, 5.0), Intake()

    def hear(sound: np.ndarray) -> bool:
        play(capture, sound)
        intake.receive(capture, most=5 * SAMPLE_RATE)
        return intake.silent

    zeros = np.zeros((rate, 1), np.float32)
    assert hear(np.concatenate([tone(0.5, rate), zeros]))
    capture, intake = Capture(rate, 1, 5.0), Intake()
    assert not intake.silent
    assert not hear(zeros[: rate // 2])
    assert hear(zeros[: rate // 2])
    assert hear(zeros)
    quietest = zeros[: rate // 50].copy()
    quietest[7] = 1e-9
    assert not hear(quietest)
    assert not hear(zeros[: rate - rate // 50])
    assert hear(zeros[: rate // 50])


@pytest.mark.parametrize("channel", [None, 2])
def test_an_offset_without_any_sound_is_silence_too(channel):
    capture, intake = Capture(16_000, 2, 5.0), Intake(channel)
    still = np.full((16_000, 2), 0.02, np.float32)
    if channel:
        still[:, 0] = tone(1.0, 16_000)[:, 0]
    play(capture, still)
    intake.receive(capture, most=5 * SAMPLE_RATE)
    assert intake.silent


def test_lost_input_is_counted_and_the_end_is_noted():
    capture = Capture(16_000, 1, 1.0)
    play(capture, tone(0.04, 16_000))
    play(capture, tone(0.04, 16_000), OVERFLOW)
    assert (capture.overflows, capture.finished) == (2, False)
    capture.finish()
    assert capture.finished
