from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import audio_duration_s, read_audio, stream_audio
from utils import BadInput, write_wav


def tone(seconds: float, rate: int = 16000, hertz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_formats_rates_and_channels_come_back_as_16_khz_mono(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    stereo = np.stack([tone(1.0, 44100), np.zeros(44100, np.float32)], axis=1)
    soundfile.write(path, stereo, 44100)
    samples = read_audio(path)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(16000, abs=1200)  # mp3 pads
    middle = samples[4000:12000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.15 / np.sqrt(2), rel=0.05)


def test_a_part_of_a_file(tmp_path):
    write_wav(tmp_path / "a.wav", np.concatenate([np.zeros(16000), tone(1.0)]))
    part = read_audio(tmp_path / "a.wav", start_s=1.0, end_s=1.5)
    assert len(part) == 8000
    assert part == pytest.approx(tone(0.5), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.wav", None, "no such file"),
        ("text.wav", b"this is a letter, not a sound\n" * 100, "not an audio file"),
        ("zero.wav", b"", "is empty"),
        ("data.raw", b"\1\2" * 100, "not an audio file"),
        ("cut.flac", b"fLaC\0\0\0\x22", "not an audio file"),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for read in (read_audio, stream_audio, audio_duration_s):
        with pytest.raises(BadInput, match=message) as error:
            read(path)
        assert "\n" not in str(error.value)


def test_folder_nan_no_frames_and_too_long(tmp_path):
    with pytest.raises(BadInput, match="folder"):
        read_audio(tmp_path)
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan, 0.2], np.float32), 16000, subtype="FLOAT")
    with pytest.raises(BadInput, match="not numbers"):
        read_audio(tmp_path / "nan.wav")
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 16000)
    with pytest.raises(BadInput, match="no audio"):
        read_audio(tmp_path / "none.wav")
    write_wav(tmp_path / "long.wav", np.zeros(32000))
    with pytest.raises(BadInput, match="too long"):
        read_audio(tmp_path / "long.wav", max_s=1.0)


def test_streaming_gives_the_same_as_reading(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(3.3, 44100), 44100, subtype="FLOAT")
    streamed = np.concatenate(list(stream_audio(tmp_path / "a.wav", block_s=0.37)))
    whole = read_audio(tmp_path / "a.wav")
    assert abs(len(streamed) - len(whole)) <= 1
    n = min(len(streamed), len(whole))
    assert streamed[:n] == pytest.approx(whole[:n], abs=1e-4)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_too_few_samples_for_one_at_16_khz_are_no_audio(tmp_path, rate):
    path = tmp_path / "short.wav"
    soundfile.write(path, np.full(1, 0.5), rate)
    with pytest.raises(BadInput, match=r"short\.wav: no audio in it"):
        read_audio(path)
    with pytest.raises(BadInput, match=r"short\.wav: no audio in it"):
        list(stream_audio(path))


@pytest.mark.parametrize("rate", [1, 0x7FFFFFFF])
def test_an_impossible_rate_is_damage(tmp_path, rate):
    path = tmp_path / "rate.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    data = bytearray(path.read_bytes())
    data[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(BadInput, match=rf"rate\.wav: damaged audio \(a rate of {rate} Hz\)"):
        read_audio(path)


def test_samples_beyond_all_sound_are_damage(tmp_path):
    path = tmp_path / "loud.wav"
    soundfile.write(path, np.full(16_000, 1e38), 16_000, subtype="FLOAT")
    with pytest.raises(BadInput, match=r"loud\.wav: damaged audio"):
        read_audio(path)


def test_a_pipe_is_no_audio_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(BadInput, match=r"pipe\.wav: this is a device or a pipe"):
        read_audio(tmp_path / "pipe.wav")


def test_a_channel_of_a_file(tmp_path):
    left, right = (0.3 * np.sin(2 * np.pi * hz * np.arange(48_000) / 16_000) for hz in (440, 600))
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    assert np.array_equal(read_audio(tmp_path / "two.wav", channel=2), right.astype(np.float32))
    assert np.concatenate(list(stream_audio(tmp_path / "two.wav", channel=1))) == pytest.approx(left)
    for read in (read_audio, stream_audio):
        with pytest.raises(BadInput, match=r"two.wav: there is no channel 3: it has 2 channels"):
            read(tmp_path / "two.wav", channel=3)


@pytest.mark.parametrize("sound", ["inverted", "noise"])
def test_channels_neither_cancel_nor_drown(tmp_path, demo_dir, sound):
    """Whole and streamed give the same, and it is said what was done."""
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    other = -voice if sound == "inverted" else np.random.default_rng(0).normal(0, 0.3, len(voice))
    soundfile.write(tmp_path / "two.wav", np.stack([voice, other], axis=1), 16_000, subtype="FLOAT")
    whole, stream = read_audio(tmp_path / "two.wav"), stream_audio(tmp_path / "two.wav", block_s=0.7)
    assert np.array_equal(np.concatenate(list(stream)), whole)
    assert whole[1600:] == pytest.approx(voice[1600:], abs=2e-3)
    said = "channel 2 is an inverted copy" if sound == "inverted" else "channel 1 is heard; channel 2 holds only noise"
    assert said in " ".join(stream.notices)
