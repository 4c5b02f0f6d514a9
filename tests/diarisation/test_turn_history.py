"""Finished turns as plain values: strangers are told apart and known again, corrected with hindsight, forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from app.scoring.cohort import unit
from app.scoring.labels import person
from tests.support.synthetic_history import (
    ANA,
    BEN,
    CARL,
    DORA,
    KEPT_S,
    MAX_UNKNOWN,
    NOISE,
    SyntheticHistory,
    like,
)  # fmt: skip


@pytest.fixture
def session() -> SyntheticHistory:
    return SyntheticHistory()


def test_strangers_get_numbers_and_are_known_again(session: SyntheticHistory):
    for voice, label in ((CARL, "Unknown 1"), (DORA, "Unknown 2"), (like(CARL, 0.8), "Unknown 1")):
        assert session.learn(voice).label == label
    found = session.identify(like(DORA, 0.6), 1.0)
    assert found.label == "Unknown 2"
    assert found.decision.speaker is None
    assert session.unknown_labels() == ["Unknown 1", "Unknown 2"]
    assert session.history.unknowns()[0].speech_s == pytest.approx(6.0)


def test_a_label_is_as_probable_as_its_scores_make_it(session: SyntheticHistory):
    """The score of Ana's turn is 0.6 beside 0.3 for Ben's, the threshold 0.5, the calibration's slope 20."""
    turn = session.learn(unit(0.6 * ANA + 0.3 * BEN + np.sqrt(1 - 0.45) * NOISE))
    ana, ben = np.exp(20 * (0.6 - 0.5)), np.exp(20 * (0.3 - 0.5))
    assert turn.label == "Ana"
    assert turn.confidence == pytest.approx(ana / (ana + ben + 1), abs=1e-4)
    stranger = session.learn(CARL)
    assert stranger.label == "Unknown 1"
    assert stranger.confidence > 0.99
    sure = stranger.confidence
    session.learn(CARL)
    assert stranger.confidence == sure  # compared with itself it would become surer each time
    session.enrol(Ana=ANA, Ben=BEN, Carl=CARL)
    assert stranger.label == "Carl"
    assert stranger.confidence > 0.99


def test_a_short_sound_makes_no_speaker(session: SyntheticHistory):
    assert session.learn(CARL, 1.0).label == "unknown"
    assert session.unknown_labels() == []


def test_hindsight_names_an_earlier_turn(session: SyntheticHistory):
    early = session.learn(like(ANA, 0.4))
    assert early.label == "Unknown 1"
    assert session.learn(like(ANA, 0.6)).label == "Ana"
    assert early.label == "Ana"


def test_two_unknown_voices_that_turn_out_to_be_one_become_one(session: SyntheticHistory):
    turns = [session.learn(voice) for voice in (like(CARL, 0.95), like(CARL, 0.3, DORA), like(CARL, 0.75, DORA))]
    assert {turn.label for turn in turns} == {"Unknown 1"}
    assert session.unknown_labels() == ["Unknown 1"]


def test_enrolling_an_unknown_voice_names_its_turns(session: SyntheticHistory):
    first, second = session.learn(CARL), session.learn(like(CARL, 0.9))
    assert len(session.history.speech_of("Unknown 1")) == 6 * 16000
    session.enrol(Ana=ANA, Ben=BEN, Carl=CARL)
    assert first.label == second.label == "Carl"
    assert session.unknown_labels() == []


def test_relabelling(session: SyntheticHistory):
    turn = session.learn(CARL)
    session.history.relabel("Unknown 1", "Ben")
    assert turn.label == "Ben"
    with pytest.raises(KeyError):
        session.history.relabel("Unknown 1", "Ben")


def test_a_name_that_is_taken_back_gives_the_voice_its_number_again(session: SyntheticHistory):
    ben = session.learn(BEN)
    first, second = session.learn(CARL), session.learn(like(CARL, 0.9))
    session.history.relabel("Unknown 1", "Carl")
    session.enrol(Ana=ANA, Ben=BEN, Carl=CARL)
    third = session.learn(like(CARL, 0.95))
    assert {turn.label for turn in (first, second, third)} == {"Carl"}
    session.enrol(Ana=ANA, Ben=BEN)
    session.history.unname("Unknown 1")
    assert [turn.label for turn in (ben, first, second, third)] == ["Ben"] + ["Unknown 1"] * 3
    assert session.learn(CARL).label == "Unknown 1"
    assert session.learn(DORA).label == "Unknown 2"
    with pytest.raises(KeyError):
        session.history.unname("Unknown 1")


