"""What the level meter shows of sound that comes in blocks."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.scoring.identification import Identification
from app.window.engine.levels import LevelConfig, LevelTracker

LOUD = np.where(np.arange(4000) % 2, 0.5, -0.5).astype(np.float32)  # -6 dB
SOFT = LOUD / 100  # -46 dB


def answer(level_db: float, speech: float = 1.0) -> Identification:
    return Identification(0.0, None, None, 0.0, speech_probability=speech, level_db=level_db)


def test_pieces_come_due_one_after_the_other():
    levels = LevelTracker()
    levels.push(np.concatenate([SOFT, LOUD]), now_s=10.0)
    assert levels.read(10.0).db == pytest.approx(-46, abs=0.1)
    assert levels.read(10.2).db == pytest.approx(-46, abs=0.1)
    assert levels.read(10.3).db == pytest.approx(-6, abs=0.1)


def test_the_bar_falls_slowly_and_the_peak_stays():
    levels = LevelTracker(LevelConfig(fall_db_per_s=60, peak_hold_s=1.5))
    levels.push(LOUD, now_s=0.0)
    levels.read(0.25)
    after = levels.read(0.75)
    assert after.db == pytest.approx(-36, abs=0.1)
    assert after.peak_db == pytest.approx(-6, abs=0.1)
    assert levels.read(2.0).peak_db < -60
    assert levels.read(9.0).db == -120


def test_clipping_stays_long_enough_to_be_seen_and_then_goes():
    levels = LevelTracker(LevelConfig(clip_hold_s=2.0))
    samples = LOUD.copy()
    samples[100] = -1.0
    levels.push(samples, now_s=0.0)
    assert levels.read(0.1).clipping
    assert levels.read(2.0).clipping
    assert not levels.read(2.3).clipping


def shown_clipped(sound: np.ndarray) -> bool:
    """Whether the meter says at any time that this sound (n,) is clipped, heard as a microphone gives it."""
    levels, seen = LevelTracker(), False
    for at in range(0, len(sound), 2048):
        levels.push(sound[at : at + 2048], now_s=at / 16_000)
        seen |= levels.read(at / 16_000 + 0.12).clipping
    return seen


def test_clean_voices_are_never_called_clipped_and_clipped_ones_are(demo_dir):
    """Three samples of one height at a loud moment are in any voice now and then."""
    for path in (demo_dir / "conversation.flac", *sorted((demo_dir / "enrolment").rglob("*.flac"))):
        voice = read_audio(path)
        assert not shown_clipped(voice), path.name
        assert shown_clipped(np.clip(voice, -0.5 * voice.max(), 0.5 * voice.max())), path.name


def test_speech_that_stays_too_quiet_is_said():
    levels = LevelTracker(LevelConfig(quiet_db=-45, quiet_after_s=1.5, quiet_hold_s=3.0))
    for _ in range(5):
        levels.observe(answer(-50), 0.25)
    assert not levels.read(0.0).too_quiet
    levels.observe(answer(-50), 0.25)
    assert levels.read(0.0).too_quiet
    levels.observe(answer(-70, speech=0.0), 0.25)
    assert levels.read(0.0).too_quiet  # a breath
    levels.observe(answer(-30), 0.25)
    assert not levels.read(0.0).too_quiet


def test_a_quiet_room_is_not_quiet_speech():
    levels = LevelTracker()
    for _ in range(100):
        levels.observe(answer(-70, speech=0.1), 0.25)
    assert not levels.read(0.0).too_quiet


def test_the_hint_goes_when_nobody_speaks_any_more():
    levels = LevelTracker(LevelConfig(quiet_after_s=0.5, quiet_hold_s=3.0))
    for _ in range(4):
        levels.observe(answer(-50), 0.25)
    assert levels.read(0.0).too_quiet
    for _ in range(12):
        levels.observe(answer(-70, speech=0.0), 0.25)
    assert not levels.read(0.0).too_quiet


def test_a_flood_of_sound_is_not_kept():
    levels = LevelTracker()
    levels.push(LOUD, now_s=0.0)
    for second in range(1000):
        levels.push(np.zeros(16_000, np.float32), now_s=second / 1000)
    assert levels.read(100.0).peak_db == -120  # of a thousand seconds the last four are left


def test_reset_forgets():
    levels = LevelTracker()
    levels.push(2 * LOUD, now_s=0.0)
    assert levels.read(0.3).clipping
    levels.reset()
    assert levels.read(0.4).db == -120
    assert not levels.read(0.4).clipping
