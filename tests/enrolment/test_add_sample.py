"""An unknown voice of a recording becomes somebody: sample, voiceprint, and the name on all of its turns."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import CHUNK
from app.cli.people import run
from app.demo import agreement
from app.diarisation.rttm import read_rttm
from app.enrolment.add_sample import enrol_speech
from app.session import Session, SessionOptions
from app.voiceprints.recordings import samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.detection import detected_lengths
from utils import BadInput


def test_everybody_in_a_recording_can_be_enrolled_from_it(encoder, demo_dir, tmp_path, capsys):
    """Nobody is enrolled at first: four unknown voices, each named from what was heard of it."""
    file, reference = demo_dir / "conversation.flac", read_rttm(demo_dir / "conversation.rttm")
    session = Session(SessionOptions(file=file, data=tmp_path), encoder)
    named = []

    def name_them() -> None:
        for voice in session.unknowns():
            spoke = [turn for turn in session.turns() if turn.label == voice.label]
            middle = (spoke[0].start_s + spoke[0].end_s) / 2
            (owner,) = (turn.label for turn in reference if turn.start_s <= middle < turn.end_s)
            assert session.enrol_unknown(voice.label, owner) > 3
            named.append(owner)

    for _ in session.run(on_end=name_them):
        pass
    assert sorted(named) == sorted({turn.label for turn in reference})
    assert agreement(reference, session.turns())["right"] > 0.9
    with VoiceprintStore(tmp_path) as store:
        assert store.people() == sorted(named)
    assert run(["list", "--data", str(tmp_path)]) == 0
    assert all(name in capsys.readouterr().out for name in named[:1])


def test_the_command_says_which_voices_there_are(demo_dir, tmp_path):
    arguments = ["--from", str(demo_dir / "conversation.flac"), "--data", str(tmp_path)]
    with pytest.raises(BadInput, match="there is no voice Unknown 99; there are: Unknown 1, Unknown 2"):
        run(["enrol", "Ana", "--voice", "Unknown 99", *arguments])
    assert not (tmp_path / "speakers").exists()


def test_too_little_speech_keeps_nothing(encoder, demo_dir, tmp_path):
    with pytest.raises(BadInput, match="at least 1 s"):
        enrol_speech(tmp_path, encoder, "Ana", np.zeros(32000, np.float32))
    assert samples_of(tmp_path, "Ana") == []
    sample = enrol_speech(tmp_path, encoder, "Ana", read_audio(demo_dir / "conversation.flac", end_s=4.5), "heard live")
    assert sample.speech_s > 2
    assert len(samples_of(tmp_path, "Ana")) == 1


def test_speech_is_looked_for_once_in_what_is_added(encoder, demo_dir, tmp_path, monkeypatch):
    sound = read_audio(demo_dir / "conversation.flac", end_s=4.5)
    passes = detected_lengths(monkeypatch)
    enrol_speech(tmp_path, encoder, "Ana", sound)
    assert passes == [pytest.approx(len(sound), abs=CHUNK)]
