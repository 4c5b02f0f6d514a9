"""The most likely path, cut into turns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.audio.vad import CHUNK_S
from tests.support.synthetic_turns import ANA, BEN, EVA, OTHER, STRANGER, SyntheticTalk


def test_silence_takes_the_label_off_and_ends_the_turn():
    talk = SyntheticTalk().speech(ANA, 2.0).silence(0.9)
    assert talk.shown.after(talk.filter.silence_s).label == "Ana"
    assert talk.turns.pop_finished() == []
    talk.silence(0.3)
    assert talk.shown.after(talk.filter.silence_s).label is None
    (turn,) = talk.turns.pop_finished()
    assert turn.label == "Ana"
    assert turn.segments_s == [pytest.approx((10.0, 12.0), abs=0.04)]
    assert turn.embedded.embedding @ ANA == pytest.approx(1.0, abs=1e-3)
    assert turn.last - turn.first == round(2.0 / CHUNK_S)
    assert talk.turns.pop_finished() == []  # given once
    assert talk.unfinished() == []


def test_a_turn_is_finished_while_the_next_goes_on():
    talk = SyntheticTalk().speech(ANA, 3.0).speech(BEN, 0.9)
    assert talk.turns.pop_finished() == []
    talk.speech(BEN, 1.0)
    (turn,) = talk.turns.pop_finished()
    assert turn.label == "Ana"
    assert [label for _, label in talk.unfinished()] == ["Ben"]
    talk.silence(1.5)
    (rest,) = talk.turns.pop_finished()
    assert rest.first == turn.last
    assert rest.label == "Ben"


def test_all_speech_is_in_one_turn_whatever_is_heard():
    rng = np.random.default_rng(3)
    talk, popped = SyntheticTalk(), []
    for _ in range(60):
        talk.speech([ANA, BEN, EVA, STRANGER, OTHER][rng.integers(5)], rng.uniform(0.1, 3))
        talk.silence(rng.choice([0.0, 0.0, 0.2, 0.5, 1.5]))
        popped += talk.turns.pop_finished()
    popped += talk.turns.pop_finished(everything=True)
    assert popped[0].first == 0
    assert [turn.last for turn in popped[:-1]] == [turn.first for turn in popped[1:]]
    assert popped[-1].last == len(talk.chunks)
    segments = [segment for turn in popped for segment in turn.segments_s]
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(segments))
    assert sum(end - start for start, end in segments) >= len(talk.chunks) * CHUNK_S - 1e-6


def test_a_pause_parts_a_turn_in_the_timeline():
    talk = SyntheticTalk().speech(ANA, 2.0).silence(0.5).speech(ANA, 0.8)
    ((segments, label),) = talk.unfinished()
    assert label == "Ana"
    assert len(segments) == 2
    assert segments[1][0] - segments[0][1] == pytest.approx(0.5, abs=0.04)


def test_a_turn_that_goes_on_is_learned_from_at_its_pauses_and_when_it_is_long():
    talk = SyntheticTalk().speech(ANA, 4.0).silence(0.5).speech(ANA, 2.0)
    turn = talk.turns.pop_finished()[-1]
    assert turn.last == round(4.0 / CHUNK_S)
    assert [label for _, label in talk.unfinished()] == ["Ana"]
    popped = []
    for _ in range(30):
        popped += talk.speech(ANA, 1.0).turns.pop_finished()
    assert popped[0].first == turn.last
    assert all(one.label == "Ana" and one.embedded.speech_s > 10 for one in popped)
    assert talk.label == "Ana"
