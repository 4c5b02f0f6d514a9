"""Screens whose figures can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.diarisation.timeline import Turn
from app.evaluation.conversations.live_metrics import (
    LiveCounts,
    count_labels,
    count_live,
    count_shown,
    delayed_oracle,
    extra_changes,
    live_error_rates,
    times_to_name,
)
from app.evaluation.conversations.reference import Reference
from app.scoring.identification import Identification, is_unknown


def reference(*turns: tuple[float, float, str], length_s: float = 20.0, pauses: tuple = ()) -> Reference:
    """Ana and Ben are enrolled; ``pauses`` are cut out of the turns' speech."""
    turns = tuple(Turn(*turn) for turn in turns)
    speech = list(turns)
    for start_s, end_s in pauses:
        (whole,) = (turn for turn in speech if turn.start_s < start_s and end_s < turn.end_s)
        speech.remove(whole)
        speech += [Turn(whole.start_s, start_s, whole.label), Turn(end_s, whole.end_s, whole.label)]
    return Reference(turns, tuple(speech), ("Ana", "Ben"), length_s)


def answers(*shown: tuple[float, str | None]) -> list[Identification]:
    return [Identification(time_s, label, None, 0.0) for time_s, label in shown]


def test_unknown_labels():
    assert [is_unknown(label) for label in ("unknown", "Unknown 1", "Unknown 12")] == [True] * 3
    assert [is_unknown(label) for label in (None, "Ana", "Unknown", "Unknown Ana", "")] == [False] * 5


def test_what_waiting_costs_by_hand():
    so = reference((0, 4, "Ana"), (5, 9, "Carl"), (10, 11, "Ben"))
    shown = delayed_oracle(so, 1.25)  # the last turn is over before it is shown
    assert shown == [Turn(1.25, 4, "Ana"), Turn(6.25, 9, "Unknown 1")]
    counts = count_shown(so, shown)
    assert counts.wrong_s == pytest.approx(1.0 + 1.0 + 0.5)
    assert counts.speech_s == pytest.approx(3.5 + 3.5 + 0.5)
    assert counts.times_to_name_s == pytest.approx((1.25, np.inf))
    assert (counts.named_s, counts.confusion_s, counts.extra_changes) == (0, 0, 0)
    assert count_shown(so, delayed_oracle(so, 0.25)).wrong_s == 0  # within the collar


def test_every_kind_of_wrong_by_hand():
    so = reference((0, 4, "Ana"), (5, 9, "Ben"), (10, 14, "Carl"))
    counts = count_live(
        so,
        answers((1.0, "Ana"), (4.5, None), (6.0, "Ana"), (7.0, "Ben"), (9.5, None), (11, "unknown"), (12, "Ben")),
    )
    # 4 s less 0.25 s at either end makes 3.5 s of each turn.
    assert counts.speech_s == pytest.approx(10.5)
    assert counts.enrolled_s == pytest.approx(7.0)
    assert counts.stranger_s == pytest.approx(3.5)
    # Ana: nothing until 1.0. Ben: nothing until 6.0, Ana until 7.0. Carl: nothing until 11, Ben from 12 on.
    assert counts.missed_s == pytest.approx(0.75 + 0.75)
    assert counts.confusion_s == pytest.approx(1.0)
    assert counts.named_s == pytest.approx(1.75)
    assert counts.wrong_s == pytest.approx(0.75 + 0.75 + 1.0 + 0.75 + 1.75)
    assert counts.times_to_name_s == pytest.approx((1.0, 2.0))
    rates = live_error_rates(counts)
    assert rates.error == pytest.approx(5.0 / 10.5)
    assert rates.strangers_named == pytest.approx(0.5)
    assert rates.enrolled_unknown == pytest.approx(1.5 / 7)
    assert rates.enrolled_confused == pytest.approx(1 / 7)
    assert rates.never_named == 0
    assert rates.extra_changes_per_min == pytest.approx(3)  # the last one, in 20 s


def test_a_perfect_screen_has_no_errors():
    so = reference((0, 4, "Ana"), (3, 9, "Ben"), (10, 14, "Carl"), pauses=((6, 7),))
    rates = live_error_rates(count_live(so, answers((0, "Ana"), (3, "Ben"), (9.1, None), (10, "Unknown 3"))))
    assert rates.error == rates.strangers_named == rates.enrolled_unknown == rates.enrolled_confused == 0
    assert rates.time_to_name_s == (0, 0)
    assert rates.extra_changes_per_min == 0


def test_an_empty_screen_is_all_wrong():
    rates = live_error_rates(count_live(reference((0, 4, "Ana"), (5, 9, "Carl")), []))
    assert rates.error == 1
    assert rates.enrolled_unknown == 1
    assert rates.strangers_named == 0
    assert rates.time_to_name_s == (np.inf, np.inf)
    assert rates.never_named == 1


