"""The benchmark of long files: two ways on the same sound, and how far their timelines are apart."""

from __future__ import annotations

from app.audio.reading.reader import read_audio
from app.benchmarks.files import AHEAD, LIVE, compare_turns, repeated, time_files
from app.diarisation.timeline import Turn
from app.enrolment.build import gallery_from_folder


def test_both_ways_are_timed_and_compared(encoder, demo_dir):
    sound = read_audio(demo_dir / "conversation.flac", end_s=8.0)
    gallery = gallery_from_folder(demo_dir / "enrolment", encoder)
    live, ahead = time_files([(sound, gallery), (repeated(sound, 8.0), gallery)], encoder)
    assert (live.way, ahead.way) == (LIVE, AHEAD)
    assert live.sound_s == ahead.sound_s == 16.0
    assert live.cpu_s > 0
    assert ahead.differs_s == 0.0
    assert "x real time" in str(ahead)


def test_a_turn_that_moved_and_one_with_another_name_are_seen():
    ana = [Turn(1.0, 3.0, "Ana"), Turn(3.0, 5.0, "Ben")]
    assert compare_turns(ana, ana, 6.0) == (0.0, 0.0)
    moved = [Turn(1.0, 3.2, "Ana"), Turn(3.2, 5.0, "Colin")]
    differs_s, longest_s = compare_turns(ana, moved, 6.0)
    assert (round(differs_s, 2), round(longest_s, 2)) == (2.0, 2.0)
