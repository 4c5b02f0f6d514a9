"""What the screen showed by the time since the onset: one small conversation, counted by hand."""

from __future__ import annotations

import pytest

from app.cli.evaluation.onset_table import onset_tables
from app.diarisation.timeline import Turn
from app.evaluation.conversations.by_onset import EDGES_S, as_rows, count_by_onset, shares
from app.evaluation.conversations.reference import Reference
from app.evaluation.conversations.report import ENGINE, ReportRow, SystemCounts
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification

TURNS = (Turn(1.0, 4.0, "Ana"), Turn(4.0, 6.0, "Zed"), Turn(6.0, 7.0, "Ana"), Turn(6.5, 8.0, "Ben"))
REFERENCE = Reference(TURNS, TURNS, ("Ana", "Ben"), 8.0)


def said(time_s: float, label: str | None, certainty: Certainty | None = None) -> Identification:
    return Identification(time_s, label, None, 0.0, certainty=certainty)


ANSWERS = [
    said(1.25, "Ben", Certainty.CERTAIN),  # the one before him still stands there
    said(1.5, "Ana", Certainty.LIKELY),
    said(2.0, "Ana", Certainty.CERTAIN),
    said(4.25, None),
    said(4.5, "Ana", Certainty.LIKELY),
    said(5.0, "Unknown 1"),
    said(6.0, "Ben", Certainty.LIKELY),
]


def seconds(who: str, from_s: float, counts=None) -> dict[str, float]:
    """State -> seconds, of those that have any."""
    rows = as_rows(count_by_onset(REFERENCE, ANSWERS) if counts is None else counts)
    (row,) = (row for row in rows if (row["who"], row["from_s"]) == (who, from_s))
    return {state: pytest.approx(share * row["speech_s"]) for state, share in row["shares"].items() if share}


def test_each_moment_counts_by_how_long_its_speaker_has_spoken_and_by_what_is_shown():
    # Ana alone from 1 to 4 and from 6 to 6.5; Ben alone from 7 to 8, half a second after he began
    assert seconds("enrolled", 0.0) == {"nothing": 0.25, "certainly wrong": 0.25, "likely wrong": 0.5}
    assert seconds("enrolled", 0.5) == {"likely": 0.5 + 0.5}
    assert seconds("enrolled", 1.0) == {"certain": 0.5, "likely": 0.5}
    assert seconds("enrolled", 1.5) == {"certain": 1.0}
    assert seconds("enrolled", 2.5) == {"certain": 0.5}
    # Zed, who is not enrolled: Ana's name is held for a quarter of a second, and comes again as likely
    assert seconds("stranger", 0.0) == {"certainly wrong": 0.25, "nothing": 0.25}
    assert seconds("stranger", 0.5) == {"likely wrong": 0.5}
    assert seconds("stranger", 1.0) == {"unknown": 0.5}
    assert seconds("stranger", 2.5) == {}


def test_counts_add_up_and_shares_are_of_the_time_of_each_column():
    counts = count_by_onset(REFERENCE, ANSWERS)
    assert counts.sum() == pytest.approx(3 + 2 + 0.5 + 1)
    assert seconds("stranger", 1.0, counts + counts) == {"unknown": 1.0}
    assert shares(counts + counts) == pytest.approx(shares(counts))
    assert shares(counts)[1, len(EDGES_S) - 1].sum() == 0  # no stranger spoke for so long


def line(*parts) -> dict:
    row = ReportRow("x", "clean", 2, 20.0)
    row.systems = {(ENGINE, None, False): [SystemCounts(by_onset=part) for part in parts]}
    (out,) = row.lines()
    return out


def test_the_table_below_the_table():
    counts = count_by_onset(REFERENCE, ANSWERS)
    found = line(counts, counts)
    first = found["by_onset"][0]
    assert (first["who"], first["from_s"], first["to_s"], first["speech_s"]) == ("enrolled", 0.0, 0.5, 2.0)
    assert first["shares"]["likely wrong"] == pytest.approx(0.5)
    text = onset_tables([found], set()).splitlines()
    assert text[0] == "x clean:"
    assert text[2].split("  ")[0].strip() == "enrolled"
    assert text[2].split()[-6:] == ["0.0%", "0.0%", "25.0%", "50.0%", "0.0%", "25.0%"]
    assert len({len(row) for row in text[1:]}) == 1
    marked = onset_tables([found], set(), True).splitlines()
    assert marked[4] == "| enrolled | 0 - 0.5 s | 2.0 s | 0.0% | 0.0% | 25.0% | 50.0% | 0.0% | 25.0% |"


def test_several_rows_have_a_table_of_all_together_and_a_system_without_counts_has_none():
    counts = count_by_onset(REFERENCE, ANSWERS)
    text = onset_tables([line(counts), line(0 * counts), line(counts)], set())
    *_, together = text.split("\n\n")
    assert text.count("x clean:") == 2
    assert together.splitlines()[0] == "all together:"
    assert "2.0 s" in together.splitlines()[2]
    assert line(0 * counts)["by_onset"] == []


def test_the_final_timeline_has_a_row_of_its_own():
    final = [
        Turn(1.0, 4.0, "Ana", certainty=Certainty.CERTAIN),
        Turn(4.0, 5.5, "Ben", certainty=Certainty.LIKELY),
        Turn(5.5, 6.0, "Unknown 1", certainty=Certainty.UNKNOWN),
        Turn(6.0, 7.0, "Ana"),  # how sure is not known
    ]
    counts = count_by_onset(REFERENCE, ANSWERS, final)
    assert seconds("enrolled", None, counts) == {"certain": 3.0, "likely": 0.5, "nothing": 1.0}
    assert seconds("stranger", None, counts) == {"likely wrong": 1.5, "unknown": 0.5}
    assert onset_tables([line(counts)], set()).splitlines()[-1].split()[:2] == ["stranger", "timeline"]
