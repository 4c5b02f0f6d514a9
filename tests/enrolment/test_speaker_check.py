"""Whose voice it is, asked of the model while a person is recorded."""

from __future__ import annotations

import time
from functools import cache

import pytest

from app.audio.vad import keep_speech
from app.enrolment.build import build_person
from app.enrolment.speaker_check import LoadingVoices, Voices
from app.voiceprints.recordings import Note, save_sample
from app.voiceprints.store import VoiceprintStore
from utils import SAMPLE_RATE, HeardError


@pytest.fixture(scope="module")
def spoken(voice):
    """spoken(name): (first half, second half) of what a person says, without pauses."""

    @cache
    def halves(name):
        speech = keep_speech(voice(name))
        return speech[: len(speech) // 2], speech[len(speech) // 2 :]

    return halves


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory, encoder, voice):
    """A data folder in which Ana and Ben are enrolled."""
    data = tmp_path_factory.mktemp("data")
    with VoiceprintStore(data) as store:
        for name in ("Ana", "Ben"):
            wav = save_sample(data, voice(name)[: 12 * SAMPLE_RATE], Note(name, ""))
            assert build_person(store, encoder, name, [wav], pytest.fail)
    return data


def test_a_new_voice_is_nobody_yet_and_then_itself(enrolled, spoken):
    voices = Voices.load(enrolled, "Colin", [])
    first, second = spoken("Colin")
    check = voices.check(first)
    assert check.same_voice is None
    assert check.nearest in {"Ana", "Ben"}
    assert check.nearest_score < check.levels.same
    voices.keep(first)
    assert voices.check(second).same_voice > check.levels.same
    assert voices.check(spoken("Ana")[0]).same_voice < check.levels.different


def test_somebody_enrolled_is_recognised_under_another_name(enrolled, spoken):
    check = Voices.load(enrolled, "Anna", []).check(spoken("Ana")[1])
    assert check.nearest == "Ana"
    assert check.nearest_score > check.levels.same


def test_a_person_is_compared_with_the_own_recordings_not_with_the_own_voiceprint(enrolled, spoken):
    recordings = list((VoiceprintStore(enrolled).samples_dir("Ana")).glob("*.wav"))
    check = Voices.load(enrolled, "Ana", recordings).check(spoken("Ana")[1])
    assert check.same_voice > check.levels.same
    assert check.nearest == "Ben"


def test_too_little_speech_says_nothing(enrolled, spoken):
    assert Voices.load(enrolled, "Eve", []).check(spoken("Ana")[0][:8000]) is None


def test_while_the_model_loads_only_the_final_question_waits(enrolled, spoken):
    speech = spoken("Ana")[1]
    voices = LoadingVoices(lambda: time.sleep(0.3) or Voices.load(enrolled, "Anna", []))
    voices.start()
    assert voices.check(speech) is None
    assert not voices.ready
    assert voices.check(speech, final=True).nearest == "Ana"
    assert voices.ready
    assert voices.check(speech).nearest == "Ana"
    assert voices.problem is None


def test_a_model_that_cannot_be_loaded_is_a_problem_not_a_crash(tmp_path, spoken):
    (tmp_path / "voiceprints.db").write_bytes(b"not a database at all" * 100)
    voices = LoadingVoices(lambda: Voices.load(tmp_path, "Ana", []))
    voices.start()
    assert voices.check(spoken("Ana")[0], final=True) is None
    voices.keep(spoken("Ana")[0])
    assert isinstance(voices.problem, HeardError)
    assert "is damaged" in str(voices.problem)
