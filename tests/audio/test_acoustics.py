"""Noise as it is made for conversations."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.acoustics import pink_noise, rms


def test_pink_noise_falls_by_3_db_an_octave():
    noise = pink_noise(1 << 16, np.random.default_rng(0))
    assert noise.dtype == np.float32
    assert rms(noise) == pytest.approx(1, abs=1e-6)
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [power[1 << n : 2 << n].mean() for n in range(8, 14)]
    assert np.diff(10 * np.log10(octaves)) == pytest.approx([-3] * 5, abs=0.6)
