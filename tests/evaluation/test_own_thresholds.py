"""One threshold or one for each person, on made voices of which one attracts strangers."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation.own_thresholds import Known, compare
from app.scoring.cohort import Cohort, unit
from app.voiceprints.store import Sample

DIM = 32


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)

    def voices(count: int) -> np.ndarray:
        return unit(rng.standard_normal((count, DIM)))

    centre = voices(1)[0]  # where people in general are
    people = []
    for number in range(10):
        own = unit(voices(1)[0] + (2.0 if number == 0 else 0.3) * centre)
        said = unit(own + 1.2 * voices(48)).astype(np.float32)
        samples = tuple(Sample(str(i), said[4 * i : 4 * i + 4], [3.0] * 4) for i in range(2))
        people.append(Known(samples, unit(said[:8].sum(axis=0)).astype(np.float32), said[8:]))
    cohort = Cohort(unit(voices(120) + 0.5 * centre).astype(np.float32), top=20)
    return {row.way: row for row in compare(people, cohort, 0.45, enrolled=4)}


def test_all_ways_are_held_at_the_same_false_accepts(rows):
    accepts = [row.false_accepts for row in rows.values()]
    assert len(rows) == 6
    assert 0 < accepts[0] < 0.5
    assert accepts == pytest.approx([accepts[0]] * 6, abs=0.01)
    assert all(0 <= row.false_rejects <= 1 and row.worst >= row.false_accepts for row in rows.values())


def test_what_is_known_afterwards_spreads_false_accepts_the_most_evenly(rows):
    best = rows.pop("one each, known afterwards")
    assert all(best.spread < row.spread for row in rows.values())
