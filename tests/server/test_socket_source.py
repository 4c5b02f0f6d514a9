"""A connection's sound: any rate in, 16 kHz out, the oldest dropped and told of."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.source import SourceState
from app.audio.vad import keep_speech
from app.server.live.socket_source import SocketSource, other_kind
from tests.support.layouts import layouts


def pcm(seconds: float, rate: int, hz: float = 440) -> bytes:
    wave = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return (32767 * wave).astype("<i2").tobytes()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000, 96000])
def test_a_stream_of_any_rate_comes_out_whole(rate):
    source, sound = SocketSource(rate, 3.0), pcm(2.0, rate)
    heard, step = [], 2 * (rate // 20)
    for at in range(0, len(sound), step):
        source.feed(sound[at : at + step])
        if block := source.read(0.25, 3.0, timeout_s=0):
            heard.append(block)
    source.end()
    while block := source.read(0.25, 3.0, timeout_s=0):
        heard.append(block)
    assert source.status.state is SourceState.ENDED
    assert sum(len(block.samples) for block in heard) == pytest.approx(32000, abs=160)
    for one, after in itertools.pairwise(heard):
        assert after.start_s == pytest.approx(one.end_s, abs=1e-3)
    joined = np.concatenate([block.samples for block in heard])
    assert np.abs(np.fft.rfft(joined[8000:24000])).argmax() == pytest.approx(440, abs=1)


def test_a_flood_loses_its_oldest_and_the_block_says_so():
    source = SocketSource(16000, 3.0)
    for second in range(20):
        source.feed(np.full(16000, second * 100, "<i2").tobytes())
    block = source.read(0.25, 3.0)
    assert len(block.samples) == 48000
    assert block.start_s == pytest.approx(17.0)
    assert block.dropped_s == pytest.approx(17.0)
    assert source.status.dropped_s == pytest.approx(17.0)
    assert block.samples[0] * 32768 == pytest.approx(1700, abs=1)
    source.feed(bytes(16000))
    assert source.read(0.25, 3.0).dropped_s == 0


def test_one_message_longer_than_the_backlog_keeps_its_end():
    source = SocketSource(16000, 3.0)
    source.feed(np.arange(0, 160000, 5).astype("<i2").tobytes() * 3)
    block = source.read(0.25, 3.0)
    assert len(block.samples) == 48000
    assert block.dropped_s == pytest.approx(96000 / 16000 - 3.0)


def test_half_a_sample_is_refused():
    with pytest.raises(ValueError, match="half"):
        SocketSource(16000, 3.0).feed(b"123")


def test_a_part_of_a_frame_is_refused():
    with pytest.raises(ValueError, match="a part of a frame came"):
        SocketSource(16000, 3.0, channels=3).feed(bytes(8))


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("L = R", ""),
        ("L = -R", "inverted copy"),
        ("left dead", "channel 2 is heard; channel 1 is silent"),
        ("white noise, 20 dB louder", "channel 2 is heard; channel 1 holds only noise"),
        ("one of 8", "channel 6 is heard"),
    ],
)
def test_channels_are_mixed_so_that_the_voice_stays(encoder, demo_dir, layout, said):
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    frames = layouts(0.5 * voice, np.zeros(len(voice)))[layout]
    frames = frames / max(1.0, np.abs(frames).max())
    source = SocketSource(16000, 3.0, frames.shape[1])
    heard = []
    for at in range(0, len(frames), 800):
        source.feed((32767 * frames[at : at + 800]).astype("<i2").tobytes())
        if block := source.read(0.25, 3.0, timeout_s=0):
            heard.append(block.samples)
    mixed = np.concatenate(heard)
    assert encoder.embed(keep_speech(mixed)) @ encoder.embed(keep_speech(voice)) > 0.9
    assert said in source.status.notice
    assert bool(said) is bool(source.status.notice)


def test_of_a_flood_of_several_channels_whole_frames_are_lost():
    source = SocketSource(16000, 1.0, channels=2)
    frames = np.stack([np.arange(40000) % 9000, np.zeros(40000)], axis=1).astype("<i2")
    for at in range(0, len(frames), 700):
        source.feed(frames[at : at + 700].tobytes())
    block = source.read(0.25, 3.0)
    assert len(block.samples) == 16000
    assert block.start_s == pytest.approx(24000 / 16000)
    ramp = np.diff(block.samples[:2000])  # of one channel: with the other between it would jump
    assert ramp == pytest.approx(ramp[0], abs=1e-6)


def test_read_waits_for_enough_and_stop_ends_the_wait():
    source = SocketSource(16000, 3.0)
    source.feed(pcm(0.1, 16000))
    assert source.read(0.25, 3.0, timeout_s=0.05) is None
    threading.Timer(0.2, source.stop).start()
    began = time.monotonic()
    assert source.read(0.25, 3.0, timeout_s=30) is None
    assert time.monotonic() - began < 20
    assert source.status.state is SourceState.ENDED


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_pcm_is_not_taken_for_anything_else(demo_dir, gain):
    sound = gain * read_audio(demo_dir / "conversation.flac", end_s=20)
    messages = [(sound[at : at + 320] * 32767).astype("<i2").tobytes() for at in range(0, len(sound), 320)]
    assert not any(other_kind(message) for message in messages)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "WebM file"),
        (b"OggS\0\2", "Ogg file"),
        (b"RIFF\0\0\0\0WAVE", "WAV file"),
        (b"\0\0\0 ftypM4A ", "MP4 file"),
    ],
)
def test_a_file_is_no_stream_of_samples(head, kind):
    with pytest.raises(ValueError, match=f"this is a {kind}"):
        SocketSource(16000, 1.0).feed(head + bytes(200))


def test_float_samples_are_told_even_if_silence_comes_first(demo_dir):
    sound = read_audio(demo_dir / "conversation.flac", start_s=2, end_s=3)
    source = SocketSource(16000, 1.0)
    source.feed(bytes(6400))
    with pytest.raises(ValueError, match="32-bit float samples"):
        source.feed(sound.astype("<f4").tobytes())
