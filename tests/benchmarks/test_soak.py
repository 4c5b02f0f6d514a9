"""A simulated day, short: the engine on hours of sound; what must not grow or drift (memory: ``benchmarks soak``)."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.benchmarks.memory import resident_mb
from app.benchmarks.soak import DayConfig, DayReport, at_speed, simulate_day, sound, talks
from app.diarisation.recogniser import LiveConfig, Recogniser
from app.diarisation.session_speakers import SessionSpeakersConfig
from app.diarisation.turn_history import TurnHistoryConfig
from app.enrolment.build import gallery_from_folder
from utils import SAMPLE_RATE


def test_the_day_is_as_long_as_it_should_be_and_the_same_for_the_same_seed():
    config = DayConfig(hours=0.02, talking=0.4)
    conversation = np.ones(5 * SAMPLE_RATE, np.float32)
    plan = talks(5.0, config)
    assert plan == talks(5.0, config)
    blocks = list(sound(conversation, plan, config))
    whole = np.concatenate(blocks)
    assert len(whole) == 72 * SAMPLE_RATE
    assert max(map(len, blocks)) <= SAMPLE_RATE
    for talk in plan:
        start = round(talk.start_s * SAMPLE_RATE)
        assert talk.start_s % 4 == 0
        assert abs(whole[start - 10 : start]).max() < 0.01
        assert whole[start : start + SAMPLE_RATE] == pytest.approx(1, abs=0.01)
    assert len({talk.speed for talk in plan}) > 1


def test_another_speed_is_another_pitch():
    tone = np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    faster = at_speed(tone, 1.25)
    assert len(faster) == pytest.approx(SAMPLE_RATE / 1.25, abs=2)
    peak = np.abs(np.fft.rfft(faster)).argmax() * SAMPLE_RATE / len(faster)
    assert peak == pytest.approx(250, abs=2)


def test_memory_of_this_process_is_measured():
    before = resident_mb()
    with mmap.mmap(-1, 40 << 20) as held:  # new pages, and not what the process has freed before
        held.write(bytes([1]) * len(held))
        assert 20 < resident_mb() - before < 80  # other tests of this process have threads that go on


def test_hours_leave_the_engine_as_it_was(encoder, demo_dir):
    """Limits so small that twelve minutes fill them many times over, as a day fills the real ones."""
    speakers, history = SessionSpeakersConfig(max_unknown=2), TurnHistoryConfig(max_turns=12, kept_speech_s=5.0)
    gallery = gallery_from_folder(demo_dir / "enrolment", encoder)
    recogniser = Recogniser(encoder, gallery, config=LiveConfig(speakers=speakers, history=history))
    conversation = read_audio(demo_dir / "conversation.flac", end_s=31)  # the stranger, too
    config = DayConfig(hours=0.2, talking=0.3, speed=(0.55, 0.8), samplings=12)
    *moments, report = simulate_day(conversation, recogniser, config)
    assert isinstance(report, DayReport)
    assert report.moments == tuple(moments)
    assert len(moments) == 12
    assert report.clock_s == pytest.approx(report.length_s, abs=1e-6)
    assert report.length_s == 720
    assert len(report.delays_s) >= 3
    assert all(0 <= delay < 1.5 for delay in report.delays_s)
    assert abs(report.drift_s) < 0.05
    turns = [moment.turns for moment in moments]
    assert turns == sorted(turns)
    assert turns[-1] > 3 * history.max_turns
    assert max(moment.unknown for moment in moments) == speakers.max_unknown
    assert max(moment.kept_s for moment in moments) < speakers.max_unknown * (
        history.kept_speech_s + 8
    )  # whole turns are kept
    assert len({moment.files for moment in moments}) == 1
    assert f"{report.clock_s:.3f} s after 720.000 s" in str(report)
