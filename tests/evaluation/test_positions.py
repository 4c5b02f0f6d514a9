"""One voiceprint for each person or one for each position, on made voices that sound otherwise in each."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation.positions import POSITIONS, Known, Row, compare, mean_rows
from app.scoring.cohort import unit

DIM = 64


def people(moved: float, *, later: bool = True) -> list[Known]:
    """Ten people; in each position each voice is ``moved`` a way of its own, in what is heard ``later`` too."""
    rng = np.random.default_rng(1)
    known = []
    for own in unit(rng.standard_normal((10, DIM))):
        places = {position: unit(own + moved * unit(rng.standard_normal(DIM))) for position in POSITIONS}
        heard = {
            position: unit((place if later else own) + 0.2 * rng.standard_normal((40, DIM)))
            for position, place in places.items()
        }
        known.append(Known(places, heard))
    return known


def by_name(moved: float, **options: bool) -> dict[tuple[str, str], tuple[float, float]]:
    return {(row.way, row.position): (row.eer, row.false_rejects) for row in compare(people(moved, **options), None)}


def test_every_way_is_measured_everywhere():
    rows = by_name(1.0)
    ways = {way for way, _ in rows}
    assert len(ways) == 4
    assert {position for _, position in rows} == {*POSITIONS, "all"}
    assert all(0 <= value <= 1 for row in rows.values() for value in row)
    assert len(str(compare(people(1.0), None)[0]).splitlines()) == 1


def test_voices_that_split_by_position_want_a_voiceprint_each():
    rows = by_name(4.0)
    assert rows["one for each position", "all"][0] < rows["one, the mean of all (as it is done)", "all"][0]
    assert rows["one, recorded near only", "near"][0] < rows["one, recorded near only", "back"][0]


def test_voiceprints_that_differ_by_chance_want_the_mean():
    rows = by_name(1.5, later=False)
    mean, each = rows["one, the mean of all (as it is done)", "all"], rows["one for each position", "all"]
    assert mean[0] < each[0]
    assert mean[1] < each[1]


def test_the_mean_of_several_draws():
    draws = [
        [Row("a", "near", 0.1, 0.2), Row("b", "all", 0.4, 0.4)],
        [Row("a", "near", 0.3, 0.4), Row("b", "all", 0, 0)],
    ]
    assert mean_rows(draws) == [Row("a", "near", pytest.approx(0.2), pytest.approx(0.3)), Row("b", "all", 0.2, 0.2)]
