"""Speakers of a session as plain values: named, told apart, and known by what they sound like here."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.synthetic_history import ANA, BEN, CARL, DORA, SyntheticHistory, like


@pytest.fixture
def session() -> SyntheticHistory:
    return SyntheticHistory()


def test_an_enrolled_voice_is_named(session: SyntheticHistory):
    found = session.identify(like(ANA, 0.7))
    assert found.label == found.decision.speaker == "Ana"
    assert found.scores["Ana"] == pytest.approx(0.7)


def test_what_a_voice_sounds_like_here_helps_to_know_it(session: SyntheticHistory):
    here = like(ANA, 0.6)  # her voiceprint, through this room
    weak = like(ANA, 0.4)  # too far from the voiceprint, but close to what she sounded like
    assert session.identify(weak).label == "unknown"
    session.learn(here)
    assert session.identify(weak).label == "Ana"


def test_a_centroid_does_not_replace_the_voiceprint(session: SyntheticHistory):
    session.learn(like(ANA, 0.6))
    assert session.identify(like(ANA, 0.1)).label == "unknown"  # near her centroid by the room alone


def test_a_doubtful_turn_teaches_nothing(session: SyntheticHistory):
    session.learn(like(ANA, 0.52))
    assert session.identify(like(ANA, 0.4)).label == "unknown"


def test_log_odds_are_even_at_the_threshold_and_grow_with_the_score(session: SyntheticHistory):
    voices = np.stack([like(ANA, 0.3), like(ANA, 0.5), like(ANA, 0.7)])
    low, even, high = (found.log_odds["Ana"] for found in session.speakers.evidence(voices, [3.0, 3.0, 3.0]))
    assert low < 0 < high
    assert even == pytest.approx(0.0, abs=1e-4)
    (short,) = session.speakers.evidence(voices[2:], [0.5])
    assert 0 < short.log_odds["Ana"] < high  # little speech proves little
    assert short.scores["Ana"] == pytest.approx(0.7)


def test_unknown_voices_have_log_odds_too(session: SyntheticHistory):
    session.learn(CARL)
    (found,) = session.speakers.evidence(CARL[None], [3.0])
    assert found.log_odds["Unknown 1"] > 0 > found.log_odds["Ana"]
    assert set(found.scores) == {"Ana", "Ben"}
    assert session.speakers.labels() == ["Ana", "Ben", "Unknown 1"]


def test_two_stretches_of_one_voice_are_one_speakers(session: SyntheticHistory):
    pairs = np.stack([CARL, CARL]), np.stack([like(CARL, 0.8), DORA])
    same, different = session.speakers.same_speaker_llr(*pairs, [1.5, 1.5])
    assert different < 0 < same


def test_the_centroid_of_somebody_deleted_is_forgotten(session: SyntheticHistory):
    session.learn(ANA)
    session.enrol(Ben=BEN)
    session.enrol(Ana=like(ANA, 0.3), Ben=BEN)  # enrolled anew, with a bad voiceprint
    assert session.identify(ANA).label == "unknown"