def test_whoever_a_voice_was_taken_for_sounds_as_before(session: SyntheticHistory):
    session.learn(BEN)
    session.learn(CARL)
    before = session.identify(like(BEN, 0.7, CARL)).scores
    session.history.relabel("Unknown 1", "Ben")
    assert session.identify(like(BEN, 0.7, CARL)).scores != before
    session.history.unname("Unknown 1")
    assert session.identify(like(BEN, 0.7, CARL)).scores == before
    assert session.identify(CARL).label == "Unknown 1"


def test_the_voice_not_heard_for_longest_makes_room_with_its_speech(session: SyntheticHistory):
    first, *_ = [session.learn(voice) for voice in (CARL, DORA, NOISE)]
    assert len(session.unknown_labels()) == MAX_UNKNOWN
    assert session.unknown_labels() == ["Unknown 2", "Unknown 3"]
    assert (first.label, first.speech) == ("unknown", None)
    assert len(session.history.speech_of("Unknown 1")) == 0
    assert session.learn(CARL).label == "Unknown 4"  # a number is never given twice


def test_the_speech_kept_is_bounded(session: SyntheticHistory):
    for _ in range(4):
        session.learn(CARL, 3.0)
    assert len(session.history.speech_of("Unknown 1")) <= (KEPT_S + 3.0) * 16000


def test_the_turns_of_somebody_deleted_are_unknown(session: SyntheticHistory):
    turn = session.learn(ANA)
    session.enrol(Ben=BEN)
    assert turn.label == "unknown"
    assert session.identify(ANA).label == "unknown"


def test_what_the_user_says_is_not_ana_is_another_voice_from_then_on(session: SyntheticHistory):
    """A stranger who sounds like her: her voiceprint alone would go on naming him."""
    voice = like(ANA, 0.7, CARL)
    before, other = session.learn(like(ANA, 0.95)), session.learn(BEN)
    wrong = [session.learn(voice), session.learn(like(voice, 0.99))]
    assert [turn.label for turn in wrong] == ["Ana", "Ana"]
    session.history.deny(person("Ana"))
    assert [turn.label for turn in wrong] == ["Unknown 1", "Unknown 1"]
    assert (before.label, other.label) == ("Ana", "Ben")  # up to those of somebody else
    again = session.learn(like(voice, 0.98))
    assert again.label == "Unknown 1"
    session.history.look_back()
    assert {turn.label for turn in wrong} == {"Unknown 1"}  # hindsight does not join him with her
    assert session.learn(like(ANA, 0.9)).label == "Ana"


def test_a_turn_that_is_denied_takes_back_what_it_taught(session: SyntheticHistory):
    session.learn(like(ANA, 0.99))
    taught = session.speakers.centroids[person("Ana")]
    session.learn(BEN)
    turn = session.learn(like(ANA, 0.8, CARL))
    assert session.speakers.centroids[person("Ana")].speech_s == pytest.approx(taught.speech_s + turn.speech_s)
    session.history.deny(person("Ana"))
    left = session.speakers.centroids[person("Ana")]
    assert left.speech_s == pytest.approx(taught.speech_s)
    np.testing.assert_allclose(left.total, taught.total, atol=1e-5)


def test_denying_who_was_not_heard_is_an_error(session: SyntheticHistory):
    with pytest.raises(KeyError):
        session.history.deny(person("Ana"))


def test_a_turn_that_is_decided_otherwise_takes_back_what_it_taught(session: SyntheticHistory):
    """It is taken for Ben's; then Carl is enrolled, whose it is."""
    session.learn(BEN)
    first = session.speakers.centroids[person("Ben")]
    session.learn(like(CARL, 0.8, BEN)), session.learn(like(BEN, 0.75, CARL))
    assert session.speakers.centroids[person("Ben")].speech_s > first.speech_s
    session.enrol(Ana=ANA, Ben=BEN, Carl=like(CARL, 0.75, BEN))
    assert session.speakers.centroids[person("Ben")].speech_s == pytest.approx(first.speech_s)
