"""The workers notice what no input may do, and go on."""

from __future__ import annotations

import pytest

from tests.torture import workers
from tests.torture.counts import Counts
from tests.torture.workers import try_all

EXPECTED = {
    "good": "",
    "nameless": "does not name the file",
    "several lines": "several lines",
    "traceback": "ZeroDivisionError",
    "wrong": "an answer that is wrong",
    "hangs": "not done after",
    "fills": "MB",
    "ends": "the process ended",
}


def test_what_no_input_may_do_is_noticed_and_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LONGEST_S", 4.0)
    monkeypatch.setattr(workers, "MOST_MB", 300)
    cases = [(kind, 1) for kind in [*EXPECTED, "good"]]
    found = list(try_all("tests.torture.bad_subjects", cases, seed=1, keep=tmp_path))
    assert [outcome.case for outcome in found] == cases
    for outcome in found:
        kind, number = outcome.case
        place = tmp_path / f"{kind}-{number}"
        if not EXPECTED[kind]:
            assert not outcome.problem
            assert not place.exists()
            continue
        assert EXPECTED[kind] in outcome.problem
        assert EXPECTED[kind] in (place / "PROBLEM.txt").read_text()
        if kind != "ends":
            assert (place / "input.txt").read_text()


def test_counts_are_told(capsys):
    counts = Counts()
    counts.add("card")
    counts.add("card", "a traceback")
    assert "| card | 2 | 1 |" in counts.table()
    assert "| **all** | **2** | **1** |" in counts.table()
    assert "FAILED card: a traceback" in capsys.readouterr().err


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_input(tmp_path, seed):
    from random import Random

    from tests.torture.mutations import damaged_bytes, damaged_json, damaged_text

    for damage, whole in ((damaged_bytes, bytes(500)), (damaged_text, "a,b\n" * 9), (damaged_json, {"a": [1, 2]})):
        first, again, other = (damage(Random(n), whole) for n in (seed, seed, seed + 100))
        assert first == again
        assert other != first or damage is damaged_json
