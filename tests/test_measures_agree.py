"""One sound has the same figures from a microphone, from a file and as an upload."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from app.audio.intake import Intake
from app.audio.reading.reader import read_audio
from app.audio.ring_buffer import Capture
from app.audio.vad import detect_speech
from app.enrolment.quality import Fault, Quality, judge, measure
from app.server.uploads import read_upload
from utils import SAMPLE_RATE

FINE = SimpleNamespace(input_overflow=False)


def from_microphone(frames: np.ndarray) -> np.ndarray:
    capture, intake = Capture(SAMPLE_RATE, frames.shape[1], 60.0), Intake()
    for at in range(0, len(frames) - 319, 320):
        capture(frames[at : at + 320], 320, None, FINE)
    intake.receive(capture, 60 * SAMPLE_RATE)
    return intake.backlog.take(60 * SAMPLE_RATE).samples


def figures(frames: np.ndarray, path) -> list[Quality]:
    soundfile.write(path, frames, SAMPLE_RATE, subtype="FLOAT")
    sounds = from_microphone(frames), read_audio(path), read_upload(io.BytesIO(path.read_bytes()), 60.0)
    return [measure(detect_speech(sound)) for sound in sounds]


@pytest.fixture(scope="module")
def take(demo_dir) -> np.ndarray:
    """A recording with half a second of a quiet room before it."""
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "01.flac")
    room = np.random.default_rng(0).normal(0, 3e-4, len(voice) + 24_000)
    return (np.pad(voice, (16_000, 8_000)) + room).astype(np.float32)


@pytest.mark.parametrize("kind", ["plain", "offset", "headroom", "clipped", "inverted"])
def test_the_same_sound_has_the_same_figures_at_every_door(kind, take, tmp_path):
    alone = measure(detect_speech(take))
    frames = {
        "plain": take[:, None],
        "offset": take[:, None] + np.float32(0.02),
        "headroom": take[:, None] * np.float32(3 / np.abs(take).max()),
        "clipped": np.clip(take[:, None], -0.04, 0.04),
        "inverted": np.stack([take, -take], axis=1),
    }[kind]
    doors = figures(frames, tmp_path / "sound.wav")
    for quality in doors:
        assert quality.level_db == pytest.approx(doors[0].level_db, abs=0.3)
        assert quality.noise_db == pytest.approx(doors[0].noise_db, abs=0.5)
        assert quality.snr_db == pytest.approx(doors[0].snr_db, abs=0.5)
        assert quality.clipped == pytest.approx(doors[0].clipped, abs=0.005)
        assert {problem.fault for problem in judge(quality)} == ({Fault.CLIPPED} if kind == "clipped" else set())
        if kind in ("plain", "offset", "inverted"):
            assert quality.snr_db == pytest.approx(alone.snr_db, abs=1.0)
            assert quality.level_db == pytest.approx(alone.level_db, abs=0.3)


@pytest.mark.parametrize("value", [0.0, 0.02])
def test_zeros_and_an_offset_are_no_sound_at_every_door(value, tmp_path):
    for quality in figures(np.full((3 * SAMPLE_RATE, 1), value, np.float32), tmp_path / "still.wav"):
        assert quality.all_zero
        assert [problem.fault for problem in judge(quality)] == [Fault.MUTE]
