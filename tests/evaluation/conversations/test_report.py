"""Rows of the benchmark's table, from counts made by hand."""

from __future__ import annotations

import pytest

from app.evaluation.conversations.live_metrics import LiveCounts
from app.evaluation.conversations.report import ReportRow, SystemCounts, live_error_interval


def counts(*wrong_s: float) -> list[SystemCounts]:
    """Conversations with 10 s of speech each."""
    return [SystemCounts(LiveCounts(speech_s=10, wrong_s=some)) for some in wrong_s]


def test_the_best_threshold_in_hindsight_is_that_of_the_whole_row():
    """Each conversation has another best threshold; 0.4 is best for both together."""
    row = ReportRow("x", "clean", 5, 20.0)
    row.systems = {
        ("w", 0.6, False): counts(8, 1),
        ("w", 0.2, True): counts(1, 6),
        ("w", 0.4, True): counts(2, 2),
        ("w", 0.6, True): counts(8, 1),
    }
    own, best = row.lines()
    assert (own["threshold"], own["error"], own["best_in_hindsight"]) == (0.6, 0.45, False)
    assert (best["threshold"], best["error"], best["best_in_hindsight"]) == (0.4, 0.2, True)
    assert own["conversations"] == 2
    assert best["time_to_name_s"] == {"median": None, "p95": None}  # there was no turn; JSON has no infinity


def test_the_interval_is_over_conversations():
    parts = [part.live for part in counts(1, 1, 1, 9)]
    low, high = live_error_interval(parts)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.5)  # two of four draws are the bad one at most, 19 times of 20
    assert live_error_interval(parts[:1]) == pytest.approx((0.1, 0.1))
