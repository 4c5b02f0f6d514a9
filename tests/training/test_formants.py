from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.training.corpus import Corpus, Speaker
from app.training.formants import BLOCK, load_shifted, shift_formants
from utils import SAMPLE_RATE


def vowel(pitch: float, formant: float) -> np.ndarray:
    """A second of a buzz with one resonance."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    harmonics = np.arange(pitch, 7000, pitch)
    gains = np.exp(-(((harmonics - formant) / 400) ** 2)) + 0.01
    return (0.1 * gains @ np.sin(2 * np.pi * harmonics[:, None] * time_s)).astype(np.float32)


def spectrum(voice: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(voice[4000:12000] * np.hanning(8000)))


def test_as_it_was_without_a_shift():
    voice = vowel(120, 1500)
    assert np.allclose(shift_formants(voice, 1.0), voice, atol=1e-5)


@pytest.mark.parametrize("ratio", [0.87, 1.15])
def test_formants_move_and_the_pitch_does_not(ratio: float):
    voice = vowel(120, 1500)
    shifted = shift_formants(voice, ratio)
    assert shifted.dtype == np.float32
    assert shifted.shape == voice.shape
    hertz = np.fft.rfftfreq(8000, 1 / SAMPLE_RATE)
    centre = [float((hertz * power).sum() / power.sum()) for power in (spectrum(voice) ** 2, spectrum(shifted) ** 2)]
    assert centre[1] / centre[0] == pytest.approx(ratio, abs=0.04)
    harmonics = spectrum(shifted)[60:900:60]  # 120 Hz are 60 bins: all the sound is at its multiples still
    between = spectrum(shifted)[90:900:60]
    assert np.median(harmonics / between) > 30


def test_silence_and_noise_stay_finite():
    assert not shift_formants(np.zeros(3000, np.float32), 1.1).any()
    noise = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    assert 0.5 < shift_formants(noise, 1.15).std() / noise.std() < 2


def test_a_corpus_is_shifted_once(tmp_path: Path):
    voice = np.tile(vowel(150, 1200), 70)  # longer than a block
    samples = (voice * 32767).astype(np.int16)
    corpus = Corpus(
        samples, [Speaker("a", "", "", True, 0, (len(samples) - 500,)), Speaker("b", "", "", True, 0, (5,))]
    )
    assert len(samples) > BLOCK
    assert load_shifted(corpus, 1.0, tmp_path) is corpus
    shifted = load_shifted(corpus, 1.1, tmp_path)
    assert shifted.speakers == corpus.speakers
    assert len(shifted.samples) == len(samples)
    assert np.abs(shifted.samples[:BLOCK] / 32768 - shift_formants(samples[:BLOCK] / 32768, 1.1)).max() < 1e-4
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    load_shifted(corpus, 1.1, tmp_path)
    assert path.stat().st_mtime_ns == before
