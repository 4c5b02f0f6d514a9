"""Turns as plain values: the tracker needs neither sound nor a network, only embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from app.audio.vad import CHUNK_S
from app.diarisation.forward_filter import ForwardFilter, ForwardFilterConfig
from app.diarisation.session_speakers import SessionSpeakers
from app.scoring.cohort import unit
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.scoring.identification import is_unknown

PRINTS = np.eye(3, 8, dtype=np.float32)
ANA, BEN, EVA = 0.7 * PRINTS + 0.7141 * np.eye(8, dtype=np.float32)[3:6]  # as like their voiceprints as voices are
STRANGER, OTHER = np.eye(8, dtype=np.float32)[6:]
GALLERY = Gallery(("Ana", "Ben", "Eva"), PRINTS)
ROWS = ((0.5, 8.0, -3.0), (1.0, 12.0, -5.0), (2.0, 19.0, -8.3), (3.0, 25.0, -11.3))
RULE = DecisionRule(threshold=0.5, by_speech=((0.5, 0.5), (3.0, 0.5)), calibrated=ROWS)


class Heard:
    """A tracker and what it hears: each chunk of speech is a voice, and a window sounds like the mean of its chunks."""

    def __init__(self, voices: SessionSpeakers | None = None, config: ForwardFilterConfig | None = None):
        self.tracker = ForwardFilter(voices or SessionSpeakers(GALLERY, RULE), config or ForwardFilterConfig())
        self.chunks: list[np.ndarray] = []
        self.time_s = 10.0
        self.labels: list[str | None] = []

    def speech(self, voice: np.ndarray, seconds: float, every: int = 4) -> Heard:
        for number in range(round(seconds / CHUNK_S)):
            if self.tracker.between_turns:
                self.tracker.point(self._embed)
            self.chunks.append(voice)
            self._pass(speech=True)
            if number % every == every - 1:
                self.tracker.point(self._embed)
                self.labels.append(self.tracker.state().label)
        self.tracker.point(self._embed)
        return self

    def silence(self, seconds: float) -> Heard:
        for _ in range(round(seconds / CHUNK_S)):
            self._pass(speech=False)
        return self

    def _pass(self, *, speech: bool) -> None:
        self.time_s += CHUNK_S
        self.tracker.hear(CHUNK_S, speech=speech, end_s=self.time_s)

    def _embed(self, lengths: Sequence[int]) -> np.ndarray:
        return unit(np.stack([np.mean(self.chunks[-chunks:], axis=0) for chunks in lengths])).astype(np.float32)

    @property
    def label(self) -> str | None:
        return self.tracker.state().label


def mix(*parts: tuple[float, np.ndarray]) -> np.ndarray:
    return unit(sum(weight * voice for weight, voice in parts)).astype(np.float32)


def test_a_clear_voice_is_named_within_a_second():
    heard = Heard().speech(ANA, 1.0)
    state = heard.tracker.state()
    assert (state.label, state.speaker, state.reason) == ("Ana", "Ana", "")
    assert state.confidence > 0.5
    assert state.scores["Ana"] == pytest.approx(0.7, abs=1e-3)
    assert state.speech_s <= 1.0


def test_before_anything_is_known_nothing_is_said():
    heard = Heard().speech(ANA, 0.2)
    assert heard.label is None
    assert heard.tracker.state().embedding is None
    assert heard.tracker.state().threshold is None


def test_a_stranger_is_called_unknown_and_then_by_a_number():
    heard = Heard().speech(STRANGER, 0.3)
    assert heard.label is None
    heard.speech(STRANGER, 0.7)
    assert heard.label == "unknown"
    assert heard.tracker.state().speaker is None
    assert "needs 0.5" in heard.tracker.state().reason
    heard.speech(STRANGER, 1.5)
    assert heard.label == "Unknown 1"


def test_a_change_without_a_pause_is_noticed_and_dated_back():
    heard = Heard().speech(ANA, 3.0).speech(BEN, 1.0)
    assert heard.label == "Ben"
    (first, ana), (second, ben) = heard.tracker.turns()
    assert (ana, ben) == ("Ana", "Ben")
    assert first[0][0] == pytest.approx(10.0)
    assert second[0][0] == pytest.approx(13.0, abs=0.15)
    assert first[0][1] == pytest.approx(second[0][0])


def test_a_stranger_after_a_long_turn_is_noticed_too():
    """Were all of a turn pooled, the longer it was the longer the name would stay."""
    heard = Heard().speech(ANA, 60.0)
    assert heard.label == "Ana"
    heard.speech(STRANGER, 4.0)
    assert is_unknown(heard.label)


def test_one_odd_moment_does_not_change_the_name_on_the_screen():
    heard = Heard().speech(ANA, 3.0).speech(mix((1.0, ANA), (1.0, STRANGER)), 0.3).speech(ANA, 2.0)
    assert set(heard.labels) == {None, "Ana"}


def test_the_screen_does_not_flicker_between_two_who_are_alike():
    rng = np.random.default_rng(1)
    heard = Heard()
    for _ in range(40):
        heard.speech(mix((1.0, ANA), (0.9, BEN), (0.3, rng.standard_normal(8).astype(np.float32))), 0.25)
    shown = [label for label in heard.labels if label]
    assert sum(a != b for a, b in pairwise(shown)) <= 4


def test_after_a_short_pause_the_name_stays_and_after_a_long_one_it_is_asked_again():
    heard = Heard().speech(ANA, 2.0).silence(0.3).speech(ANA, 0.15)
    assert heard.label == "Ana"
    heard.silence(3.0).speech(BEN, 0.6)
    assert heard.label == "Ben"


def test_what_is_shown_and_the_threshold_agree():
    rng = np.random.default_rng(5)
    heard = Heard()
    for _ in range(60):
        voice = [ANA, BEN, STRANGER][rng.integers(3)]
        heard.speech(mix((1.0, voice), (0.5, rng.standard_normal(8).astype(np.float32))), rng.uniform(0.1, 1.0))
        state = heard.tracker.state()
        if state.speaker:
            assert state.scores[state.speaker] >= state.threshold
        elif state.label:
            assert max(state.scores.values(), default=-1) < state.threshold


def test_silence_takes_the_label_off_and_ends_the_turn():
    heard = Heard().speech(ANA, 2.0).silence(0.9)
    assert heard.tracker.on_screen
    assert heard.tracker.over() == []
    heard.silence(0.3)
    assert not heard.tracker.on_screen
    (over,) = heard.tracker.over()
    assert over.label == "Ana"
    assert over.pieces == [pytest.approx((10.0, 12.0), abs=0.04)]
    assert over.turn.voice @ ANA == pytest.approx(1.0, abs=1e-3)
    assert over.last - over.first == round(2.0 / CHUNK_S)
    assert heard.tracker.over() == []  # told once
    assert heard.tracker.turns() == []


def test_a_turn_is_over_while_the_next_goes_on():
    heard = Heard().speech(ANA, 3.0).speech(BEN, 0.9)
    assert heard.tracker.over() == []
    heard.speech(BEN, 1.0)
    (over,) = heard.tracker.over()
    assert over.label == "Ana"
    assert [label for _, label in heard.tracker.turns()] == ["Ben"]
    heard.silence(1.5)
    (rest,) = heard.tracker.over()
    assert rest.first == over.last
    assert rest.label == "Ben"


def test_all_speech_is_told_once_whatever_is_said():
    rng = np.random.default_rng(3)
    heard, told = Heard(), []
    for _ in range(60):
        heard.speech([ANA, BEN, EVA, STRANGER, OTHER][rng.integers(5)], rng.uniform(0.1, 3))
        heard.silence(rng.choice([0.0, 0.0, 0.2, 0.5, 1.5]))
        told += heard.tracker.over()
    told += heard.tracker.over(everything=True)
    assert told[0].first == 0
    assert [over.last for over in told[:-1]] == [over.first for over in told[1:]]
    assert told[-1].last == len(heard.chunks)
    pieces = [piece for over in told for piece in over.pieces]
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(pieces))
    assert sum(end - start for start, end in pieces) >= len(heard.chunks) * CHUNK_S - 1e-6


def test_a_pause_parts_a_turn_in_the_timeline():
    heard = Heard().speech(ANA, 2.0).silence(0.5).speech(ANA, 0.8)
    ((pieces, label),) = heard.tracker.turns()
    assert label == "Ana"
    assert len(pieces) == 2
    assert pieces[1][0] - pieces[0][1] == pytest.approx(0.5, abs=0.04)


def test_a_long_turn_stays_one():
    heard = Heard().speech(ANA, 40.0)
    assert [label for _, label in heard.tracker.turns()] == ["Ana"]
    assert set(heard.labels[4:]) == {"Ana"}


def test_a_turn_that_goes_on_is_learned_from_at_its_pauses_and_when_it_is_long():
    heard = Heard().speech(ANA, 4.0).silence(0.5).speech(ANA, 2.0)
    over = heard.tracker.over()[-1]
    assert over.last == round(4.0 / CHUNK_S)
    assert [label for _, label in heard.tracker.turns()] == ["Ana"]
    told = []
    for _ in range(30):
        told += heard.speech(ANA, 1.0).tracker.over()
    assert told[0].first == over.last
    assert all(one.label == "Ana" and one.turn.speech_s > 10 for one in told)
    assert heard.label == "Ana"


def test_a_moved_threshold_counts_from_the_next_point_on():
    voices = SessionSpeakers(GALLERY, RULE)
    heard = Heard(voices).speech(ANA, 2.0)
    assert heard.label == "Ana"
    voices.rule = DecisionRule(threshold=0.9)
    heard.speech(ANA, 1.0)
    assert is_unknown(heard.label)


def test_what_is_kept_does_not_grow():
    heard = Heard()
    sizes = []
    for _ in range(6):
        for _ in range(30):
            heard.speech(ANA, 1.0).speech(mix((1.0, BEN), (0.4, EVA)), 0.7).silence(0.1)
            heard.tracker.over()
        sizes.append((len(heard.tracker._starts), len(heard.tracker._runs), len(heard.tracker._path)))
    assert max(sizes[-1]) <= 45
    assert max(sizes[-1]) <= max(sizes[0]) + 15
