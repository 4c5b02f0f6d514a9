"""Whatever people are called and whichever voices turn out to be one, joining labels ends and mixes nobody up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.diarisation.rttm import label_token, read_rttm, read_token, write_rttm
from app.diarisation.session_centroids import SessionCentroids
from app.diarisation.session_speakers import SessionSpeakers, SessionSpeakersConfig
from app.diarisation.timeline import Turn
from app.diarisation.turn_history import EmbeddedTurn, TurnHistory
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.scoring.labels import UNKNOWN, Kind, person, read_label, unknown_voice
from tests.support.synthetic_history import ANA, BEN, CARL, DORA, NOISE, like
from tests.support.synthetic_turns import RULE, SyntheticTalk

OLD_NAMES = ("unknown", "Unknown 1", "Unknown 2", "Unknown 3", "Unknown \u0661", "\uff35nknown 1", "un\u200bknown")
VOICES = [ANA, BEN, CARL, DORA, like(CARL, 0.95), like(CARL, 0.3, DORA), like(CARL, 0.75, DORA), like(ANA, 0.55)]


class CountedSpeakers(SessionSpeakers):
    """Counts how often it was asked for two that are one."""

    asked = 0

    def same_speaker(self):
        self.asked += 1
        pair = super().same_speaker()
        if pair is not None:
            old, new = pair
            assert old != new
            assert old.kind is Kind.VOICE
            assert new.kind is Kind.PERSON or new.number < old.number
        return pair


names = st.lists(st.sampled_from(OLD_NAMES) | st.text(max_size=6), min_size=2, max_size=2, unique=True)


@settings(deadline=None, max_examples=60)
@given(names, st.lists(st.tuples(st.integers(0, len(VOICES) - 1), st.booleans()), max_size=12), st.floats(0.2, 0.9))
def test_joining_ends_after_as_many_steps_as_there_are_voices(people, heard, threshold):
    gallery = Gallery(tuple(people), np.stack([ANA, BEN]))
    config = SessionSpeakersConfig(session_penalty=0.0, learn_above=0.0, max_unknown=3)
    speakers = CountedSpeakers(gallery, DecisionRule(threshold=threshold), config)
    history = TurnHistory(speakers)
    for number, (voice, enrolled_then) in enumerate(heard):
        speakers.asked, before = 0, len(speakers.centroids.unknown_labels())
        turn = EmbeddedTurn(10.0 * number, 10.0 * number + 3, VOICES[voice], 3.0, speech=np.zeros(16000, np.int16))
        history.learn(turn)
        assert speakers.asked <= before + 1
        if enrolled_then and (unknowns := history.unknowns()):
            history.relabel(unknowns[0].label, person(people[voice % 2]))
            history.look_back()
        labels = [turn.label for turn in history.turns]
        assert {label.name for label in labels if label.kind is Kind.PERSON} <= set(people)
        assert all(label in speakers.centroids.unknown_labels() for label in labels if label.kind is Kind.VOICE)
    assert len({voice.label for voice in history.unknowns()}) == len(history.unknowns())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), max_size=20))
def test_every_merge_takes_a_voice_away_or_is_refused(merges):
    centroids = SessionCentroids()
    for _ in range(6):
        centroids.add_unknown(ANA, 3.0, 1.0)
    for old, new in merges:
        before = set(centroids.unknown_labels())
        target = unknown_voice(new) if new else person("Unknown 1")
        try:
            centroids.merge(unknown_voice(old), target)
        except (ValueError, KeyError):
            assert set(centroids.unknown_labels()) == before
            continue
        assert unknown_voice(old) not in centroids.unknown_labels()
        assert len(centroids.unknown_labels()) < len(before) or target not in before
    for wrong in (UNKNOWN, unknown_voice(9)):
        with pytest.raises(ValueError, match="cannot become"):
            centroids.merge(unknown_voice(9), wrong)
    with pytest.raises(ValueError, match="cannot become"):
        centroids.merge(person("Unknown 1"), unknown_voice(1))


def test_people_of_an_old_database_who_are_called_like_voices_are_told_apart():
    gallery = Gallery(("unknown", "Unknown 1"), np.stack([ANA, BEN]))
    speakers = SessionSpeakers(gallery, DecisionRule(threshold=0.5))
    history = TurnHistory(speakers)
    turns = [EmbeddedTurn(10.0 * n, 10.0 * n + 3, v, 3.0) for n, v in enumerate([ANA, BEN, CARL, like(BEN, 0.8)])]
    for turn in turns:
        history.learn(turn)
    assert [turn.label for turn in turns] == [
        "unknown (person)",
        "Unknown 1 (person)",
        "Unknown 1",
        "Unknown 1 (person)",
    ]
    assert [turn.label.kind for turn in turns] == [Kind.PERSON, Kind.PERSON, Kind.VOICE, Kind.PERSON]
    assert [voice.label for voice in history.unknowns()] == ["Unknown 1"]
    history.relabel("Unknown 1", person("unknown"))
    assert turns[2].label == turns[0].label
    speakers.gallery = Gallery(("Unknown 1",), BEN[None])  # the other one is deleted
    history.look_back()
    assert [turn.label.kind for turn in turns] == [Kind.UNKNOWN, Kind.PERSON, Kind.UNKNOWN, Kind.PERSON]


def test_a_person_called_unknown_is_shown_as_a_person_on_the_screen():
    prints = np.eye(3, 8, dtype=np.float32)
    voices = 0.7 * prints + 0.7141 * np.eye(8, dtype=np.float32)[3:6]
    talk = SyntheticTalk(SessionSpeakers(Gallery(("unknown", "Unknown 1", "Eva"), prints), RULE))
    talk.speech(voices[0], 2.0)
    assert (talk.label, talk.shown.turn.speaker, talk.shown.turn.reason) == ("unknown (person)", "unknown", "")
    talk.speech(voices[1], 2.0)
    assert (talk.label, talk.shown.turn.speaker) == ("Unknown 1 (person)", "Unknown 1")
    talk.silence(2.0).speech(NOISE, 3.0)
    assert talk.shown.turn.speaker is None
    assert talk.label.kind is not Kind.PERSON


@settings(deadline=None)
@given(st.lists(st.sampled_from(OLD_NAMES) | st.text(max_size=12), max_size=6, unique=True))
def test_fields_of_rttm_are_one_word_for_each_label_and_read_back(people):
    labels = [UNKNOWN, unknown_voice(1), unknown_voice(12), *map(person, people)]
    tokens = [label_token(label) for label in labels]
    assert len(set(tokens)) == len(labels)
    for token, label in zip(tokens, labels, strict=True):
        back = read_token(token)
        if label:  # a name is never empty
            assert token.split() == [token]
            assert token != "<NA>"
            assert (back, back.kind, back.name) == (label, label.kind, label.name)


def test_names_that_were_one_token_are_two(tmp_path):
    people = [
        "Ana Maria",
        "Ana_Maria",
        "Ana%20Maria",
        "Ana\u00a0Maria",
        "Ana\u3000Maria",
        "<NA>",
        "50%",
        "unknown",
        "_",
    ]
    turns = [Turn(float(n), n + 1.0, person(name)) for n, name in enumerate(people)]
    write_rttm(tmp_path / "a.rttm", turns, "talk")
    tokens = [line.split()[7] for line in (tmp_path / "a.rttm").read_text().splitlines()]
    assert tokens[:3] == ["Ana_Maria", "Ana%5FMaria", "Ana%2520Maria"]
    assert tokens[-2:] == ["unknown_(person)", "%5F"]
    assert read_rttm(tmp_path / "a.rttm") == turns
    assert [turn.label.name for turn in read_rttm(tmp_path / "a.rttm")] == people


def test_a_file_of_another_program_is_read(tmp_path):
    (tmp_path / "b.rttm").write_text(
        "SPEAKER a 1 0 1 <NA> <NA> 100%_sure <NA> <NA>\nSPEAKER a 1 1 1 <NA> <NA> unknown x\n"
    )
    assert [str(turn.label) for turn in read_rttm(tmp_path / "b.rttm")] == ["100% sure", "unknown"]
    assert read_label("100% sure").kind is Kind.PERSON
