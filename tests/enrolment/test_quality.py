"""Figures of a recording, and what is said about them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.audio.vad import CHUNK, CHUNK_S, DetectedSpeech, detect_speech
from app.enrolment.quality import Fault, Limits, Quality, SimilarityThresholds, SoundMeter, SpeakerMatch, judge, measure
from app.scoring.decision import DecisionRule

LEVELS = SimilarityThresholds(different=0.4, same=0.6)
GOOD = Quality(sound_s=9, speech_s=7, level_db=-25, noise_db=-60, snr_db=35, clipped=0.0)


def voice(same: float | None = None, nearest: str | None = None, score: float | None = None) -> Quality:
    return replace(GOOD, speaker_match=SpeakerMatch(LEVELS, same, nearest, score))


@pytest.mark.parametrize(
    ("quality", "faults", "usable", "again"),
    [
        (GOOD, [], True, False),
        (Quality(sound_s=20, all_zero=True), [Fault.MUTE], False, True),
        (Quality(sound_s=20), [Fault.SHORT], False, True),
        (replace(GOOD, speech_s=0.96, clipped=0.5), [Fault.SHORT], False, True),
        (replace(GOOD, speech_s=3.9), [Fault.SHORT], True, True),
        (replace(GOOD, speech_s=4.0), [], True, False),
        (replace(GOOD, level_db=-50.0), [], True, False),
        (replace(GOOD, level_db=-50.1), [Fault.QUIET], True, True),
        (replace(GOOD, clipped=0.01), [], True, False),
        (replace(GOOD, clipped=0.011), [Fault.CLIPPED], True, True),
        (replace(GOOD, snr_db=10.0), [], True, False),
        (replace(GOOD, snr_db=9.9), [Fault.NOISY], True, True),
        (replace(GOOD, snr_db=None, noise_db=None), [], True, False),
        (replace(GOOD, speech_s=2, snr_db=0, clipped=0.2), [Fault.SHORT, Fault.CLIPPED, Fault.NOISY], True, True),
        (voice(), [], True, False),
        (voice(same=0.4), [], True, False),
        (voice(same=0.39), [Fault.OTHER_VOICE], False, True),
        (voice(same=0.8, nearest="Ana", score=0.59), [], True, False),
        (voice(same=0.8, nearest="Ana", score=0.6), [Fault.ENROLLED], True, False),
        (voice(same=0.1, nearest="Ana", score=0.7), [Fault.OTHER_VOICE, Fault.ENROLLED], False, True),
    ],
)
def test_what_is_wrong_with_a_recording(quality, faults, usable, again):
    problems = judge(quality)
    assert [problem.fault for problem in problems] == faults
    assert all(problem.usable for problem in problems) == usable
    assert any(problem.again for problem in problems) == again
    for problem in problems:
        assert problem.text.endswith(".")
        assert "\n" not in problem.text


def test_the_advice_says_what_to_do():
    def said(quality: Quality) -> str:
        return " ".join(problem.text for problem in judge(quality))

    assert "lower its input level" in said(replace(GOOD, clipped=0.05))
    assert "move closer" in said(replace(GOOD, level_db=-60))
    assert "move closer, or make the room quieter" in said(replace(GOOD, snr_db=3))
    assert "keep talking" in said(replace(GOOD, speech_s=2))
    assert "unmute" in said(Quality(all_zero=True))
    assert "already enrolled as Ana (0.70)" in said(voice(same=0.8, nearest="Ana", score=0.7))


def test_limits_can_be_others():
    assert judge(replace(GOOD, speech_s=1.5), Limits(speech_s=1.2)) == []


def test_levels_come_from_the_model():
    levels = SimilarityThresholds.of(DecisionRule(threshold=0.6, scale=10.0, offset=-4.0))
    assert levels == SimilarityThresholds(different=0.4, same=0.6)
    assert SimilarityThresholds.of(DecisionRule(threshold=0.3, scale=10.0, offset=-4.0)).different == 0.3


# ---------------------------------------------------------------------------- figures


def test_figures_of_a_known_signal():
    """1 s of noise, 2 s of "speech" 20 dB louder in which every hundredth sample is at full scale."""
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.standard_normal(32 * CHUNK)
    speech = 0.1 * rng.standard_normal(64 * CHUNK)
    said = np.concatenate([np.full(32, 0.01), np.full(64, 0.9)])
    quality = measure(DetectedSpeech(np.concatenate([noise, speech]).astype(np.float32), said))
    assert quality.sound_s == pytest.approx(96 * CHUNK_S)
    assert quality.speech_s == pytest.approx(64 * CHUNK_S)
    assert quality.level_db == pytest.approx(-20, abs=0.2)
    assert quality.noise_db == pytest.approx(-40, abs=0.3)
    assert quality.snr_db == pytest.approx(19.96, abs=0.4)
    assert quality.clipped == 0
    speech[::100] = 1.0
    assert measure(DetectedSpeech(np.concatenate([noise, speech]).astype(np.float32), said)).clipped == pytest.approx(
        0.01, abs=1e-3
    )


def test_noise_is_not_told_from_too_little_of_it():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(40 * CHUNK).astype(np.float32)
    said = np.full(40, 0.9)
    said[:8] = 0.0  # 0.26 s, of which the last two chunks may hold an onset
    quality = measure(DetectedSpeech(samples, said))
    assert quality.noise_db is None
    assert quality.snr_db is None


def test_nothing_and_zeros():
    assert SoundMeter().quality() == Quality()
    quality = measure(DetectedSpeech(np.zeros(50 * CHUNK, np.float32), np.zeros(50)))
    assert quality.all_zero
    assert quality.speech_s == 0
    assert quality.level_db == -120


@pytest.mark.parametrize("snr_db", [5, 10, 20])
@pytest.mark.parametrize("name", ["Ana", "Ben"])
def test_signal_to_noise_of_speech_with_noise_added(voice, probabilities, name, snr_db):
    speech = voice(name)[: 400 * CHUNK]
    spoken = np.repeat(probabilities(speech) >= 0.5, CHUNK)
    power = np.mean(np.square(speech[spoken]))
    noise = np.random.default_rng(snr_db).standard_normal(len(speech)) * np.sqrt(power / 10 ** (snr_db / 10))
    noisy = (speech + noise).astype(np.float32)
    assert measure(detect_speech(noisy)).snr_db == pytest.approx(snr_db, abs=1.5)


def test_clean_speech_is_good_and_loud_speech_clips(voice, probabilities):
    speech = voice("Ana")[: 8 * 16000]
    assert judge(measure(detect_speech(speech))) == []
    loud = np.clip(speech * 40, -1, 1)
    assert Fault.CLIPPED in {problem.fault for problem in judge(measure(detect_speech(loud)))}
    faint = speech / 200
    assert Fault.QUIET in {problem.fault for problem in judge(measure(DetectedSpeech(faint, probabilities(speech))))}
