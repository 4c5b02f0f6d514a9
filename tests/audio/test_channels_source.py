"""A recording whose channels are heard each by itself: what its level is measured of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.channels_source import channels_of_file
from app.audio.reading.reader import read_audio
from utils import SAMPLE_RATE


@pytest.mark.parametrize("sign", [1, -1])
def test_channels_that_are_inverted_are_as_loud_as_each(sign, tmp_path: Path, demo_dir: Path):
    speech = read_audio(demo_dir / "conversation.flac", end_s=8)
    soundfile.write(tmp_path / "pair.wav", np.stack([speech, sign * speech], axis=1), SAMPLE_RATE, subtype="FLOAT")
    source = channels_of_file(tmp_path / "pair.wav")
    source.start()
    blocks = []
    while (block := source.read(0.128, 2.0)) is not None:
        blocks.append(block)
    channels = np.concatenate([block.channels for block in blocks])
    mixture = np.concatenate([block.samples for block in blocks])
    assert channels == pytest.approx(np.stack([speech, sign * speech], axis=1), abs=1e-6)
    assert np.abs(mixture) == pytest.approx(np.abs(speech), abs=1e-4)
