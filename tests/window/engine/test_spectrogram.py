"""The spectrogram: what is drawn where, block by block as in one piece, and in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from app.window.engine.spectrogram import MelConfig, MelSpectrogram, mel_filters
from utils import SAMPLE_RATE


def tone(hz: float, seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("hz", [150, 600, 2000, 6000])
def test_a_tone_is_drawn_at_its_own_height(hz):
    mel, config = MelSpectrogram(), MelConfig()
    mel.add(tone(hz, 1.0), 0.0)
    row = mel.picture(0.2, 0.8, 10)[::-1].mean(axis=1).argmax()
    centre = np.fft.rfftfreq(config.fft, 1 / SAMPLE_RATE)[mel_filters(config)[:, row].argmax()]
    assert centre == pytest.approx(hz, rel=0.1, abs=40)


def test_blocks_of_any_size_give_the_same_picture():
    sound = np.random.default_rng(0).normal(0, 0.05, 4 * SAMPLE_RATE).astype(np.float32)
    whole, parts = MelSpectrogram(), MelSpectrogram()
    whole.add(sound, 0.0)
    for at in range(0, len(sound), 3777):
        parts.add(sound[at : at + 3777], at / SAMPLE_RATE)
    np.testing.assert_array_equal(parts.picture(0, 3.9, 195), whole.picture(0, 3.9, 195))


def test_louder_is_brighter_and_silence_is_nothing():
    means = []
    for level in (0.0, 0.001, 0.01, 0.1):
        mel = MelSpectrogram()
        mel.add(tone(1000, 1.0, level), 0.0)
        means.append(mel.picture(0, 0.9, 20).max())
    assert means[0] == 0
    assert means == sorted(set(means))


def test_a_gap_in_time_is_a_gap_in_the_picture():
    mel = MelSpectrogram()
    mel.add(tone(1000, 1.0), 0.0)
    mel.add(tone(1000, 1.0), 3.0)
    shown = mel.picture(0, 4, 40).max(axis=0) > 0
    assert shown[1:9].all()
    assert not shown[11:29].any()
    assert shown[31:38].all()


def test_memory_is_bounded_and_the_newest_stays():
    mel = MelSpectrogram(MelConfig(capacity_s=10.0))
    for second in range(60):
        mel.add(tone(200 + 20 * second, 1.0), second)
    assert mel.nbytes == 500 * mel.config.bands
    assert mel.picture(55, 59, 100).max() > 0
    assert mel.picture(0, 40, 100).max() == 0
    mel.add(tone(500, 1.0), 5000.0)  # the microphone was away for a long time
    assert mel.picture(5000, 5000.9, 20).max() > 0
    assert mel.nbytes == 500 * mel.config.bands


def test_a_weak_narrow_band_is_not_lost_when_zoomed_out():
    mel = MelSpectrogram()
    sound = np.zeros(SAMPLE_RATE * 60, np.float32)
    sound[30 * SAMPLE_RATE : 30 * SAMPLE_RATE + 800] = 0.5
    mel.add(sound, 0.0)
    assert (mel.picture(0, 60, 30).max(axis=0) > 100).sum() in (1, 2)
