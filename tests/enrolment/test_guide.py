"""The course of a session: what is kept, what is asked for again, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from app.audio.vad import CHUNK, DetectedSpeech
from app.enrolment.guide import Guide, Outcome, judge_level
from app.enrolment.quality import Fault, Quality, SimilarityThresholds, SpeakerMatch
from app.enrolment.recorder import RecordedSample
from app.voiceprints.recordings import read_note, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.small_disk import fill, small_disk

GOOD = Quality(sound_s=9, speech_s=7, level_db=-25, noise_db=-60, snr_db=35)
LEVELS = SimilarityThresholds(different=0.4, same=0.6)


def sample(quality: Quality = GOOD, seconds: float = 0.1, **changes) -> RecordedSample:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    silence = np.zeros(round(16000 * seconds), np.float32)
    return RecordedSample(
        DetectedSpeech(silence, np.zeros(-(-len(silence) // CHUNK), np.float32)),
        replace(quality, **changes),
        "Mic",
        when,
    )


def other_voice() -> RecordedSample:
    return sample(speaker_match=SpeakerMatch(LEVELS, same_voice=0.1))


def test_good_samples_are_kept_and_lead_through_the_prompts(tmp_path):
    guide = Guide(tmp_path, " Ana ")
    positions = []
    while guide.prompt:
        positions.append((guide.number, guide.prompt.position.name))
        verdict = guide.take(sample(level_db=-35 if guide.prompt.position.name == "soft" else -25))
        assert verdict.outcome is Outcome.KEPT
        assert verdict.problems == []
    assert positions == [(1, "near"), (2, "back"), (3, "soft")]
    assert samples_of(tmp_path, "Ana") == []
    with VoiceprintStore(tmp_path) as store:
        guide.finish(store)
    assert guide.kept == samples_of(tmp_path, "Ana")
    assert len(guide.kept) == 3
    assert guide.speech_s == 21
    note = read_note(guide.kept[1])
    assert (note.name, note.device, note.position) == ("Ana", "Mic", "back")
    assert note.recorded_at == "2026-01-02T03:04:05+00:00"
    assert note.quality["snr_db"] == 35
    assert note.sentence == guide.prompts[1].sentence


def test_a_second_session_goes_on_with_other_sentences(tmp_path):
    first = Guide(tmp_path, "Ana")
    said = [prompt.sentence for prompt in first.prompts]
    while first.prompt:
        first.take(sample())
    with VoiceprintStore(tmp_path) as store:
        first.finish(store)
    second = Guide(tmp_path, "Ana")
    assert len(second.earlier) == 3
    assert not set(said) & {prompt.sentence for prompt in second.prompts}
    assert second.take(sample()).path.name == "004.wav"


def test_the_language_can_be_changed_on_the_way(tmp_path):
    guide = Guide(tmp_path, "Ana", language="de")
    assert guide.prompt.sentence.startswith("Der große Hund")
    guide.take(sample())
    guide.read_in("fr")
    assert guide.number == 2
    assert guide.prompt.sentence.startswith("Dimanche")
    assert guide.for_person("Zoe").prompt.sentence.startswith("Dimanche")


def test_what_is_missing_of_an_earlier_session_comes_now(tmp_path):
    first = Guide(tmp_path, "Ana")
    first.take(sample())
    first.take(sample())
    with VoiceprintStore(tmp_path) as store:
        first.finish(store)
    second = Guide(tmp_path, "Ana", samples=1)
    assert second.prompt.position.name == "soft"
    assert second.prompt.sentence == first.prompts[2].sentence


@pytest.mark.parametrize(
    ("position", "level_db", "near_db", "told"),
    [
        ("soft", -25, [-25], True),
        ("soft", -27.9, [-25], True),
        ("soft", -28.1, [-25], False),
        ("soft", -20, [], False),  # nothing to compare with
        ("soft", -31, [-25, -29], True),  # softer than the softest of them
        ("back", -25, [-25], False),
        ("near", -25, [-25], False),
    ],
)
def test_softly_is_softer_than_near(position, level_db, near_db, told):
    problem = judge_level(position, level_db, near_db)
    assert bool(problem) is told
    if problem:
        assert problem.fault is Fault.NOT_SOFTER
        assert problem.usable
        assert not problem.again


def test_a_loud_soft_sample_is_kept_and_told_of(tmp_path):
    guide = Guide(tmp_path, "Ana")
    for _ in range(2):
        assert guide.take(sample()).problems == []
    verdict = guide.take(sample())
    assert verdict.outcome is Outcome.KEPT
    assert [problem.text for problem in verdict.problems] == ["a little softer, please: this is as loud as before."]


def test_a_session_goes_on_for_somebody_else(tmp_path):
    guide = Guide(tmp_path, "Ana")
    guide.take(sample())
    other = guide.for_person("Zoe")
    assert (other.number, len(other.kept), other.speech_s) == (2, 1, 7)
    other.take(sample())
    other.undo()
    other.undo()
    assert other.number == 1
    other.take(sample())
    with VoiceprintStore(tmp_path) as store:
        other.finish(store)
        assert store.people() == ["Zoe"]
    assert samples_of(tmp_path, "Ana") == []
    (path,) = samples_of(tmp_path, "Zoe")
    assert read_note(path).name == "Zoe"


def test_a_bad_sample_is_asked_for_again_and_a_better_one_kept(tmp_path):
    guide = Guide(tmp_path, "Ana")
    verdict = guide.take(sample(clipped=0.2))
    assert verdict.outcome is Outcome.AGAIN
    assert [problem.fault for problem in verdict.problems] == [Fault.CLIPPED]
    assert verdict.path is None
    assert guide.number == 1
    assert guide.take(sample()).outcome is Outcome.KEPT
    assert guide.number == 2
    assert len(guide.kept) == 1


def test_what_is_discarded_leaves_nothing(tmp_path):
    guide = Guide(tmp_path, "Ana")
    guide.take(sample())
    assert guide.kept[0].exists()
    guide.discard()
    assert list((tmp_path / "speakers").iterdir()) == []
    with VoiceprintStore(tmp_path) as store:
        assert store.people() == []


def test_after_three_tries_the_best_is_kept(tmp_path):
    guide = Guide(tmp_path, "Ana")
    tries = [sample(snr_db=5, clipped=0.2), sample(snr_db=9), sample(snr_db=3)]
    assert [guide.take(one).outcome for one in tries[:2]] == [Outcome.AGAIN, Outcome.AGAIN]
    verdict = guide.take(tries[2])
    assert verdict.outcome is Outcome.BEST_KEPT
    assert verdict.kept is tries[1]
    assert read_note(verdict.path).quality["snr_db"] == 9
    assert guide.number == 2


@pytest.mark.parametrize("bad", [sample(speech_s=0.5), other_voice(), sample(speech_s=0.0, all_zero=True)])
def test_what_cannot_be_used_is_never_kept(tmp_path, bad):
    guide = Guide(tmp_path, "Ana", samples=1, tries=2)
    assert guide.take(bad).outcome is Outcome.AGAIN
    verdict = guide.take(bad)
    assert verdict.outcome is Outcome.LEFT_OUT
    assert verdict.problems
    assert guide.prompt is None
    assert guide.kept == samples_of(tmp_path, "Ana") == []


def test_tries_are_counted_for_each_prompt(tmp_path):
    guide = Guide(tmp_path, "Ana", tries=2)
    outcomes = [guide.take(one).outcome for one in (sample(snr_db=1), sample(), sample(snr_db=1), sample(snr_db=2))]
    assert outcomes == [Outcome.AGAIN, Outcome.KEPT, Outcome.AGAIN, Outcome.BEST_KEPT]


def test_a_voice_that_is_enrolled_already_is_told_of_and_kept(tmp_path):
    guide = Guide(tmp_path, "Ana")
    verdict = guide.take(sample(speaker_match=SpeakerMatch(LEVELS, None, "Ben", 0.8)))
    assert verdict.outcome is Outcome.KEPT
    assert [problem.fault for problem in verdict.problems] == [Fault.ENROLLED]


def test_when_the_sound_ends_the_best_try_so_far_is_kept(tmp_path):
    guide = Guide(tmp_path, "Ana", source="talk.wav")
    assert guide.give_up() is None
    guide.take(sample(speech_s=0.4))
    assert guide.give_up() is None
    guide.take(sample(speech_s=3.0))
    verdict = guide.give_up()
    assert verdict.outcome is Outcome.BEST_KEPT
    note = read_note(verdict.path)
    assert (note.source, note.position, note.sentence) == ("talk.wav", "", "")


def test_a_sample_that_could_not_be_saved_can_be_taken_once_more(tmp_path):
    with small_disk(tmp_path / "disk", 400) as disk:
        guide = Guide(disk, "Ana")
        guide.take(sample())
        fill(disk)
        with pytest.raises(OSError, match="No space left"):
            guide.take(sample(seconds=5))
        assert guide.number == 2
        assert len(guide.kept) == 1
        (disk / "filler").unlink()
        assert guide.take(sample(seconds=5)).path.name == "002.wav"
