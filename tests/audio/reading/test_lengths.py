"""Headers that say too little or too much of a recording's length: it is heard to the end of its bytes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import audio_duration_s, audio_length, read_audio, stream_audio
from utils import BadInput, wav_bytes


@pytest.fixture(scope="module")
def speech(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "enrolment" / "Ana" / "01.flac", end_s=3.0)


def heard(path) -> tuple[np.ndarray, list[str]]:
    sound = stream_audio(path)
    return np.concatenate(list(sound)), [notice.removeprefix(f"{path}: ") for notice in sound.notices]


def with_sizes(wav: bytes, size: int) -> bytes:
    return wav[:4] + struct.pack("<I", size) + wav[8:40] + struct.pack("<I", size) + wav[44:]


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_that_was_never_closed_is_heard_whole(tmp_path, speech, size):
    path = tmp_path / "crash.wav"
    path.write_bytes(with_sizes(wav_bytes(speech), size))
    samples, notices = heard(path)
    assert samples == pytest.approx(speech, abs=1e-4)
    assert notices == []
    assert not audio_length(path).known
    assert audio_duration_s(path) == pytest.approx(3.0)


def test_a_wav_that_says_too_little_is_heard_whole_and_one_that_ends_early_says_so(tmp_path, speech):
    wav = wav_bytes(speech)
    (tmp_path / "less.wav").write_bytes(with_sizes(wav, 20_000))
    assert len(heard(tmp_path / "less.wav")[0]) == 48_000
    (tmp_path / "cut.wav").write_bytes(wav[: len(wav) // 2])
    samples, notices = heard(tmp_path / "cut.wav")
    assert len(samples) == pytest.approx(24_000, abs=30)
    assert notices == ["damaged audio (the header says 3.0 s, 1.5 s were heard)."]
    with pytest.raises(BadInput, match=r"cut\.wav: damaged audio \(the header says 3\.0 s, 1\.5 s were heard\)\."):
        list(stream_audio(tmp_path / "cut.wav", complete=True))


def test_an_empty_wav_is_empty_and_not_of_unknown_length(tmp_path):
    (tmp_path / "none.wav").write_bytes(wav_bytes(np.zeros(0, np.float32)))
    with pytest.raises(BadInput, match="no audio in it"):
        read_audio(tmp_path / "none.wav")
    listed = wav_bytes(np.zeros(0, np.float32)) + b"LIST" + struct.pack("<I", 6000) + bytes(6000)
    (tmp_path / "listed.wav").write_bytes(listed)  # what follows is a chunk, not sound
    with pytest.raises(BadInput, match="no audio in it"):
        read_audio(tmp_path / "listed.wav")


def test_joined_files_are_heard_to_the_last(tmp_path, speech):
    for kind in ("wav", "flac", "mp3", "ogg"):
        one, other, both = (tmp_path / f"{name}.{kind}" for name in ("one", "other", "both"))
        soundfile.write(one, speech, 16_000)
        soundfile.write(other, speech[:16_000], 16_000)
        both.write_bytes(one.read_bytes() + other.read_bytes())
        samples, _ = heard(both)
        assert len(samples) / 16_000 == pytest.approx(4.0, abs=0.3), kind
        ending = samples[-16_000:] if kind in ("wav", "flac") else samples[-14_000:-2_000]
        assert np.sqrt(np.mean(ending**2)) > 0.3 * np.sqrt(np.mean(speech[:16_000] ** 2)), kind


def test_joined_files_may_differ_in_rate(tmp_path, speech):
    soundfile.write(tmp_path / "b.wav", np.repeat(speech, 3), 48_000)
    (tmp_path / "both.wav").write_bytes(wav_bytes(speech) + (tmp_path / "b.wav").read_bytes())
    samples, _ = heard(tmp_path / "both.wav")
    assert len(samples) / 16_000 == pytest.approx(6.0, abs=0.01)
    assert np.corrcoef(samples[:48_000], read_audio(tmp_path / "both.wav")[48_000:])[0, 1] > 0.9


def test_a_flac_of_unknown_length_is_heard_whole(tmp_path, speech):
    soundfile.write(tmp_path / "a.flac", speech, 16_000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    assert not audio_length(tmp_path / "a.flac").known
    assert heard(tmp_path / "a.flac")[0] == pytest.approx(speech, abs=1e-4)


@pytest.mark.parametrize("wrong", [0.3, 1.0, 3.0])
def test_an_mp3_is_heard_whole_whatever_its_header_says(tmp_path, speech, wrong):
    path = tmp_path / "vbr.mp3"
    soundfile.write(path, speech, 16_000)
    data = bytearray(path.read_bytes())
    at = max(data.find(b"Xing"), data.find(b"Info"))
    frames = struct.unpack(">I", data[at + 8 : at + 12])[0]
    data[at + 8 : at + 12] = struct.pack(">I", round(wrong * frames))
    path.write_bytes(data)
    samples, notices = heard(path)
    assert len(samples) / 16_000 == pytest.approx(3.0, abs=0.15)
    assert bool(notices) is (wrong > 1)
    path.write_bytes(bytes(data[:at]) + bytes(4) + bytes(data[at + 4 :]))  # without
    assert len(heard(path)[0]) / 16_000 == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize(("scale", "bits"), [(32768, 16), (8388608, 24), (2147483648, 32)])
def test_float_samples_in_the_scale_of_integers_are_divided_and_it_is_said(tmp_path, speech, scale, bits):
    soundfile.write(tmp_path / "big.wav", speech * scale, 16_000, subtype="FLOAT")
    samples, notices = heard(tmp_path / "big.wav")
    assert samples == pytest.approx(speech, abs=1e-4)
    assert notices == [f"its samples have the scale of {bits}-bit integers, not of +-1: they were divided."]


def test_headroom_is_kept_and_a_glitch_is_no_scale(tmp_path, speech):
    loud = 3.0 * speech / np.abs(speech).max()
    loud[100] = 500.0
    soundfile.write(tmp_path / "loud.wav", loud, 16_000, subtype="FLOAT")
    samples, notices = heard(tmp_path / "loud.wav")
    assert samples == pytest.approx(loud, abs=1e-4)
    assert notices == []


def test_one_channel_can_be_chosen(tmp_path, speech):
    other = np.roll(speech, 9_000)[::-1]
    soundfile.write(tmp_path / "call.wav", np.stack([speech, other], axis=1), 16_000)
    assert read_audio(tmp_path / "call.wav", channel=1) == pytest.approx(speech, abs=1e-3)
    assert read_audio(tmp_path / "call.wav", channel=2) == pytest.approx(other, abs=1e-3)
    with pytest.raises(BadInput, match=r"call\.wav: there is no channel 3: it has 2 channels\."):
        read_audio(tmp_path / "call.wav", channel=3)
