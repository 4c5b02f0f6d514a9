"""What is measured of sound that is heard: level, clipping, whether there is any."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.level import ClippingMeter, is_still, level_db
from app.audio.reading.reader import read_audio
from utils import resample

SQUARE = np.where(np.arange(100) % 2, 1, -1).astype(np.float32)


@pytest.fixture(scope="module")
def speech(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")


def tone(hz: float, height: float = 0.7) -> np.ndarray:
    return (height * np.sin(2 * np.pi * hz * np.arange(1600) / 16_000)).astype(np.float32)


def clipped_fraction(samples: np.ndarray) -> float:
    """The part of one piece that is clipped."""
    meter = ClippingMeter()
    meter.add(samples)
    return meter.newest()


def clipped_of(samples: np.ndarray) -> float:
    """The part that is clipped, as a recording is measured: in chunks."""
    meter = ClippingMeter()
    for at in range(0, len(samples) - 511, 512):
        meter.add(samples[at : at + 512].astype(np.float32))
    return float(meter.fractions().mean())


@pytest.mark.parametrize(
    ("samples", "db"),
    [
        (SQUARE, 0.0),
        (SQUARE / 10, -20.0),
        (SQUARE / 10 + np.float32(0.3), -20.0),
        (np.sin(np.arange(16_000) * 2 * np.pi / 160).astype(np.float32), -3.0103),
        (np.zeros(100, np.float32), -120.0),
        (np.full(100, 0.02, np.float32), -120.0),
        (np.zeros(0, np.float32), -120.0),
        (SQUARE * 1e-9, -120.0),
    ],
)
def test_level(samples, db):
    assert level_db(samples) == pytest.approx(db, abs=1e-3)


def test_an_offset_is_no_sound():
    assert all(is_still(np.full(100, value, np.float32)) for value in (0.0, 0.02, -1.0))
    assert not is_still(np.linspace(0, 1e-6, 100, dtype=np.float32))


@pytest.mark.parametrize("scale", [1.0, 0.05, 20.0])
def test_flat_tops_are_clipping_at_any_scale(scale, speech):
    peak = np.abs(speech).max()
    for part in (0.5, 0.2):
        hard = np.clip(speech, -part * peak, part * peak)
        true = np.mean(np.abs(speech) >= part * peak)
        assert true > 0.005
        assert clipped_of(hard * scale) == pytest.approx(true, rel=0.35)
    assert clipped_of(np.minimum(speech, 0.3 * peak) * scale) > 0.005  # of one side alone


def test_what_was_clipped_at_48_khz_is_told_at_16(speech):
    fast = resample(speech, 16_000, 48_000)
    peak = np.abs(fast).max()
    assert clipped_of(resample(np.clip(fast, -0.2 * peak, 0.2 * peak), 48_000, 16_000)) > 0.01


def test_headroom_is_not_clipping(speech):
    for scale in (1, 5 / np.abs(speech).max(), 0.01):
        assert clipped_of(speech * scale) < 0.002


@pytest.mark.parametrize("hz", [30, 50, 100, 200, 440, 1000, 3000])
def test_a_tone_has_round_tops_until_it_is_clipped(hz):
    assert clipped_fraction(tone(hz)) == 0
    assert clipped_fraction(tone(hz, 5.0)) == 0
    if 100 <= hz <= 1000:
        assert clipped_fraction(np.clip(tone(hz, 5.0), -1, 1)) > 0.6


def test_coarse_steps_are_not_clipping(speech):
    steps = np.round(speech / np.abs(speech).max() * 20) / 128  # 8 bits, not loud
    assert clipped_of(steps) == 0


def test_the_last_value_of_a_converter_is_clipping():
    sound = np.array([0.0, 1.0, -1.0, 32767 / 32768, 0.9, -0.99, 0.5, 0.1], np.float32)
    assert clipped_fraction(sound) == 3 / 8
    assert clipped_fraction(np.append(sound, np.float32(1.2))) == 0.0  # floats, with headroom
    assert clipped_fraction(sound[:0]) == 0.0
