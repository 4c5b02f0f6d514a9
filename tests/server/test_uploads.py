"""Uploads of every kind, the malicious ones too."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from app.server.errors import ApiError
from app.server.uploads import decode_upload, read_upload

MAX_S = 30.0


def encoded(samples: np.ndarray, rate: int, kind: str = "WAV", subtype: str | None = None) -> io.BytesIO:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file


def tone(seconds: float, rate: int) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize(
    ("rate", "kind", "subtype"),
    [
        (8000, "WAV", "PCM_16"),
        (44100, "WAV", "FLOAT"),
        (48000, "FLAC", None),
        (48000, "OGG", "OPUS"),
        (44100, "OGG", "VORBIS"),
        (44100, "MP3", None),
        (192000, "WAV", "PCM_24"),
    ],
)
def test_formats_and_rates_become_16_khz(rate, kind, subtype):
    sound = read_upload(encoded(tone(2, rate), rate, kind, subtype), MAX_S)
    assert len(sound) == pytest.approx(32000, abs=2400)  # codecs pad
    assert np.abs(np.fft.rfft(sound[4000:20000])).argmax() == pytest.approx(440, abs=2)


def test_channels_are_mixed_without_a_loss():
    left = tone(1, 16000)
    for right in (np.zeros_like(left), -left):
        sound = read_upload(encoded(np.stack([left, right], axis=1), 16000), MAX_S)
        assert np.abs(sound[8000:]).max() > 0.1


def test_channels_are_mixed_or_one_is_chosen():
    left, right = tone(1, 16000), tone(1, 16000) / 2
    both = np.stack([left, -right], axis=1)
    assert np.abs(read_upload(encoded(both, 16000), MAX_S)).max() > 0.2  # the mean has 0.075
    assert np.abs(read_upload(encoded(both, 16000), MAX_S, channel=2)).max() == pytest.approx(0.15, abs=0.01)
    with pytest.raises(ApiError) as caught:
        read_upload(encoded(both, 16000), MAX_S, channel=3)
    assert (caught.value.status_code, caught.value.code) == (422, "no_such_channel")


def refused(file: io.BytesIO) -> ApiError:
    with pytest.raises(ApiError) as caught:
        read_upload(file, MAX_S)
    assert "/" not in caught.value.message
    return caught.value


def test_hours_of_silence_in_a_small_flac_are_refused_by_their_header():
    bomb = encoded(np.zeros(16000 * 3600 * 2, np.int16), 16000, "FLAC")
    assert bomb.getbuffer().nbytes < 1_000_000
    error = refused(bomb)
    assert (error.status_code, error.code) == (413, "audio_too_long")


def test_a_flac_that_lies_about_its_length_is_refused_while_it_is_decoded():
    bomb = encoded(np.zeros(16000 * 600, np.int16), 16000, "FLAC")
    raw = bytearray(bomb.getvalue())
    raw[21] &= 0xF0  # the 36 bits of STREAMINFO that hold the number of samples: 0 is "not known"
    raw[22:26] = bytes(4)
    taken = []
    with pytest.raises(ApiError) as caught:
        taken.extend(len(block) for block in decode_upload(io.BytesIO(raw), MAX_S))
    assert caught.value.status_code == 413
    assert sum(taken) <= MAX_S * 16000


def test_a_wav_with_an_absurd_rate_or_many_channels_is_refused_without_allocating():
    for channels, rate in ((1000, 16000), (1, 2_000_000_000), (1, 3)):
        header = (
            b"RIFF"
            + struct.pack("<I", 2**31)
            + b"WAVEfmt "
            + struct.pack(
                "<IHHIIHH", 16, 1, channels, rate, (rate * channels * 2) & 0xFFFFFFFF, channels * 2 & 0xFFFF, 16
            )
        )
        error = refused(io.BytesIO(header + b"data" + struct.pack("<I", 2**31 - 100) + bytes(4000)))
        assert error.status_code in {413, 415, 422}


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"not audio at all" * 100, b"\x00" * 5000, b"ID3\x04" + b"\xff" * 3000]
)
def test_what_is_no_audio_is_said_to_be_none(content):
    assert refused(io.BytesIO(content)).status_code in {415, 422}


def test_a_cut_file_is_refused_and_says_what_came(demo_dir):
    flac = (demo_dir / "enrolment" / "Ana" / "01.flac").read_bytes()
    for length in (30, 500, len(flac) // 2):
        assert refused(io.BytesIO(flac[:length])).status_code in {415, 422}
    wav = encoded(tone(4, 16000), 16000).getvalue()
    error = refused(io.BytesIO(wav[: len(wav) // 2]))
    assert (error.status_code, error.code) == (422, "damaged_audio")
    assert error.message == "damaged audio (the header says 4.0 s, 2.0 s were heard)."


@pytest.mark.parametrize("size", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_a_stream_without_a_length_is_heard_to_its_end(size):
    wav = bytearray(encoded(tone(4, 16000), 16000).getvalue())
    wav[4:8] = wav[40:44] = size
    assert len(read_upload(io.BytesIO(wav), MAX_S)) == 64000


def test_samples_that_are_no_numbers_are_refused():
    samples = np.full(16000, np.nan, np.float32)
    assert refused(encoded(samples, 16000, subtype="FLOAT")).code == "damaged_audio"


def test_a_header_without_sound_is_empty():
    assert refused(encoded(np.zeros(0), 16000)).code == "empty_audio"