def test_where_two_speak_either_name_is_right_and_both_are():
    so = reference((0, 10, "Ana"), (4, 8, "Ben"))
    assert count_labels(so, [Turn(0, 10, "Ana")]).wrong_s == 0
    assert count_labels(so, [Turn(0, 4, "Ana"), Turn(4, 8, "Ben"), Turn(8, 10, "Ana")]).wrong_s == 0
    assert count_labels(so, [Turn(0, 10, "Ana"), Turn(4, 8, "Ben")]).wrong_s == 0
    assert count_labels(so, [Turn(0, 10, "Ana"), Turn(2, 8, "Ben")]).wrong_s == pytest.approx(1.75)


def test_a_stranger_among_two_is_neither_strangers_nor_enrolled_peoples_time():
    so = reference((0, 10, "Ana"), (4, 8, "Carl"))
    counts = count_labels(so, [Turn(0, 10, "unknown")])
    assert counts.stranger_s == 0
    assert counts.enrolled_s == pytest.approx(3.5 + 1.5)
    assert counts.speech_s == pytest.approx(3.5 + 3.5 + 1.5)
    assert counts.wrong_s == counts.missed_s == pytest.approx(5.0)


def test_pauses_inside_a_turn_do_not_count():
    so = reference((0, 10, "Ana"), pauses=((4, 6),))
    counts = count_labels(so, [Turn(0, 4, "Ana"), Turn(4, 6, "Ben"), Turn(7, 10, "Ana")])
    assert counts.speech_s == pytest.approx(7.5)
    assert counts.wrong_s == pytest.approx(1.0)


def test_all_unknown_labels_are_right_for_every_stranger():
    so = reference((0, 4, "Carl"), (5, 9, "Dora"))
    assert count_labels(so, [Turn(0, 9, "Unknown 1")]).wrong_s == 0
    assert count_labels(so, [Turn(0, 4, "unknown"), Turn(5, 9, "Unknown 2")]).wrong_s == 0


def test_the_time_to_a_name():
    turns = ((0, 4, "Ana"), (5, 9, "Ben"), (10, 11, "Ana"), (12, 13, "Ana"), (14, 15, "Carl"), (15, 16, "Ana"))
    shown = [Turn(0.5, 6, "Ana"), Turn(6.25, 10.2, "Ben"), Turn(11.5, 12.5, "Ana"), Turn(14, 16, "Ana")]
    # Ana's second turn is over before her name comes, her third follows her own, her fourth finds it there.
    assert times_to_name(reference(*turns), shown) == (0.5, 1.25, np.inf, 0)
    rates = live_error_rates(LiveCounts(times_to_name_s=(0.5, np.inf, 1.25, 3.0, 1.0)))
    assert rates.time_to_name_s == (1.25, np.inf)
    assert rates.never_named == 0.2


@pytest.mark.parametrize(
    ("shown", "extra"),
    [
        ([(0, "Ana"), (5, "Ben"), (10, "Ana")], 0),
        ([(1, "Ana"), (6, "Ben"), (11, "Ana")], 0),  # late is not too often
        ([(0, "Ana")], 0),  # a change that never came is another kind of error
        ([(0, "Ana"), (2, "Ben"), (3, "Ana"), (5, "Ben"), (10, "Ana")], 1),  # the first change may be due
        ([(0, "Ana"), (5.5, "unknown"), (6, "Ben"), (10, "Ana")], 1),
        ([(0, "Ana"), (5, "Ben"), (7, "unknown"), (8, "Ben"), (9, "Ana"), (10.5, "Ana")], 3),
        ([(0, "Ana"), (2, None), (3, "Ana"), (5, "Ben"), (10, "Ana")], 0),  # an empty screen is no label
        ([(0, "unknown"), (1, "Unknown 1"), (5, "Ben"), (10, "Ana")], 0),  # the same, said more exactly
        ([(0, "Unknown 2"), (1, "Unknown 1"), (2, "Unknown 2")], 1),
    ],
)
def test_changes_that_the_reference_does_not_have(shown, extra):
    turns = [Turn(0, 4, "Ana"), Turn(5, 9, "Ben"), Turn(10, 14, "Ana")]
    ends = [*(time_s for time_s, _ in shown[1:]), 15]
    labels = [Turn(a, b, label) for (a, label), b in zip(shown, ends, strict=True) if label]
    assert extra_changes(turns, labels) == extra


def test_within_one_turn_no_change_is_due():
    one = [Turn(0, 4, "Ana"), Turn(5, 9, "Ana")]
    assert extra_changes(one, [Turn(0, 5, "Ben"), Turn(5, 9, "Ana")]) == 1


def test_counts_add_up():
    so = reference((0, 4, "Ana"), length_s=5)
    one = count_live(so, answers((1.0, "Ana")))
    both = one + count_live(so, answers((2.0, "Ben")))
    assert both.length_s == 10
    assert both.wrong_s == pytest.approx(0.75 + 3.5)
    assert both.times_to_name_s == (1.0, np.inf)
