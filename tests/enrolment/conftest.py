"""Speech for the tests of enrolment: the bundled made voices."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import SpeechDetector
from utils import write_wav


@pytest.fixture(scope="session")
def voice(demo_dir):
    """voice(name): all that a person of the demo says for enrolment, about 25 s, (n,) at 16 kHz, with pauses."""
    pause = 1e-3 * np.random.default_rng(0).standard_normal(8000).astype(np.float32)

    @cache
    def speak(name: str) -> np.ndarray:
        files = sorted((demo_dir / "enrolment" / name).glob("*.flac"))
        return np.concatenate([part for file in files for part in (pause, read_audio(file), pause)])

    return speak


@pytest.fixture(scope="session")
def probabilities():
    """probabilities(samples): of speech, for each whole chunk."""
    return lambda samples: SpeechDetector().process(samples)


@pytest.fixture
def wav_of(voice, tmp_path):
    """wav_of(name): the same as a file."""

    def write(name: str) -> Path:
        path = tmp_path / f"{name}.wav"
        write_wav(path, voice(name))
        return path

    return write
