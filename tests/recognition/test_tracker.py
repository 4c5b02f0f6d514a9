"""Turns as plain values: the tracker needs neither sound nor a network."""

from __future__ import annotations

import numpy as np
import pytest

from app.recognition.decision import DecisionRule
from app.recognition.scoring import Gallery, unit
from app.recognition.tracker import Tracker, TrackerConfig
from app.recognition.voices import SessionVoices

ANA, BEN, STRANGER = np.eye(3, 8, dtype=np.float32)
GALLERY = Gallery(("Ana", "Ben"), np.stack([ANA, BEN]))
CONFIG = TrackerConfig(pause_s=0.5, hold_s=0.3, settle_s=1.2, change_cosine=0.3, change_hops=2)


def tracker() -> Tracker:
    new = Tracker(SessionVoices(GALLERY, DecisionRule(threshold=0.5, margin=0.1)), CONFIG)
    new.begin(10.0)
    new.hear(1.0, speech=True, end_s=11.0)
    return new


def mix(*parts: tuple[float, np.ndarray]) -> np.ndarray:
    return unit(sum(weight * voice for weight, voice in parts)).astype(np.float32)


def test_a_clear_voice_is_named_at_once():
    now = tracker()
    now.add(ANA, 0.6, 0.6)
    assert now.state().label == now.state().speaker == "Ana"
    assert now.state().reason == ""
    assert (now.start_s, now.end_s) == (10.0, 11.0)


def test_a_stranger_is_called_unknown_only_after_enough_speech():
    now = tracker()
    now.add(STRANGER, 0.6, 0.6)
    assert now.state().label is None
    now.add(STRANGER, 1.3, 0.7)
    assert now.state().label == "unknown"
    assert now.state().speaker is None
    assert "needs 0.50" in now.state().reason


def test_a_window_that_holds_all_of_the_turn_replaces_the_shorter_ones():
    now = tracker()
    now.add(STRANGER, 0.6, 0.6)  # the first window was misleading
    now.add(ANA, 2.0, 1.4)
    assert now.state().scores["Ana"] == pytest.approx(1.0)
    assert now.state().speech_s == pytest.approx(2.0)


def test_later_windows_count_by_their_new_speech():
    now = tracker()
    now.add(ANA, 2.0, 2.0)
    now.add(BEN, 2.0, 0.5)  # overlaps the window before by 1.5 s
    expected = mix((2.0, ANA), (0.5, BEN))
    assert now.state().embedding == pytest.approx(expected, abs=1e-6)
    assert now.state().label == "Ana"


def test_another_voice_is_noticed_when_enough_is_known_of_the_first():
    now = tracker()
    assert not now.is_another_voice(BEN)  # nothing known yet
    now.add(ANA, 0.6, 0.6)
    assert not now.is_another_voice(BEN)  # too little known yet
    now.add(ANA, 1.3, 0.7)
    assert not now.is_another_voice(BEN)  # once may be chance
    assert now.is_another_voice(BEN)
    assert not now.is_another_voice(mix((0.5, ANA), (1.0, BEN)))
    assert not now.is_another_voice(BEN)  # counted anew


def test_silence_takes_the_label_off_and_then_ends_the_turn():
    now = tracker()
    now.add(ANA, 2.0, 2.0)
    now.hear(0.2, speech=False, end_s=11.2)
    assert now.on_screen
    assert not now.between_turns
    now.hear(0.2, speech=False, end_s=11.4)
    assert not now.on_screen
    assert not now.between_turns
    now.hear(0.2, speech=False, end_s=11.6)
    assert now.between_turns
    assert now.end_s == 11.0  # silence does not belong to the turn
    assert now.state().label == "Ana"  # and changes nothing of what is known


def test_a_moved_threshold_counts_at_once():
    now = tracker()
    now.add(mix((1.0, ANA), (1.0, STRANGER)), 2.0, 2.0)
    assert now.state().label == "Ana"
    now.voices.rule = DecisionRule(threshold=0.9)
    assert now.state().label == "Unknown 1"
