"""What was exported is read back as the same turns; what is none of ours is refused in one line."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.formats import write_export
from app.exports.reading import read_export
from app.scoring.certainty import Certainty
from tests.exports.test_formats import ODD
from utils import BadInput

TURNS = [
    Turn(0.768, 4.512, "Ana"),
    *(Turn(5.0 + i, i + 5.5, name, 1 + i % 2) for i, name in enumerate(ODD)),
    Turn(20.0, 21.25, "Unknown 12", confidence=0.5, certainty=Certainty.UNKNOWN, gender="male"),
    Turn(21.25, 22.0, "unknown", confidence=0.25),
    Turn(22.0, 23.0, "Ana", corrected=True),
    Turn(22.5, 23.5, "-1+1", confidence=1.0, certainty=Certainty.CERTAIN, gender="female"),
    Turn(24.0, 24.001, "Ana_B %41", confidence=0.0),
]
TALK = Document(TURNS, "=talk & more", 30.0, "embedded", "ab" * 32)


@pytest.mark.parametrize("ending", ["json", "csv", "rttm"])
def test_turns_come_back_as_they_were(ending, tmp_path):
    path = tmp_path / f"talk.{ending}"
    write_export(path, TALK)
    found = read_export(path)
    assert list(found.turns) == TURNS
    if ending != "rttm":  # which has no place for the rest
        assert [astuple(turn) for turn in found.turns] == [astuple(turn) for turn in TURNS]
        assert found.file == "=talk & more"
    if ending == "json":
        assert found == TALK


def test_what_a_spreadsheet_saved_again_is_read(tmp_path):
    (tmp_path / "talk.csv").write_text("file;start_s;end_s;speaker\r\ntalk;0.5;2;Ana\r\n")
    assert read_export(tmp_path / "talk.csv").turns == [Turn(0.5, 2.0, "Ana")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", ["\t", ";"])
def test_what_a_spreadsheet_with_decimal_commas_saved_is_read(encoding, mark, tmp_path):
    rows = [("speaker", "start_s", "end_s", "file", "confidence"), ("'=Ana", "0,5", "2", "talk", "0,25")]
    text = "".join(mark.join(row) + "\r\n" for row in rows)
    (tmp_path / "talk.csv").write_bytes(text.encode(encoding))
    assert read_export(tmp_path / "talk.csv") == Document([Turn(0.5, 2.0, "=Ana", confidence=0.25)], "talk")


def test_json_of_an_older_program_is_read(tmp_path):
    (tmp_path / "talk.json").write_text('{"file": "a", "turns": [{"start_s": 0, "end_s": 1, "speaker": "Unknown 2"}]}')
    (turn,) = read_export(tmp_path / "talk.json").turns
    assert turn == Turn(0, 1, "Unknown 2")
    assert turn.label.number == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{}"),
        ("a.json", "[]"),
        ("a.json", "null"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"version": 2, "turns": []}'),
        ("a.json", '{"version": true, "turns": []}'),
        ("a.json", '{"turns": [{"start_s": 1, "end_s": 1, "label": "Ana"}]}'),
        ("a.json", '{"turns": [{"start_s": -1, "end_s": 1, "label": "Ana"}]}'),
        ("a.json", '{"turns": [{"start_s": 0, "end_s": 1e999, "label": "Ana"}]}'),
        ("a.json", '{"turns": [{"start_s": 0, "end_s": 1, "label": 7}]}'),
        ("a.json", '{"turns": [{"start_s": 0, "end_s": 1, "label": "Ana", "confidence": 2}]}'),
        ("a.json", '{"turns": [{"start_s": 0, "end_s": 1, "label": "Ana", "channel": 0.5}]}'),
        ("a.json", '{"turns": [{"start_s": 0, "end_s": 1, "label": "Ana", "gender": "x"}]}'),
        ("a.csv", "file,start_s,end_s\na,0,1\n"),
        ("a.csv", "file,start_s,end_s,speaker\na,zero,1,Ana\n"),
        ("a.csv", "file,start_s,end_s,speaker\na,0,,Ana\n"),
        ("a.csv", '{"file": "a", "start_s": 0, "end_s": 1, "speaker": "Ana"}'),
        ("a.csv", "\udcff"),
        ("a.srt", "1\n"),
        ("none.json", None),
    ],
)
def test_what_is_none_of_ours_is_refused_in_one_line(name, text, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text, errors="surrogateescape")
    with pytest.raises(BadInput) as refused:
        read_export(tmp_path / name)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
