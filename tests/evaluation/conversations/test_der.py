"""Diarisation error and unknown voices, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.diarisation.timeline import Turn
from app.evaluation.conversations.der import (
    DiarisationErrors,
    UnknownVoiceCounts,
    count_unknown_voices,
    diarisation_errors,
    match_labels,
)
from app.evaluation.conversations.reference import Reference


def reference(*turns: tuple[float, float, str]) -> Reference:
    """Ana and Ben are enrolled."""
    turns = tuple(Turn(*turn) for turn in turns)
    return Reference(turns, turns, ("Ana", "Ben"), 30.0)


def turns(*those: tuple[float, float, str]) -> list[Turn]:
    return [Turn(*turn) for turn in those]


def test_all_three_kinds_of_error():
    so = reference((0, 4, "Ana"), (5, 9, "Ben"))
    counts = diarisation_errors(so, turns((0, 3, "Ana"), (5, 7, "Ana"), (7, 9, "Ben"), (10, 12, "Ben")), collar_s=0)
    assert (counts.total_s, counts.missed_s, counts.confusion_s, counts.false_alarm_s) == pytest.approx((8, 1, 2, 2))
    assert counts.rate == pytest.approx(5 / 8)
    assert counts.components == pytest.approx({"missed": 1 / 8, "false_alarm": 2 / 8, "confusion": 2 / 8})


def test_the_collar_takes_both_sides_of_a_border():
    so = reference((2, 6, "Ana"))
    counts = diarisation_errors(so, turns((1, 7, "Ana")), collar_s=0.25)
    assert counts.total_s == pytest.approx(3.5)
    assert counts.false_alarm_s == pytest.approx(1.5)


def test_two_at_once_count_twice():
    so = reference((0, 10, "Ana"), (4, 8, "Ben"))
    one = diarisation_errors(so, turns((0, 10, "Ana")), collar_s=0)
    assert (one.total_s, one.missed_s, one.confusion_s) == pytest.approx((14, 4, 0))
    both = diarisation_errors(so, turns((0, 10, "Ana"), (4, 8, "Ben")), collar_s=0)
    assert both.rate == 0


def test_a_name_is_never_matched_with_somebody_else():
    so = reference((0, 4, "Ana"), (5, 9, "Carl"))
    assert diarisation_errors(so, turns((0, 4, "Ben"), (5, 9, "Ana")), collar_s=0).confusion_s == pytest.approx(8)


def test_unknown_labels_and_strangers_are_matched_one_to_one():
    so = reference((0, 4, "Carl"), (5, 8, "Dora"), (10, 12, "Carl"))
    two = turns((0, 4, "Unknown 7"), (5, 8, "Unknown 2"), (10, 12, "Unknown 7"))
    assert diarisation_errors(so, two, collar_s=0).rate == 0
    one = turns((0, 4, "unknown"), (5, 8, "unknown"), (10, 12, "unknown"))
    assert diarisation_errors(so, one, collar_s=0).confusion_s == pytest.approx(3)  # Dora's
    three = turns((0, 4, "Unknown 1"), (5, 8, "Unknown 2"), (10, 12, "Unknown 3"))
    assert diarisation_errors(so, three, collar_s=0).confusion_s == pytest.approx(2)  # Carl's second turn


def test_the_best_of_all_matches_is_taken():
    """Greedy matching would take 5 first and end with 5 + 0."""
    shared = np.array([[5.0, 4.0], [4.0, 0.0]])
    assert sorted(match_labels(["Carl", "Dora"], ["Unknown 1", "Unknown 2"], shared, ["Ana"])) == [(0, 1), (1, 0)]


def test_an_unknown_label_is_never_right_for_an_enrolled_person():
    so = reference((0, 4, "Ana"))
    assert diarisation_errors(so, turns((0, 4, "Unknown 1")), collar_s=0).confusion_s == pytest.approx(4)


def test_nothing_said_and_nothing_to_say():
    assert diarisation_errors(reference((0, 4, "Ana")), [], collar_s=0).rate == 1
    assert diarisation_errors(reference(), [], collar_s=0).rate == 0


def test_purity_and_coverage():
    so = reference((0, 4, "Carl"), (5, 8, "Dora"), (10, 12, "Carl"), (13, 14, "Ana"), (15, 15.5, "Emil"))
    final = turns((0, 4, "Unknown 1"), (5, 8, "Unknown 2"), (10, 12, "Unknown 2"), (13, 14, "Unknown 1"))
    counts = count_unknown_voices(so, [*final, Turn(15, 15.5, "unknown")])
    assert counts.grouped_s == pytest.approx(10)
    assert counts.pure_s == pytest.approx(4 + 3)
    assert counts.stranger_s == pytest.approx(9.5)
    assert counts.covered_s == pytest.approx(4 + 3)  # Carl's first turn, Dora's; Emil has no label of his own
    assert counts.purity == pytest.approx(0.7)
    assert counts.coverage == pytest.approx(7 / 9.5)
    assert (counts.found, counts.strangers, counts.conversations) == (2, 2, 1)  # Emil was too short


def test_strangers_without_numbers_have_no_purity():
    counts = count_unknown_voices(reference((0, 4, "Carl")), turns((0, 4, "unknown")))
    assert counts.purity is None
    assert counts.coverage == 0
    assert count_unknown_voices(reference((0, 4, "Ana")), []).coverage is None


def test_overlapped_speech_says_nothing_about_purity():
    so = reference((0, 4, "Carl"), (2, 4, "Ana"))
    counts = count_unknown_voices(so, turns((0, 4, "Unknown 1")))
    assert counts.grouped_s == counts.pure_s == pytest.approx(2)


def test_counts_add_up():
    both = DiarisationErrors(10, 1, 2, 3) + DiarisationErrors(10, 0, 0, 0)
    assert both.rate == pytest.approx(0.3)
    unknown = UnknownVoiceCounts(10, 5, 10, 5, 1, 2, 1) + UnknownVoiceCounts(10, 10, 0, 0, 1, 1, 1)
    assert unknown.purity == pytest.approx(0.75)
    assert (unknown.found, unknown.strangers, unknown.conversations) == (2, 3, 2)
