"""Band and noise, measured of the samples: what lines do to them is known."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.condition import ConditionMeter, SoundCondition, measure_condition
from app.audio.lines.effects import Noise
from app.audio.lines.lines import missing_among, through
from app.audio.reading.reader import read_audio
from app.audio.vad import CHUNK, DetectedSpeech, detect_speech
from utils import SAMPLE_RATE

TRUE_HZ = {  # line -> lowest and highest right answer: from where the line falls off to where it is 30 dB down
    "low-pass-6800": (6800, 8000),
    "telephone-band": (3400, 5300),
    "telephone-band+mu-law": (3400, 4000),
    "8khz": (3700, 4000),
    "gsm": (3700, 4000),
    "opus-8": (3900, 4600),
    "mp3-24": (5400, 6000),
    "mp3-64": (6800, 7500),
}


@pytest.fixture(scope="module")
def voices(demo_dir: Path) -> list[np.ndarray]:
    return [read_audio(demo_dir / "enrolment" / name / "01.flac") for name in ("Ana", "Ben", "Colin")]


@pytest.mark.parametrize("line", TRUE_HZ)
def test_how_wide_the_band_is(line, voices):
    if lacking := missing_among([line]):
        pytest.skip(f"needs {lacking[line]}")
    low, high = TRUE_HZ[line]
    for voice in voices:
        found = measure_condition(detect_speech(through(voice, line, np.random.default_rng(0))))
        assert low <= found.bandwidth_hz <= high
        assert found.cut_off == (high < 7000)


def test_whole_speech_is_wide(voices):
    assert all(measure_condition(detect_speech(voice)).bandwidth_hz >= 6800 for voice in voices)


def test_a_header_says_nothing(voices, tmp_path):
    """A call that was kept at 44.1 kHz is still a call."""
    import soxr

    called = through(voices[0], "8khz", np.random.default_rng(0))
    soundfile.write(tmp_path / "called.flac", soxr.resample(called, 16_000, 44_100), 44_100)
    assert measure_condition(detect_speech(read_audio(tmp_path / "called.flac"))).bandwidth_hz == pytest.approx(
        3875, abs=125
    )


@pytest.mark.parametrize("asked_db", [20, 10, 5, 0])
def test_how_far_speech_stands_above_noise(asked_db, voices):
    white = np.random.default_rng(1).standard_normal(20 * SAMPLE_RATE).astype(np.float32)
    for voice in voices:
        noisy = through(voice, [Noise(asked_db, (white,))], np.random.default_rng(2))
        spoken = np.repeat(detect_speech(voice).probabilities >= 0.5, CHUNK)[: len(voice)]
        true_db = 10 * np.log10(np.mean(voice[spoken] ** 2) / np.mean((noisy - voice)[spoken] ** 2))
        assert measure_condition(detect_speech(noisy)).snr_db == pytest.approx(true_db, abs=1)


@pytest.mark.parametrize("line", ["noise-20", "noise-10", "noise-5"])
def test_noise_that_swells(line, voices):
    """Of any colour; what lies below all bands is not heard."""
    for voice in voices:
        noisy = through(voice, line, np.random.default_rng(2))
        spoken = np.repeat(detect_speech(voice).probabilities >= 0.5, CHUNK)[: len(voice)]
        true_db = 10 * np.log10(np.mean(voice[spoken] ** 2) / np.mean((noisy - voice)[spoken] ** 2))
        assert -1.5 < measure_condition(detect_speech(noisy)).snr_db - true_db < 5


def test_noise_that_hides_high_frequencies_is_no_line_that_cuts_them_off(voices):
    rng = np.random.default_rng(0)
    for voice in voices:
        white = voice + 0.02 * rng.standard_normal(len(voice)).astype(np.float32)
        assert not measure_condition(detect_speech(white)).cut_off


def test_gain_control_that_raises_pauses_adds_no_noise_to_speech(voices):
    for voice in voices:
        raised = through(voice, "gain-control", np.random.default_rng(0))
        assert measure_condition(detect_speech(raised)).snr_db > 10


@pytest.mark.parametrize(
    "samples", [np.zeros(CHUNK, np.float32), np.zeros(16_000, np.float32), np.full(16_000, 0.5, np.float32)]
)
def test_without_speech_nothing_is_said(samples):
    assert measure_condition(detect_speech(samples)) == SoundCondition()
    assert ConditionMeter().condition() == SoundCondition()


def test_without_background_there_is_no_ratio_but_a_band(voices):
    speech = detect_speech(voices[0]).speech()
    found = measure_condition(DetectedSpeech(speech, np.ones(-(-len(speech) // CHUNK), np.float32)))
    assert found.snr_db is None
    assert found.bandwidth_hz >= 6800


def chunks_of(sound: DetectedSpeech) -> tuple[np.ndarray, np.ndarray]:
    count = len(sound.samples) // CHUNK
    return sound.samples[: count * CHUNK].reshape(-1, CHUNK), sound.probabilities[:count]


@pytest.mark.parametrize("line", ["gsm", "noise-10"])
def test_a_stream_is_measured_as_the_whole_is(line, voices):
    sound = detect_speech(through(voices[1], line, np.random.default_rng(0)))
    chunks, probabilities = chunks_of(sound)
    meter = ConditionMeter()
    for at in range(0, len(chunks), 4):
        meter.add(chunks[at : at + 4], probabilities[at : at + 4])
    whole, live = measure_condition(sound), meter.condition()
    assert live.snr_db == pytest.approx(whole.snr_db, abs=1.5)
    assert live.bandwidth_hz == pytest.approx(whole.bandwidth_hz, abs=500)


def test_who_speaks_next_is_measured_anew_before_the_same_noise(voices):
    meter = ConditionMeter()
    for line in ("gsm", "noise-20"):
        chunks, probabilities = chunks_of(detect_speech(through(voices[0], line, np.random.default_rng(0))))
        meter.forget_speech()
        assert meter.speech_chunks == 0
        assert meter.condition() == SoundCondition()
        meter.add(chunks, probabilities)
        narrow = meter.condition().bandwidth_hz < 4500
        assert narrow == (line == "gsm")


def test_it_costs_little_beside_a_hop(voices):
    """0.1 ms of 128 ms; of the thread itself, the best of some tries: other work takes the core meanwhile."""
    chunks, probabilities = chunks_of(detect_speech(np.concatenate(voices)))
    hops = range(0, len(chunks) - 4, 4)
    best = np.inf
    for _ in range(5):
        meter, began = ConditionMeter(), time.thread_time()
        for at in hops:
            meter.add(chunks[at : at + 4], probabilities[at : at + 4])
            meter.condition()
        best = min(best, (time.thread_time() - began) / len(hops))
    assert best < 1e-4
