"""One voice passed on alone, measured on a small conversation: by the delay, and by which names open."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio.source import AudioBlock
from app.cli.evaluation.gate_table import gate_tables
from app.diarisation.timeline import Turn
from app.evaluation.conversations.gates import DELAYS_S, SHAPE, Gates, as_rows
from app.evaluation.conversations.report import ENGINE, ReportRow, SystemCounts
from app.scoring.certainty import Certainty
from app.scoring.identification import Identification
from utils import SAMPLE_RATE

SPEECH = (Turn(1.0, 4.0, "Ana"), Turn(4.0, 7.0, "Zed"), Turn(7.0, 9.0, "Ben"))
HOP_S = 0.125
NAMED_S = 0.75
"""How long after its beginning a turn is known."""


def counts() -> np.ndarray:
    gates = Gates(["Ana", "Ben"])
    for hop in range(round(10 / HOP_S)):
        now_s = (hop + 1) * HOP_S
        turns = [
            Turn(turn.start_s, min(turn.end_s, now_s), "unknown" if turn.label == "Zed" else turn.label,
                 certainty=Certainty.LIKELY if turn.label == "Ben" else Certainty.CERTAIN)
            for turn in SPEECH if turn.start_s + NAMED_S <= now_s
        ]  # fmt: skip
        block = AudioBlock(np.zeros(round(HOP_S * SAMPLE_RATE), np.float32), hop * HOP_S)
        gates.step(block, Identification(now_s, None, None, 0.0), turns)
    return gates.counts(turns, SPEECH)


def test_a_longer_delay_cuts_no_beginning_and_only_certain_names_open():
    rows = {(row["delay_s"], row["opened_by"]): row for row in as_rows(counts())}
    assert len(rows) == len(DELAYS_S) * 2
    for delay_s in DELAYS_S:
        assert rows[delay_s, "certain"]["own_s"] == 5.0
        assert rows[delay_s, "certain"]["others_s"] == pytest.approx(5.0 + 6.0)
        late_s = max(0.0, NAMED_S - delay_s)
        assert rows[delay_s, "likely"]["cut_s"] == pytest.approx(2 * late_s, abs=2 * HOP_S)
        assert rows[delay_s, "certain"]["cut_s"] == pytest.approx(late_s + 2.0, abs=2 * HOP_S)  # all of Ben's
    assert rows[2.0, "likely"]["leaked"] == pytest.approx(0.0, abs=0.01)
    assert rows[2.0, "likely"]["cut"] == 0.0


def test_rows_and_tables():
    row = ReportRow("read", "clean", 2, 20.0)
    row.systems = {(ENGINE, None, False): [SystemCounts(gate=counts()), SystemCounts(gate=counts())]}
    (line,) = row.lines()
    assert line["gate"][0]["own_s"] == 10.0
    assert "2 s" in gate_tables([line], set())
    assert gate_tables([line], set(), True).count("|") > 20
    row.systems = {(ENGINE, None, False): [SystemCounts()]}
    (line,) = row.lines()
    assert line["gate"] == []
    assert gate_tables([line], set()) == ""
    assert counts().shape == SHAPE
