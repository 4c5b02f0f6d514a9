"""Turns written for other programs, read back with what those programs use."""

from __future__ import annotations

import csv
import io
import json

import pytest

from app.diarisation.rttm import read_rttm
from app.diarisation.timeline import Turn, talk_time
from app.diarisation.transcript import FORMATS, to_csv, to_json, to_rttm, to_srt, write_transcript
from utils import BadInput

TURNS = [Turn(0.5, 2.0, "Ana López"), Turn(2.0, 3.25, 'Ben "B", Jr.'), Turn(3661.0404, 3662.5, "Ana López")]


def test_rttm_is_read_back(tmp_path):
    (tmp_path / "a.rttm").write_text(to_rttm(TURNS, "my talk"))
    assert [(t.start_s, t.label) for t in read_rttm(tmp_path / "a.rttm")] == [
        (0.5, "Ana López"), (2.0, 'Ben "B", Jr.'), (3661.04, "Ana López"),
    ]  # fmt: skip
    assert to_rttm(TURNS[:1], "my talk") == "SPEAKER my_talk 1 0.500 1.500 <NA> <NA> Ana_López <NA> <NA>\n"


def test_csv_keeps_quotes_and_commas():
    rows = list(csv.DictReader(io.StringIO(to_csv(TURNS, "talk"), newline="")))
    assert [row["speaker"] for row in rows] == [turn.label for turn in TURNS]
    assert rows[0] == {"file": "talk", "start_s": "0.500", "end_s": "2.000", "speaker": "Ana López"}


def test_srt_counts_hours():
    blocks = to_srt(TURNS).split("\n\n")
    assert blocks[0] == "1\n00:00:00,500 --> 00:00:02,000\nAna López"
    assert blocks[2] == "3\n01:01:01,040 --> 01:01:02,500\nAna López\n"


def test_a_time_just_below_a_second_is_not_a_thousand_milliseconds():
    assert "00:01:00,000 --> 00:01:01,000" in to_srt([Turn(59.9996, 60.9999, "Ana")])


def test_json_has_the_shares():
    document = json.loads(to_json(TURNS, "talk"))
    assert document["turns"][1] == {"start_s": 2.0, "end_s": 3.25, "speaker": 'Ben "B", Jr.', "kind": "person"}
    assert document["talk_time_s"] == {"Ana López": 2.96, 'Ben "B", Jr.': 1.25}


def test_talk_time_names_the_most_talkative_first():
    assert list(talk_time([Turn(0, 1, "b"), Turn(1, 2, "a"), Turn(3, 6, "c")])) == ["c", "a", "b"]
    assert talk_time([]) == {}


@pytest.mark.parametrize("ending", FORMATS)
def test_nothing_heard_is_still_a_file(ending, tmp_path):
    path = tmp_path / f"empty.{ending.upper()}"
    write_transcript(path, [], "talk")
    assert path.read_bytes().decode() == FORMATS[ending]([], "talk")


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.rttm, \.csv, \.srt, \.json"):
        write_transcript(tmp_path / "talk.docx", TURNS)
    assert not list(tmp_path.iterdir())
