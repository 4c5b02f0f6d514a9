"""Whose voice it is, asked of the model while a person is recorded."""

from __future__ import annotations

import time
from functools import cache

import pytest

from app.audio.vad import keep_speech
from app.enrolment.build import build_person
from app.enrolment.speaker_check import LoadingSpeakerCheck, SpeakerCheck
from app.voiceprints.recordings import Note, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.stand_ins import save_sample
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
    speaker_check = SpeakerCheck.load(enrolled, "Colin", [])
    first, second = spoken("Colin")
    check = speaker_check.check(first)
    assert check.same_voice is None
    assert check.nearest in {"Ana", "Ben"}
    assert check.nearest_score < check.thresholds.same
    speaker_check.add(first)
    assert speaker_check.check(second).same_voice > check.thresholds.same
    assert speaker_check.check(spoken("Ana")[0]).same_voice < check.thresholds.different


def test_somebody_enrolled_is_recognised_under_another_name(enrolled, spoken):
    check = SpeakerCheck.load(enrolled, "Anna", []).check(spoken("Ana")[1])
    assert check.nearest == "Ana"
    assert check.nearest_score > check.thresholds.same


def test_a_person_is_compared_with_the_own_recordings_not_with_the_own_voiceprint(enrolled, spoken):
    recordings = samples_of(enrolled, "Ana")
    check = SpeakerCheck.load(enrolled, "Ana", recordings).check(spoken("Ana")[1])
    assert check.same_voice > check.thresholds.same
    assert check.nearest == "Ben"


def test_too_little_speech_says_nothing(enrolled, spoken):
    assert SpeakerCheck.load(enrolled, "Eve", []).check(spoken("Ana")[0][:8000]) is None


def test_while_the_model_loads_only_the_final_question_waits(enrolled, spoken):
    speech = spoken("Ana")[1]
    speaker_check = LoadingSpeakerCheck(lambda: time.sleep(0.3) or SpeakerCheck.load(enrolled, "Anna", []))
    speaker_check.start()
    assert speaker_check.check(speech) is None
    assert not speaker_check.ready
    assert speaker_check.check(speech, final=True).nearest == "Ana"
    assert speaker_check.ready
    assert speaker_check.check(speech).nearest == "Ana"
    assert speaker_check.problem is None


def test_a_model_that_cannot_be_loaded_is_a_problem_not_a_crash(tmp_path, spoken):
    (tmp_path / "voiceprints.db").write_bytes(b"not a database at all" * 100)
    speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck.load(tmp_path, "Ana", []))
    speaker_check.start()
    assert speaker_check.check(spoken("Ana")[0], final=True) is None
    speaker_check.add(spoken("Ana")[0])
    assert isinstance(speaker_check.problem, HeardError)
    assert "is damaged" in str(speaker_check.problem)
