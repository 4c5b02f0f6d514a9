"""Where it goes: a file that appears whole, raw samples, and a queue to a device that never waits."""

from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from app.audio.out.playback import Playback
from app.gating.sinks import is_file, open_sink
from utils import SAMPLE_RATE


def test_a_file_appears_when_it_is_whole(tmp_path):
    sink = open_sink(str(tmp_path / "ana.wav"))
    sink.write(np.full(SAMPLE_RATE, 0.5, np.float32))
    sink.write(np.full(10, 7.0, np.float32))
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    sink.close()
    sound, rate = soundfile.read(tmp_path / "ana.wav")
    assert (len(sound), rate) == (SAMPLE_RATE + 10, SAMPLE_RATE)
    assert sound[0] == pytest.approx(0.5, abs=1e-3)
    assert os.listdir(tmp_path) == ["ana.wav"]
    assert (tmp_path / "ana.wav").stat().st_mode & 0o777 == 0o600


def test_standard_output_has_raw_samples(capfdbinary):
    sink = open_sink("-")
    sink.write(np.float32([0, 0.5, -2.0]))
    sink.close()
    assert np.frombuffer(capfdbinary.readouterr().out, "<i2").tolist() == [0, 16384, -32768]


def test_what_is_a_file():
    assert is_file("-")
    assert is_file("a/b.WAV")
    assert not is_file("USB Audio")
    assert not is_file("alsa_output.pci-0000_00_1f.3.analog-stereo")


def read(playback: Playback, count: int) -> np.ndarray:
    out = np.full(count, 9.0, np.float32)
    playback.fill(out)
    return out


def test_sound_goes_through_the_queue_in_order():
    playback, got = Playback(SAMPLE_RATE), []
    assert not read(playback, 100).any()  # nothing waits
    sound = np.arange(5 * SAMPLE_RATE, dtype=np.float32) + 1
    for at in range(0, len(sound), 2000):
        playback.write(sound[at : at + 2000])
        got.append(read(playback, 2000))
    got += [read(playback, 2000) for _ in range(4)]
    flat = np.concatenate(got)
    assert np.array_equal(flat[flat > 0], sound)
    assert playback.dropped_s == 0
    assert playback.missed == 1  # at the end


def test_a_device_that_stands_still_costs_sound_and_no_memory():
    playback = Playback(48_000)
    for _ in range(100):
        playback.write(np.ones(SAMPLE_RATE // 10, np.float32))
    assert playback.waiting_s == pytest.approx(2.0, abs=0.1)
    assert playback.dropped_s == pytest.approx(8.0, abs=0.2)


def test_silence_is_left_out_where_the_microphone_is_faster():
    playback = Playback(SAMPLE_RATE)
    for _ in range(20):
        playback.write(np.zeros(2000, np.float32))
    assert playback.waiting_s <= 0.75
