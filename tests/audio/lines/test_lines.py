"""Every line: as long, in time, finite, and still the same voice to the network."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.acoustics import rms
from app.audio.lines import cvsd
from app.audio.lines.codecs import Codec
from app.audio.lines.lines import CODECS, LINES, missing, through
from app.audio.reading.reader import read_audio
from utils import SAMPLE_RATE, BadInput

HERE = [name for name in LINES if name not in missing()]
LIKENESS = {
    "low-pass-6800": 0.95,
    "low-pass-3400": 0.69,
    "telephone-band": 0.61,
    "8khz": 0.61,
    "mu-law": 0.60,
    "a-law": 0.60,
    "g726-16": 0.44,
    "g726-32": 0.55,
    "gsm": 0.56,
    "amr-nb-4.75": 0.48,
    "amr-nb-12.2": 0.54,
    "cvsd": 0.57,
    "msbc": 0.92,
    "g722": 0.92,
    "opus-8": 0.58,
    "opus-12": 0.91,
    "opus-24": 0.93,
    "mp3-24": 0.72,
    "mp3-64": 0.72,
    "gain-control": 0.90,
    "loss-3-silent": 0.92,
    "loss-10-silent": 0.88,
    "loss-3-repeated": 0.95,
    "loss-10-repeated": 0.93,
    "room-0.3": 0.90,
    "room-1": 0.87,
    "room-2": 0.86,
    "room-4": 0.86,
    "noise-20": 0.86,
    "noise-10": 0.80,
    "noise-5": 0.73,
}
"""Mean cosine of the embedded model, clean against line, over four LibriSpeech speakers; measured, less 0.05."""
STRANGERS = 0.38
"""Mean cosine of two different ones of those speakers, clean."""


@pytest.fixture(scope="module")
def speech(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "conversation.flac", start_s=0.5, end_s=6.5)


def lag(heard: np.ndarray, said: np.ndarray) -> int:
    """By how many samples ``heard`` is late."""
    size = 1 << (2 * len(said)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    late = int(np.argmax(np.abs(likeness)))
    return late - size if late > size // 2 else late


@pytest.mark.parametrize("name", HERE)
def test_a_line_keeps_length_and_type(name: str, speech: np.ndarray):
    for length in (1, 777, SAMPLE_RATE):
        heard = through(speech[:length], name, np.random.default_rng(0))
        assert (heard.shape, heard.dtype) == ((length,), np.float32)
        assert np.isfinite(heard).all()
    silent = through(np.zeros(4000, np.float32), name, np.random.default_rng(0))
    assert np.isfinite(silent).all()
    assert np.abs(silent).max() < 0.01


@pytest.mark.parametrize("name", [name for name in HERE if name not in ("room-2", "room-4")])
def test_a_line_is_in_time(name: str, speech: np.ndarray):
    heard = through(speech, name, np.random.default_rng(3))
    assert abs(lag(heard, speech)) <= 0.002 * SAMPLE_RATE
    assert not np.array_equal(heard, speech)


@pytest.mark.parametrize("name", ["room-1", "room-4"])
def test_a_room_begins_with_the_direct_sound(name: str):
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[1000] = 0.5
    heard = np.abs(through(click, name, np.random.default_rng(0)))
    assert heard[:1000].max() < 1e-6
    assert heard[1000] > 1e-3


@pytest.mark.parametrize("name", HERE)
def test_the_voice_comes_through(name: str, speech_dir, encoder):
    people = speech_dir / "dev" / "librispeech-test-other"
    clean = [read_audio(people / who / "00.flac") for who in ("1688", "1998", "2033", "2414")]
    heard = [through(samples, name, np.random.default_rng(1)) for samples in clean]
    a, b = encoder.embed_batch(clean), encoder.embed_batch(heard)
    assert (a @ a.T)[~np.eye(4, dtype=bool)].mean() < STRANGERS
    assert np.mean(np.sum(a * b, axis=1)) > LIKENESS[name] > STRANGERS
    assert (a @ b.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_the_same_draws_give_the_same_sound(speech: np.ndarray):
    for name in HERE:
        first, again = (through(speech[:SAMPLE_RATE], name, np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(first, again), name


def test_narrow_lines_leave_nothing_above_four_kilohertz(speech: np.ndarray):
    for name in ("8khz", "cvsd", *CODECS[: CODECS.index("amr-wb-12.65")]):
        if name in HERE:
            power = np.abs(np.fft.rfft(through(speech, name, np.random.default_rng(0)))) ** 2
            frequency = np.fft.rfftfreq(len(speech), 1 / SAMPLE_RATE)
            assert power[frequency > 4200].sum() < 1e-4 * power.sum(), name


def test_lines_in_a_row(speech: np.ndarray):
    both = through(speech, "gain-control + mu-law", np.random.default_rng(0))
    assert np.array_equal(both, LINES["mu-law"](LINES["gain-control"](speech)))


def test_bad_names_are_told():
    with pytest.raises(BadInput, match=r'"gms" is no line; there are .*gsm'):
        through(np.zeros(100, np.float32), "gms", np.random.default_rng(0))


def test_a_codec_that_is_not_there_is_named():
    assert Codec("no-such-codec", "pcm_mulaw").missing == "FFmpeg's no-such-codec"
    assert missing({"x": Codec("no-such-codec", "pcm_mulaw"), "y": LINES["mu-law"]}) == {"x": "FFmpeg's no-such-codec"}
    if "amr-wb-12.65" in missing():
        with pytest.raises(BadInput, match="FFmpeg's libvo_amrwbenc is needed"):
            through(np.zeros(100, np.float32), "amr-wb-12.65", np.random.default_rng(0))


def test_packets_are_lost_as_often_as_asked():
    ones = np.ones(20 * SAMPLE_RATE, np.float32)
    silent = through(ones, "loss-10-silent", np.random.default_rng(0)).reshape(-1, 320)
    assert set(np.unique(silent)) == {0, 1}
    assert np.mean(silent[:, 0] == 0) == pytest.approx(0.10, abs=0.02)
    assert (silent == silent[:, :1]).all()
    assert through(ones, "loss-10-repeated", np.random.default_rng(0)).min() > 0.2


def test_gain_control_brings_soft_speech_up(speech: np.ndarray):
    levels = [20 * np.log10(rms(through(speech * gain, "gain-control", np.random.default_rng(0)))) for gain in (1, 0.1)]
    assert abs(levels[0] - levels[1]) < 3  # 20 dB apart before


def test_further_away_there_is_more_room():
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[0] = 0.1
    shares = []
    for name in ("room-0.3", "room-1", "room-2", "room-4"):
        heard = [through(click, name, np.random.default_rng(seed)) for seed in range(10)]
        shares.append(np.mean([10 * np.log10(each[0] ** 2 / np.sum(each[1:] ** 2)) for each in heard]))
    assert shares == pytest.approx([7, -3.4, -9.5, -15.5], abs=1.5)


def test_cvsd_follows_a_tone_with_one_bit_a_sample():
    tone = 8000 * np.sin(2 * np.pi * 500 * np.arange(6400) / cvsd.CODED_RATE)
    bits, decoded = cvsd.code(tone)
    assert len(bits) == len(decoded) == 6400
    error = decoded[640:] - tone[640:]
    assert 10 * np.log10(np.mean(tone**2) / np.mean(error**2)) > 15
    assert cvsd.code(np.zeros(640))[0] == [False, True] * 320  # idle: up and down by the smallest step
