from __future__ import annotations

from app.benchmarks.gallery import compare_galleries


def test_both_kinds_of_score_are_timed_and_exact():
    rows = list(compare_galleries([50, 3000], repeats=4))
    assert [(row.people, row.normalised) for row in rows] == [(50, False), (50, True), (3000, False), (3000, True)]
    assert all(row.exact for row in rows)
    assert all(0 < row.median_ms <= row.p95_ms for row in rows)
    assert "3,000  AS-norm" in str(rows[3])
