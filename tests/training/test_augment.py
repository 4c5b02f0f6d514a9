from __future__ import annotations

import numpy as np
import pytest

from app.training import augment
from app.training.augment import AugmentConfig, Augmenter
from utils import SAMPLE_RATE, BadInput

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


def test_mu_law_is_near_and_coarse():
    speech = np.linspace(-1, 1, 4001).astype(np.float32)
    out = augment.mu_law(speech)
    assert np.abs(out - speech).max() < 0.03
    assert len(np.unique(out)) <= 256


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


def test_speech_goes_through_the_lines_that_are_named_as_often_as_they_should():
    config = AugmentConfig(
        probability=1, reverb=0, noise=0, babble=0, colour=0, clipping=0, companding=0, line=1,
        lines={"telephone-band": 3, "low-pass-6800+gain-control": 1}, simulated_rooms=1, coloured_noises=1,
    )  # fmt: skip
    make, narrow = Augmenter(config), 0
    noise = 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    for seed in range(60):
        power = np.abs(np.fft.rfft(make(noise, np.random.default_rng(seed)))) ** 2
        narrow += power[4000:6000].mean() < 0.01 * power[1000:3000].mean()
    assert 36 <= narrow <= 54  # 45 are due


def test_a_line_that_is_none_is_named():
    with pytest.raises(BadInput, match='"pigeon" is no line'):
        Augmenter(AugmentConfig(lines={"pigeon": 1.0}))
