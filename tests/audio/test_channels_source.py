"""A recording whose channels are heard each by itself: what its level is measured of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.channels_source import channels_of_file
from app.audio.reading import reader
from app.audio.reading.reader import read_audio, stream_audio
from app.audio.source import AudioBlock
from utils import SAMPLE_RATE, BadInput


def blocks_of(path: Path) -> list[AudioBlock]:
    source = channels_of_file(path)
    source.start()
    return list(iter(lambda: source.read(0.128, 2.0), None))


def write_pair(path: Path, demo_dir: Path) -> Path:
    """Two voices, of which one has an offset, at a rate that is resampled."""
    speech = read_audio(demo_dir / "conversation.flac", end_s=16)
    pair = np.stack([speech[: 8 * SAMPLE_RATE], 0.5 * speech[8 * SAMPLE_RATE :] + 0.05], axis=1)
    soundfile.write(path, pair, 22_050, subtype="FLOAT")
    return path


@pytest.mark.parametrize("sign", [1, -1])
def test_channels_that_are_inverted_are_as_loud_as_each(sign, tmp_path: Path, demo_dir: Path):
    speech = read_audio(demo_dir / "conversation.flac", end_s=8)
    soundfile.write(tmp_path / "pair.wav", np.stack([speech, sign * speech], axis=1), SAMPLE_RATE, subtype="FLOAT")
    blocks = blocks_of(tmp_path / "pair.wav")
    channels = np.concatenate([block.channels for block in blocks])
    mixture = np.concatenate([block.samples for block in blocks])
    assert channels == pytest.approx(np.stack([speech, sign * speech], axis=1), abs=1e-6)
    assert np.abs(mixture) == pytest.approx(np.abs(speech), abs=1e-4)


def test_each_channel_is_what_it_is_when_it_is_chosen(tmp_path: Path, demo_dir: Path):
    path = write_pair(tmp_path / "pair.wav", demo_dir)
    channels = np.concatenate([block.channels for block in blocks_of(path)])
    chosen = [np.concatenate(list(stream_audio(path, channel=channel))) for channel in (1, 2)]
    assert np.array_equal(channels, np.stack(chosen, axis=1))
    assert abs(float(channels[SAMPLE_RATE:, 1].mean())) < 0.01  # the offset was there, and is taken off


def test_a_file_is_decoded_once_for_all_channels(tmp_path: Path, demo_dir: Path, monkeypatch):
    path = write_pair(tmp_path / "pair.wav", demo_dir)
    opened = []

    def counted(file):
        opened.append(file)
        return open_decoder(file)

    open_decoder = reader.open_decoder
    monkeypatch.setattr(reader, "open_decoder", counted)
    assert blocks_of(path)
    assert len(opened) == 1


def test_a_source_that_was_never_read_closes_its_file(tmp_path: Path, demo_dir: Path, monkeypatch):
    path, opened, open_bytes = write_pair(tmp_path / "pair.wav", demo_dir), [], reader.open_bytes
    monkeypatch.setattr(reader, "open_bytes", lambda *args, **kw: opened.append(open_bytes(*args, **kw)) or opened[-1])
    channels_of_file(path).stop()
    assert [file.closed for file in opened] == [True]


def test_more_channels_than_can_be_heard_each_are_refused(tmp_path: Path):
    soundfile.write(tmp_path / "many.wav", np.zeros((1600, 9), np.float32), SAMPLE_RATE)
    with pytest.raises(BadInput, match=r"many.wav: 9 channels are too many to be heard each \(at most 8\)"):
        channels_of_file(tmp_path / "many.wav")
