"""Files and arrays as sources of sound."""

from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from app.audio.file_source import FileSource, StreamSource
from app.audio.reading.reader import read_audio
from app.audio.source import AudioBlock, SourceState
from tests.support.array_source import ArraySource
from utils import SAMPLE_RATE, BadInput


def read_on(source: StreamSource, min_s: float, max_s: float) -> Iterator[AudioBlock]:
    while source.status.state is not SourceState.ENDED:
        if (block := source.read(min_s, max_s)) is not None:
            yield block


def read_all(source: StreamSource, min_s: float, max_s: float) -> list[AudioBlock]:
    return list(read_on(source, min_s, max_s))


def number_line(seconds: float) -> np.ndarray:
    """Samples that say their own place."""
    return np.arange(round(seconds * SAMPLE_RATE), dtype=np.float32) / 2**24


@pytest.mark.parametrize("min_s", [0.25, 0.1, 1.0, 3.7, 60.0])
def test_every_sample_of_an_array_comes_once_and_in_order(min_s):
    samples = number_line(7.3)
    source = ArraySource(samples)
    assert source.status.state is SourceState.WAITING
    source.start()
    assert source.status.state is SourceState.RUNNING
    blocks = read_all(source, min_s, max(min_s, 5.0))
    np.testing.assert_array_equal(np.concatenate([block.samples for block in blocks]), samples)
    assert all(len(block.samples) == round(min_s * SAMPLE_RATE) for block in blocks[:-1])
    assert [block.start_s for block in blocks] == pytest.approx([0.0, *(block.end_s for block in blocks)][:-1])
    assert blocks[-1].end_s == pytest.approx(7.3)
    assert not any(block.dropped_s for block in blocks)
    assert source.read(min_s, max(min_s, 5.0)) is None


def test_a_block_is_nobody_elses():
    samples = number_line(1.0)
    source = ArraySource(samples)
    source.start()
    source.read(0.5, 1.0).samples[:] = 9
    np.testing.assert_array_equal(samples, number_line(1.0))


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (48_000, 1), (8_000, 1)])
def test_a_file_is_read_as_a_whole_would_be(tmp_path, rate, channels):
    path = tmp_path / "sound.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, (round(2.3 * rate), channels))
    soundfile.write(path, sound, rate)
    source = FileSource(path)
    source.start()
    samples = np.concatenate([block.samples for block in read_all(source, 0.25, 1.0)])
    np.testing.assert_allclose(samples, read_audio(path), atol=1e-4)
    assert source.status.device == "sound.wav"


def test_a_bad_file_is_told_at_once(tmp_path):
    (tmp_path / "text.wav").write_text("no sound in this")
    with pytest.raises(BadInput, match="not an audio file"):
        FileSource(tmp_path / "text.wav")


def test_a_file_damaged_later_on_is_told_where_it_is_reached(tmp_path):
    path = tmp_path / "nan.wav"
    sound = np.zeros(3 * SAMPLE_RATE, np.float32)
    sound[-10] = np.nan
    soundfile.write(path, sound, SAMPLE_RATE, subtype="FLOAT")
    source = FileSource(path)
    source.start()
    with pytest.raises(BadInput, match="not numbers"):
        read_all(source, 0.25, 1.0)
    assert source.read(0.25, 1.0) is None


@pytest.mark.parametrize("realtime", [False, True])
def test_hours_need_no_more_memory_than_seconds(tmp_path, realtime):
    peaks = []
    for minutes in (1, 60):
        path = tmp_path / f"{minutes}.wav"
        with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1) as file:
            for _ in range(minutes):
                file.write(np.zeros(60 * SAMPLE_RATE, np.int16))
        tracemalloc.start()
        source = FileSource(path, realtime=realtime)
        source.start()
        if realtime:
            source._began -= 3600  # a reader that comes an hour late
        heard_s = sum(len(block.samples) for block in read_on(source, 0.25, 2.0)) / SAMPLE_RATE
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert heard_s + source.status.dropped_s == pytest.approx(60 * minutes)
        assert heard_s == (pytest.approx(60 * minutes) if not realtime else pytest.approx(2.0))
    assert peaks[1] < peaks[0] + 500_000


def test_at_its_natural_pace_nothing_comes_before_its_time():
    source = ArraySource(number_line(1.0), realtime=True)
    source.start()
    began = time.monotonic()
    ends = []
    while source.status.state is not SourceState.ENDED:
        if (block := source.read(0.1, 1.0)) is not None:
            ends.append((block.end_s, time.monotonic() - began))
    assert all(heard_s <= elapsed_s + 0.01 for heard_s, elapsed_s in ends)
    assert ends[-1][0] == pytest.approx(1.0)


def test_what_is_not_due_yet_is_not_waited_for_longer_than_asked():
    source = ArraySource(number_line(100.0), realtime=True)
    source.start()
    assert source.read(50.0, 60.0, timeout_s=0.05) is None
    assert source.status.state is SourceState.RUNNING


def test_a_slow_reader_gets_the_newest_and_the_rest_is_counted():
    samples = number_line(2.0)
    source = ArraySource(samples, realtime=True)
    source.start()
    blocks = [source.read(0.1, 0.2)]
    time.sleep(0.7)
    blocks += read_all(source, 0.1, 0.2)
    assert max(len(block.samples) for block in blocks) <= 0.2 * SAMPLE_RATE
    end_s = 0.0
    for block in blocks:
        assert block.start_s - end_s == pytest.approx(block.dropped_s, abs=1e-6)
        at = round(block.start_s * SAMPLE_RATE)
        np.testing.assert_array_equal(block.samples, samples[at : at + len(block.samples)])
        end_s = block.end_s
    assert blocks[1].dropped_s >= 0.4
    assert sum(block.dropped_s for block in blocks) == pytest.approx(source.status.dropped_s)
    assert end_s == pytest.approx(2.0)


def test_a_reader_later_than_the_end_gets_the_end():
    samples = number_line(0.3)
    source = ArraySource(samples, realtime=True)
    source.start()
    time.sleep(0.5)
    block = source.read(0.05, 0.1)
    np.testing.assert_array_equal(block.samples, samples[-1600:])
    assert block.dropped_s == pytest.approx(0.2)


def test_another_thread_can_stop_it():
    source = ArraySource(number_line(100.0), realtime=True)
    source.start()
    got = []
    reader = threading.Thread(target=lambda: got.append(source.read(50.0, 60.0, timeout_s=60.0)))
    reader.start()
    source.stop()
    source.stop()
    reader.join(10)
    assert got == [None]
    assert source.status.state is SourceState.ENDED


def test_misuse_is_told():
    source = ArraySource(number_line(1.0))
    with pytest.raises(RuntimeError, match="start"):
        source.read(0.1, 1.0)
    source.start()
    with pytest.raises(ValueError, match="cannot be read"):
        source.read(1.0, 0.5)
    with pytest.raises(ValueError, match="one channel"):
        ArraySource(np.zeros((10, 2)))
