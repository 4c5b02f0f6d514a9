"""Noise, rooms and speed, as they are made for training and for conversations."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio import acoustics
from app.audio.acoustics import pink_noise, rms
from utils import SAMPLE_RATE


def tone(frequency: float, length: int = SAMPLE_RATE) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(length) / SAMPLE_RATE).astype(np.float32)


def test_pink_noise_falls_by_3_db_an_octave():
    noise = pink_noise(1 << 16, np.random.default_rng(0))
    assert noise.dtype == np.float32
    assert rms(noise) == pytest.approx(1, abs=1e-6)
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [power[1 << n : 2 << n].mean() for n in range(8, 14)]
    assert np.diff(10 * np.log10(octaves)) == pytest.approx([-3] * 5, abs=0.6)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_mix_has_the_ratio_asked_for(snr_db: float):
    speech, noise = 0.3 * tone(200), 0.01 * tone(1000)
    added = acoustics.mix(speech, noise, snr_db) - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(added**2)) == pytest.approx(snr_db, abs=0.01)


def test_reverberation_is_convolution():
    rng = np.random.default_rng(0)
    speech, room = rng.standard_normal(500).astype(np.float32), rng.standard_normal(120).astype(np.float32)
    assert acoustics.reverberate(speech, room) == pytest.approx(np.convolve(speech, room)[:500], abs=1e-4)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.8])
def test_a_simulated_room_decays_as_asked(rt60_s: float):
    slopes = []
    for seed in range(8):
        room = acoustics.simulated_room(rt60_s, np.random.default_rng(seed))[int(0.045 * SAMPLE_RATE) :]
        left_db = 10 * np.log10(np.cumsum(room[::-1] ** 2)[::-1] / np.sum(room**2))  # Schroeder's backward integral
        tenth, twentieth = (np.argmax(left_db < level) / SAMPLE_RATE for level in (-3, -13))
        slopes.append(6 * (twentieth - tenth))
    assert 0.5 * rt60_s < np.mean(slopes) < 1.1 * rt60_s  # high frequencies may fall up to 2.5 times faster


def test_a_measured_room_does_not_delay():
    room = np.r_[np.zeros(400), 1.0, np.zeros(99), 0.3].astype(np.float32)
    assert acoustics.direct_first(room)[[0, 100]] == pytest.approx([1, 0.3])


def test_a_stretch_wraps_around():
    recording = np.arange(5, dtype=np.float32)
    for seed in range(5):
        out = acoustics.random_stretch(recording, 12, np.random.default_rng(seed))
        assert out == pytest.approx((out[0] + np.arange(12)) % 5)


@pytest.mark.parametrize("speed", [0.9, 1.0, 1.1])
def test_speed_moves_the_pitch(speed: float):
    out = acoustics.change_speed(tone(1000, round(SAMPLE_RATE * speed)), SAMPLE_RATE)
    assert len(out) == SAMPLE_RATE
    assert np.argmax(np.abs(np.fft.rfft(out))) == pytest.approx(1000 * speed, abs=1)
