from __future__ import annotations

import numpy as np
import pytest

from app.training import augment
from app.training.augment import AugmentConfig, Augmenter
from utils import SAMPLE_RATE

ALWAYS = AugmentConfig(
    probability=1, reverb=1, noise=1, babble=1, colour=1, clipping=1, companding=1, simulated_rooms=4, coloured_noises=2
)


def tone(frequency: float, length: int = SAMPLE_RATE) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(length) / SAMPLE_RATE).astype(np.float32)


@pytest.mark.parametrize("length", [SAMPLE_RATE // 10, SAMPLE_RATE, 3 * SAMPLE_RATE + 7])
@pytest.mark.parametrize("config", [ALWAYS, AugmentConfig(simulated_rooms=4, coloured_noises=2)], ids=["all", "usual"])
def test_shape_range_and_seed(config: AugmentConfig, length: int):
    room = np.r_[np.zeros(50), 1.0, np.zeros(200), 0.5].astype(np.float32)
    make = Augmenter(config, [tone(50, 5000)], [room], seed=3)
    speech = 0.3 * tone(220, length)
    for seed in range(20):
        out = make(speech, np.random.default_rng(seed), lambda: tone(330, length))
        assert out.shape == speech.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= 1
        again = Augmenter(config, [tone(50, 5000)], [room], seed=3)
        assert np.array_equal(out, again(speech, np.random.default_rng(seed), lambda: tone(330, length)))
    assert not np.array_equal(out, make(speech, np.random.default_rng(99), lambda: tone(330, length)))


def test_silence_and_lone_voices_are_no_trouble():
    make = Augmenter(ALWAYS)
    for seed in range(10):
        assert np.isfinite(make(np.zeros(8000, np.float32), np.random.default_rng(seed))).all()


def test_never_means_never():
    speech = tone(220)
    make = Augmenter(AugmentConfig(probability=0, simulated_rooms=1, coloured_noises=1))
    assert np.array_equal(make(speech, np.random.default_rng(0)), speech)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_mix_has_the_ratio_asked_for(snr_db: float):
    speech, noise = 0.3 * tone(200), 0.01 * tone(1000)
    added = augment.mix(speech, noise, snr_db) - speech
    assert 10 * np.log10(np.mean(speech**2) / np.mean(added**2)) == pytest.approx(snr_db, abs=0.01)


def test_reverberation_is_convolution():
    rng = np.random.default_rng(0)
    speech, room = rng.standard_normal(500).astype(np.float32), rng.standard_normal(120).astype(np.float32)
    assert augment.reverberate(speech, room) == pytest.approx(np.convolve(speech, room)[:500], abs=1e-4)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.8])
def test_a_simulated_room_decays_as_asked(rt60_s: float):
    slopes = []
    for seed in range(8):
        room = augment.simulated_room(rt60_s, np.random.default_rng(seed))[int(0.045 * SAMPLE_RATE) :]
        left_db = 10 * np.log10(np.cumsum(room[::-1] ** 2)[::-1] / np.sum(room**2))  # Schroeder's backward integral
        tenth, twentieth = (np.argmax(left_db < level) / SAMPLE_RATE for level in (-3, -13))
        slopes.append(6 * (twentieth - tenth))
    assert 0.5 * rt60_s < np.mean(slopes) < 1.1 * rt60_s  # high frequencies may fall up to 2.5 times faster


def test_a_measured_room_does_not_delay():
    room = np.r_[np.zeros(400), 1.0, np.zeros(99), 0.3].astype(np.float32)
    assert augment.direct_first(room)[[0, 100]] == pytest.approx([1, 0.3])


def test_a_stretch_wraps_around():
    recording = np.arange(5, dtype=np.float32)
    for seed in range(5):
        out = augment.random_stretch(recording, 12, np.random.default_rng(seed))
        assert out == pytest.approx((out[0] + np.arange(12)) % 5)


def test_mu_law_is_near_and_coarse():
    speech = np.linspace(-1, 1, 4001).astype(np.float32)
    out = augment.mu_law(speech)
    assert np.abs(out - speech).max() < 0.03
    assert len(np.unique(out)) <= 256


@pytest.mark.parametrize("speed", [0.9, 1.0, 1.1])
def test_speed_moves_the_pitch(speed: float):
    out = augment.change_speed(tone(1000, round(SAMPLE_RATE * speed)), SAMPLE_RATE)
    assert len(out) == SAMPLE_RATE
    assert np.argmax(np.abs(np.fft.rfft(out))) == pytest.approx(1000 * speed, abs=1)


def test_a_narrow_band_is_narrow():
    rng, level = np.random.default_rng(5), []
    for _ in range(40):
        spectrum = np.abs(np.fft.rfft(augment.equalise(tone(300) + tone(7900), rng)))
        level.append(20 * np.log10(spectrum[7900] / spectrum[300]))
    assert min(level) < -25  # some lines carry no high tones
    assert max(level) > -8  # some do


def test_masks_blank_some_and_leave_most():
    rng, blanked = np.random.default_rng(0), []
    for _ in range(50):
        features = np.ones((80, 100), np.float32)
        augment.mask_features(features, rng)
        assert set(np.unique(features)) == {0, 1}
        blanked.append(1 - features.mean())
    assert min(blanked) > 0
    assert max(blanked) < 0.5
    tiny = np.ones((8, 5), np.float32)
    augment.mask_features(tiny, rng)  # fewer frames than a mask is wide
    assert tiny.any()
