"""Voices of a session as plain values: told apart, known again, corrected with hindsight, forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from app.diarisation.session_speakers import EmbeddedTurn, SessionSpeakers, SessionSpeakersConfig
from app.scoring.cohort import unit
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery

ANA, BEN, CARL, DORA, NOISE = np.eye(5, 8, dtype=np.float32)
CONFIG = SessionSpeakersConfig(session_penalty=0.0, learn_above=0.05, voiceprint_floor=0.2, most_unknown=2, kept_s=4.0)


def like(voice: np.ndarray, cosine: float, other: np.ndarray = NOISE) -> np.ndarray:
    """A voice with this cosine to ``voice``, the rest of it in the direction of ``other``."""
    return unit(cosine * voice + np.sqrt(1 - cosine**2) * other).astype(np.float32)


@pytest.fixture
def voices() -> SessionSpeakers:
    return SessionSpeakers(Gallery(("Ana", "Ben"), np.stack([ANA, BEN])), DecisionRule(threshold=0.5), CONFIG)


class Clock:
    now_s = 0.0


def turn(voice: np.ndarray, seconds: float = 3.0) -> EmbeddedTurn:
    Clock.now_s += 10
    speech = np.full(round(seconds * 16000), 100, np.int16)
    return EmbeddedTurn(Clock.now_s, Clock.now_s + seconds, voice, seconds, speech=speech)


def test_an_enrolled_voice_is_told(voices: SessionSpeakers):
    told = voices.tell(like(ANA, 0.7), 3.0)
    assert told.label == told.decision.speaker == "Ana"
    assert told.scores["Ana"] == pytest.approx(0.7)


def test_strangers_get_numbers_and_are_known_again(voices: SessionSpeakers):
    for voice, label in ((CARL, "Unknown 1"), (DORA, "Unknown 2"), (like(CARL, 0.8), "Unknown 1")):
        heard = turn(voice)
        voices.learn(heard)
        assert heard.label == label
    told = voices.tell(like(DORA, 0.6), 1.0)
    assert told.label == "Unknown 2"
    assert told.decision.speaker is None
    assert [v.label for v in voices.unknowns()] == ["Unknown 1", "Unknown 2"]
    assert voices.unknowns()[0].speech_s == pytest.approx(6.0)


def test_a_short_sound_makes_no_voice(voices: SessionSpeakers):
    heard = turn(CARL, 1.0)
    voices.learn(heard)
    assert heard.label == "unknown"
    assert voices.unknowns() == []


def test_what_a_voice_sounds_like_here_helps_to_know_it(voices: SessionSpeakers):
    here = like(ANA, 0.6)  # her voiceprint, through this room
    weak = like(ANA, 0.4)  # too far from the voiceprint, but close to what she sounded like
    assert voices.tell(weak, 3.0).label == "unknown"
    voices.learn(turn(here))
    assert voices.tell(weak, 3.0).label == "Ana"


def test_a_centroid_does_not_replace_the_voiceprint(voices: SessionSpeakers):
    voices.learn(turn(like(ANA, 0.6)))
    assert voices.tell(like(ANA, 0.1), 3.0).label == "unknown"  # near her centroid by the room alone


def test_a_doubtful_turn_teaches_nothing(voices: SessionSpeakers):
    voices.learn(turn(like(ANA, 0.52)))
    assert voices.tell(like(ANA, 0.4), 3.0).label == "unknown"


def test_hindsight_names_an_earlier_turn(voices: SessionSpeakers):
    early, later = turn(like(ANA, 0.4)), turn(like(ANA, 0.6))
    voices.learn(early)
    assert early.label == "Unknown 1"
    voices.learn(later)
    assert later.label == "Ana"
    assert early.label == "Ana"


def test_two_unknown_voices_that_turn_out_to_be_one_become_one(voices: SessionSpeakers):
    one, other, between = turn(like(CARL, 0.95)), turn(like(CARL, 0.3, DORA)), turn(like(CARL, 0.75, DORA))
    for heard in (one, other, between):
        voices.learn(heard)
    assert {heard.label for heard in (one, other, between)} == {"Unknown 1"}
    assert [v.label for v in voices.unknowns()] == ["Unknown 1"]


def test_enrolling_an_unknown_voice_names_its_turns(voices: SessionSpeakers):
    first, second = turn(CARL), turn(like(CARL, 0.9))
    voices.learn(first)
    voices.learn(second)
    assert len(voices.speech_of("Unknown 1")) == 6 * 16000
    voices.gallery = Gallery(("Ana", "Ben", "Carl"), np.stack([ANA, BEN, CARL]))
    assert first.label == second.label == "Carl"
    assert voices.unknowns() == []


def test_relabelling(voices: SessionSpeakers):
    heard = turn(CARL)
    voices.learn(heard)
    voices.relabel("Unknown 1", "Ben")
    assert heard.label == "Ben"
    with pytest.raises(KeyError):
        voices.relabel("Unknown 1", "Ben")


def test_forgetting_drops_the_speech_and_the_voice(voices: SessionSpeakers):
    heard = turn(CARL)
    voices.learn(heard)
    voices.forget("Unknown 1")
    assert heard.label == "unknown"
    assert heard.speech is None
    assert len(voices.speech_of("Unknown 1")) == 0
    again = turn(CARL)
    voices.learn(again)
    assert again.label == "Unknown 2"  # a number is never given twice


def test_memory_is_bounded(voices: SessionSpeakers):
    for _ in range(4):
        voices.learn(turn(CARL, 3.0))
    assert len(voices.speech_of("Unknown 1")) <= (CONFIG.kept_s + 3.0) * 16000
    voices.learn(turn(DORA))
    voices.learn(turn(NOISE))
    assert len(voices.unknowns()) == CONFIG.most_unknown  # the one not heard for longest made room
    assert [v.label for v in voices.unknowns()] == ["Unknown 2", "Unknown 3"]


def test_somebody_deleted_is_forgotten(voices: SessionSpeakers):
    heard = turn(ANA)
    voices.learn(heard)
    voices.gallery = Gallery(("Ben",), BEN[None])
    assert heard.label == "unknown"
    assert voices.tell(ANA, 3.0).label == "unknown"


def test_odds_are_even_at_the_threshold_and_grow_with_the_score(voices: SessionSpeakers):
    heard = np.stack([like(ANA, 0.3), like(ANA, 0.5), like(ANA, 0.7)])
    low, even, high = (found.odds["Ana"] for found in voices.evidence(heard, [3.0, 3.0, 3.0]))
    assert low < 0 < high
    assert even == pytest.approx(0.0, abs=1e-4)
    (short,) = voices.evidence(heard[2:], [0.5])
    assert 0 < short.odds["Ana"] < high  # little speech proves little
    assert short.scores["Ana"] == pytest.approx(0.7)


def test_unknown_voices_have_odds_too(voices: SessionSpeakers):
    voices.learn(turn(CARL))
    (found,) = voices.evidence(CARL[None], [3.0])
    assert found.odds["Unknown 1"] > 0 > found.odds["Ana"]
    assert set(found.scores) == {"Ana", "Ben"}
    assert voices.labels() == ["Ana", "Ben", "Unknown 1"]


def test_two_stretches_of_one_voice_are_alike(voices: SessionSpeakers):
    pairs = np.stack([CARL, CARL]), np.stack([like(CARL, 0.8), DORA])
    same, different = voices.alike(*pairs, [1.5, 1.5])
    assert different < 0 < same
