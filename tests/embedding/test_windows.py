"""Windows of one sound that overlap: the embeddings that they have alone, whatever is shared on the way."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.embedding.log_mel import LogMel
from app.embedding.spectrum_windows import SpectrumWindows
from app.embedding.windows import Windows

CHUNK = 512


@pytest.fixture(scope="module")
def sound(demo_dir):
    return read_audio(demo_dir / "conversation.flac", end_s=8.0)


def taken_in(windows: Windows, sound: np.ndarray) -> Windows:
    """Pieces of any length, some shorter than a frame."""
    for piece in np.split(sound, [100, 350, 16_000, 16_033, 70_000]):
        windows.append(piece)
    return windows


def spans(*firsts: int, chunks: int) -> list[tuple[int, int]]:
    return [(CHUNK * first, CHUNK * (first + chunks)) for first in firsts]


@pytest.mark.parametrize("chunks", [8, 12, 31, 96])
def test_each_window_is_embedded_as_if_it_were_alone(encoder, sound, chunks):
    windows = taken_in(encoder.windows(), sound)
    assert isinstance(windows, SpectrumWindows)
    some = spans(0, 4, 7, 130, chunks=chunks)
    alone = [encoder.embed_with_overlap(sound[start:end]) for start, end in some]
    vectors, overlap = windows.embed_with_overlap(some)
    assert vectors == pytest.approx(np.stack([vector for vector, _ in alone]), abs=1e-5)
    assert [encoder.is_overlap(each) for each in overlap] == [both for _, both in alone]
    assert windows.embed(some) == pytest.approx(vectors, abs=1e-6)


def test_windows_of_several_lengths_keep_their_order(encoder, sound):
    windows = taken_in(encoder.windows(), sound)
    some = [*spans(3, chunks=8), *spans(40, chunks=31), *spans(90, chunks=8)]
    assert windows.embed(some) == pytest.approx(encoder.embed_batch([sound[a:b] for a, b in some]), abs=1e-5)


def test_what_was_forgotten_takes_no_room_and_changes_nothing(encoder, sound):
    windows, some = taken_in(encoder.windows(), sound[:80_000]), spans(120, 200, chunks=24)
    windows.forget(CHUNK * 117)
    windows.append(sound[80_000:])
    windows.forget(CHUNK * 120)
    assert len(windows) == len(sound) - CHUNK * 120
    assert len(windows._decibels) <= len(windows) / 32
    assert windows.embed(some) == pytest.approx(encoder.embed_batch([sound[a:b] for a, b in some]), abs=1e-5)
    with pytest.raises(ValueError, match="where sound is kept"):
        windows.embed(spans(119, chunks=24))
    with pytest.raises(ValueError, match="multiples of 32"):
        windows.embed([(CHUNK * 130 + 1, CHUNK * 150 + 1)])


def test_the_spectrum_of_common_frames_is_computed_once(encoder, sound, monkeypatch):
    computed = []
    frames = LogMel.frames
    monkeypatch.setattr(LogMel, "frames", lambda self, some: computed.append(some[..., 0].size) or frames(self, some))
    windows = taken_in(encoder.windows(), sound)
    grid = sum(computed)
    assert grid <= len(sound) / 32
    some = spans(*range(0, 60, 4), chunks=96)
    windows.embed(some)
    assert sum(computed) - grid <= 4 * len(some)  # two at each end


def test_silence_has_no_voice_here_either(encoder):
    windows = encoder.windows()
    windows.append(np.full(CHUNK * 40, np.nan, np.float32))
    assert not windows.embed(spans(2, 9, chunks=12)).any()


def test_an_encoder_that_takes_no_spectra_gives_the_same(encoder, sound):
    some = spans(10, 14, chunks=12)
    plain = taken_in(Windows(encoder), sound)
    assert plain.embed(some) == pytest.approx(taken_in(encoder.windows(), sound).embed(some), abs=1e-5)
