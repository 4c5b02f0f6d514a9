"""A file for each speaker: of their turns alone, at the recording's own rate, never in the place of another file."""

from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from app.diarisation.timeline import Turn
from app.exports.voices import cut_voices
from utils import BadInput, slug

RATE = 44_100
TURNS = [Turn(0.5, 1.5, "Ana"), Turn(1.5, 3.0, "../Ben"), Turn(3.5, 4.0, "Ana")]


@pytest.fixture
def talk(tmp_path):
    """5 s of a tone: on the left channel it reaches 0.25 all along, on the right one 0.5."""
    path = tmp_path / "talk.flac"
    tone = np.sin(2 * np.pi * 441 * np.arange(5 * RATE) / RATE)
    soundfile.write(path, np.outer(tone, [0.25, 0.5]), RATE)
    return path


def read(cut) -> np.ndarray:
    sound, rate = soundfile.read(cut.path, dtype="float32")
    assert rate == RATE
    return sound


def level(sound: np.ndarray) -> float:
    """How far a tone reaches."""
    return float(abs(sound).max())


def test_each_speaker_has_their_turns(talk, tmp_path):
    first, second = cut_voices(talk, TURNS, tmp_path / "voices", channel=1)
    assert (first.label, second.label) == ("Ana", "../Ben")
    assert first.path.parent == second.path.parent == tmp_path / "voices"
    assert second.path.name == f"{slug('../Ben')}.wav"
    assert sorted(os.listdir(tmp_path / "voices")) == sorted([first.path.name, second.path.name])
    assert first.path.stat().st_mode & 0o777 == 0o600
    for cut in (first, second):
        sound = read(cut)
        assert len(sound) == pytest.approx(1.5 * RATE, abs=8)
        assert cut.speech_s == 1.5
        assert level(sound) == pytest.approx(0.25, abs=2e-3)
        assert abs(sound[0]) < 0.01  # no click
        assert abs(np.diff(sound)).max() < 0.03


def test_with_gaps_the_files_stay_in_time(talk, tmp_path):
    for cut in cut_voices(talk, TURNS, tmp_path / "voices", keep_gaps=True, channel=2):
        sound = read(cut)
        assert len(sound) == 5 * RATE
        heard = np.zeros(5 * RATE, bool)
        for turn in TURNS:
            if turn.label == cut.label:
                heard[round(turn.start_s * RATE) : round(turn.end_s * RATE)] = True
        assert not sound[~heard].any()
        assert level(sound[heard]) == pytest.approx(0.5, abs=2e-3)


def test_turns_of_channels_come_from_theirs(talk, tmp_path):
    turns = [Turn(0, 4, "Ana", 1), Turn(1, 5, "Ben", 2)]
    levels = {cut.label: level(read(cut)) for cut in cut_voices(talk, turns, tmp_path)}
    assert levels == {"Ana": pytest.approx(0.25, abs=2e-3), "Ben": pytest.approx(0.5, abs=2e-3)}


def test_nothing_is_overwritten(talk, tmp_path):
    paths = [cut.path for _ in range(3) for cut in cut_voices(talk, TURNS[:1], tmp_path / "voices")]
    assert [path.name.removeprefix(slug("Ana")) for path in paths] == [".wav", "-2.wav", "-3.wav"]


def test_a_damaged_recording_leaves_nothing(tmp_path):
    (tmp_path / "talk.wav").write_bytes(b"RIFF no sound")
    with pytest.raises(BadInput, match=r"talk\.wav"):
        cut_voices(tmp_path / "talk.wav", TURNS, tmp_path / "voices")
    assert not list((tmp_path / "voices").iterdir())
