"""What is shown: it comes soon, says why, and does not flicker."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.diarisation.forward_filter import Posterior
from app.diarisation.hypothesis import OnsetHypothesis
from app.diarisation.hysteresis import Hysteresis
from app.diarisation.session_speakers import SessionSpeakers
from app.scoring.decision import DecisionRule
from app.scoring.identification import is_unknown
from tests.support.synthetic_turns import ANA, BEN, GALLERY, RULE, STRANGER, SyntheticTalk, mix


def test_a_clear_voice_is_named_within_a_second():
    talk = SyntheticTalk().speech(ANA, 1.0)
    state = talk.shown.turn
    assert (state.label, state.speaker, state.reason) == ("Ana", "Ana", "")
    assert state.confidence > 0.5
    assert state.scores["Ana"] == pytest.approx(0.7, abs=1e-3)
    assert state.speech_s <= 1.0


def test_before_anything_is_known_nothing_is_said():
    talk = SyntheticTalk().speech(ANA, 0.2)
    assert talk.label is None
    assert talk.shown.turn.embedding is None
    assert talk.shown.turn.threshold is None


def test_a_stranger_is_called_unknown_and_then_by_a_number():
    talk = SyntheticTalk().speech(STRANGER, 0.3)
    assert talk.label is None
    talk.speech(STRANGER, 0.7)
    assert talk.label == "unknown"
    assert talk.shown.turn.speaker is None
    assert "needs 0.5" in talk.shown.turn.reason
    talk.speech(STRANGER, 1.5)
    assert talk.label == "Unknown 1"


def test_one_odd_moment_does_not_change_the_name_on_the_screen():
    talk = SyntheticTalk().speech(ANA, 3.0).speech(mix((1.0, ANA), (1.0, STRANGER)), 0.3).speech(ANA, 2.0)
    assert set(talk.labels) == {None, "Ana"}


def test_the_screen_does_not_flicker_between_two_who_are_alike():
    rng = np.random.default_rng(1)
    talk = SyntheticTalk()
    for _ in range(40):
        talk.speech(mix((1.0, ANA), (0.9, BEN), (0.3, rng.standard_normal(8).astype(np.float32))), 0.25)
    shown = [label for label in talk.labels if label]
    assert sum(a != b for a, b in pairwise(shown)) <= 4


def test_after_a_short_pause_the_name_stays_and_after_a_long_one_it_is_asked_again():
    talk = SyntheticTalk().speech(ANA, 2.0).silence(0.3).speech(ANA, 0.15)
    assert talk.label == "Ana"
    talk.silence(3.0).speech(BEN, 0.6)
    assert talk.label == "Ben"


def test_what_is_shown_and_the_threshold_agree():
    rng = np.random.default_rng(5)
    talk = SyntheticTalk()
    for _ in range(60):
        voice = [ANA, BEN, STRANGER][rng.integers(3)]
        talk.speech(mix((1.0, voice), (0.5, rng.standard_normal(8).astype(np.float32))), rng.uniform(0.1, 1.0))
        state = talk.shown.turn
        if state.speaker:
            assert state.scores[state.speaker] >= state.threshold
        elif state.label:
            assert max(state.scores.values(), default=-1) < state.threshold


def test_a_moved_threshold_counts_from_the_next_update_on():
    speakers = SessionSpeakers(GALLERY, RULE)
    talk = SyntheticTalk(speakers).speech(ANA, 2.0)
    assert talk.label == "Ana"
    speakers.rule = DecisionRule(threshold=0.9)
    talk.speech(ANA, 1.0)
    assert is_unknown(talk.label)


def shown_after(*posteriors: dict[str, float], speech_s: float = 1.0) -> str | None:
    """What is shown after these posteriors, each of a turn with so much speech."""
    shown = Hysteresis(SessionSpeakers(GALLERY, RULE))
    turn = OnsetHypothesis(0, {"unknown": 0.0}, {})
    turn.pool(31, ANA, 31, speech_s)
    for probabilities in posteriors:
        shown.update(Posterior(probabilities), turn)
    return shown.turn.label


@pytest.mark.parametrize(
    ("posteriors", "label"),
    [
        ([{"Ana": 0.45, "Ben": 0.3, "unknown": 0.25}], None),  # nothing is shown yet: half is needed
        ([{"Ana": 0.55, "Ben": 0.2, "unknown": 0.25}], "Ana"),
        ([{"unknown": 0.9, "Ana": 0.1}, {"Ana": 0.45, "Ben": 0.3, "unknown": 0.25}], "Ana"),  # a name over "unknown"
        ([{"Ana": 0.9, "Ben": 0.1}, {"Ana": 0.35, "Ben": 0.65}], "Ana"),  # a name over a name
        ([{"Ana": 0.9, "Ben": 0.1}, {"Ana": 0.25, "Ben": 0.75}], "Ben"),
        ([{"Ana": 0.9, "Ben": 0.1}, {"Ana": 0.1, "Ben": 0.6, "Eva": 0.3}], None),  # neither of them
    ],
)
def test_how_probable_a_label_must_be(posteriors, label):
    assert shown_after(*posteriors) == label


@pytest.mark.parametrize(
    ("posteriors", "speech_s", "label"),
    [
        ([{"unknown": 0.8, "Ana": 0.2}], 1.0, None),  # the prior alone may say so
        ([{"unknown": 0.6, "Ana": 0.4}], 1.0, "Ana"),  # a name that stands out comes soon
        ([{"unknown": 0.6, "Ana": 0.4}], 1.6, "unknown"),
        ([{"unknown": 0.35, "Ana": 0.4, "Ben": 0.25}], 1.0, None),  # one of two
        ([{"unknown": 0.8, "Ana": 0.2}], 1.6, "unknown"),
        ([{"unknown": 0.9, "Ana": 0.1}], 1.0, "unknown"),  # the voice is like nobody's
        ([{"Ana": 0.9, "Ben": 0.1}, {"unknown": 0.8, "Ana": 0.1, "Ben": 0.1}], 1.0, None),  # who spoke before is gone
        ([{"unknown": 0.9, "Ana": 0.1}, {"unknown": 0.7, "Ana": 0.3}], 1.0, "unknown"),  # and stays
    ],
)
def test_unknown_needs_evidence_while_there_is_little_speech(posteriors, speech_s, label):
    assert shown_after(*posteriors, speech_s=speech_s) == label
