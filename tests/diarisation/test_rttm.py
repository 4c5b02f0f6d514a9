"""RTTM files are read as they were written, and a bad line is named."""

from __future__ import annotations

import pytest

from app.diarisation.rttm import read_recordings, read_rttm, write_rttm
from app.diarisation.timeline import Turn
from utils import BadInput


def test_rttm_round_trip(tmp_path):
    path = tmp_path / "out.rttm"
    write_rttm(path, [Turn(0.5, 2.25, "Ana María"), Turn(3.0, 4.0, "unknown")], "my file")
    assert path.read_text().splitlines() == [
        "SPEAKER my_file 1 0.500 1.750 <NA> <NA> Ana_María <NA> <NA>",
        "SPEAKER my_file 1 3.000 1.000 <NA> <NA> unknown <NA> <NA>",
    ]
    assert read_rttm(path) == [Turn(0.5, 2.25, "Ana María"), Turn(3.0, 4.0, "unknown")]


def test_bad_rttm_names_the_line(tmp_path):
    path = tmp_path / "bad.rttm"
    path.write_text("SPKR-INFO x\nSPEAKER x 1 zero 1 <NA> <NA> a <NA> <NA>\n")
    with pytest.raises(BadInput, match="line 2"):
        read_rttm(path)
    with pytest.raises(BadInput, match="no such RTTM file"):
        read_rttm(tmp_path / "none.rttm")


@pytest.mark.parametrize("times", ["inf 1", "nan 1", "1 inf", "-1 2", "1 -2", "1e999 1", "x 1"])
def test_a_time_that_cannot_be_is_told(tmp_path, times):
    path = tmp_path / "turns.rttm"
    path.write_text(f"SPEAKER talk 1 0.0 1.0 <NA> <NA> Ana <NA> <NA>\nSPEAKER talk 1 {times} <NA> <NA> Ana <NA> <NA>\n")
    with pytest.raises(BadInput, match=r"turns\.rttm, line 2"):
        read_rttm(path)


def test_a_name_without_end_is_told(tmp_path):
    path = tmp_path / "turns.rttm"
    path.write_text(f"SPEAKER talk 1 0 1 <NA> <NA> {'9' * 3_000_000} <NA> <NA>\n")
    with pytest.raises(BadInput, match=r"turns\.rttm, line 1"):
        read_rttm(path)


def test_a_mark_of_byte_order_hides_no_turn(tmp_path):
    path = tmp_path / "turns.rttm"
    path.write_text("SPEAKER talk 1 0.0 1.0 <NA> <NA> Ana <NA> <NA>\n", encoding="utf-8-sig")
    assert len(read_rttm(path)) == 1


def test_the_channel_is_kept(tmp_path):
    path = tmp_path / "call.rttm"
    turns = [Turn(0.0, 1.0, "Ana", 1), Turn(0.5, 2.0, "Ben", 2)]
    write_rttm(path, turns, "call")
    assert [line.split()[2] for line in path.read_text().splitlines()] == ["1", "2"]
    assert read_rttm(path) == turns


@pytest.mark.parametrize(("field", "channel"), [("A", 1), ("<NA>", 1), ("0", 1), ("3", 3), ("²", 1), ("9" * 5000, 1)])
def test_a_channel_that_is_no_number_is_the_first(tmp_path, field, channel):
    path = tmp_path / "turns.rttm"
    path.write_text(f"SPEAKER talk {field} 0.0 1.0 <NA> <NA> Ana <NA> <NA>\n", encoding="utf-8")
    assert read_rttm(path) == [Turn(0.0, 1.0, "Ana", channel)]


TALK = (Turn(0.0, 1.0, "Ana"), Turn(1.0, 2.0, "Ben"), Turn(1.5, 2.5, "Cem"))
LINES = (
    "SPEAKER a 1 0.0 1.0 <NA> <NA> Ana <NA> <NA>",
    "SPEAKER a 1 1.0 1.0 <NA> <NA> Ben <NA> <NA>",
    "SPEAKER b 1 1.5 1.0 <NA> <NA> Cem <NA> <NA>",
)
MARK = "\ufeff"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [" ", "\t", "   "])
@pytest.mark.parametrize("kind", ["SPEAKER", "speaker", "Speaker"])
def test_rttm_as_other_programs_write_it(tmp_path, end, encoding, separator, kind):
    path = tmp_path / "a.rttm"
    lines = [line.replace("SPEAKER", kind).replace(" ", separator) for line in LINES[:2]]
    info = "SPKR-INFO a 1 <NA> <NA> <NA> unknown Ana <NA> <NA>"
    path.write_bytes(end.join([";; made by hand", info, *lines, "", ";; the end", ""]).encode(encoding))
    assert read_rttm(path) == list(TALK[:2])


def test_several_recordings_are_kept_apart(tmp_path):
    path = tmp_path / "bom.rttm"
    path.write_text(MARK + "\n".join(LINES) + "\n", encoding="utf-8")
    assert read_recordings(path) == {"a": list(TALK[:2]), "b": [TALK[2]]}
    assert read_rttm(path, "b") == [TALK[2]]
    with pytest.raises(BadInput, match=r"bom\.rttm: holds the turns of 2 recordings \(a, b\); keep"):
        read_rttm(path)
    with pytest.raises(BadInput, match="none is 'c'"):
        read_rttm(path, "c")
    assert read_rttm(path.rename(tmp_path / "a.rttm")) == list(TALK[:2])


def test_the_recording_of_the_files_own_name_is_found_though_it_has_blanks(tmp_path):
    path = tmp_path / "my talk.rttm"
    write_rttm(path, [Turn(0.0, 1.0, "Ana")], "my talk")
    with open(path, "a") as file:
        file.write(LINES[2] + "\n")
    assert read_rttm(path) == [Turn(0.0, 1.0, "Ana")]


def test_turns_that_are_out_of_order_are_sorted_and_channels_are_kept(tmp_path):
    path = tmp_path / "call.rttm"
    turns = [Turn(2.0, 3.0, "Ben", 2), Turn(0.0, 1.0, "Ana", 1)]
    write_rttm(path, turns, "call")
    assert read_rttm(path) == turns[::-1]


def test_a_name_with_blanks_is_not_cut(tmp_path):
    path = tmp_path / "talk.rttm"
    path.write_text("SPEAKER talk 1 0 1 <NA> <NA> Ana Maria Lopez <NA> <NA>\n")
    assert [str(turn.label) for turn in read_rttm(path)] == ["Ana Maria Lopez"]


@pytest.mark.parametrize("line", ["0.0 1.0 Ana", "<html>", "SPEAKER a 1 0.0 1.0"])
def test_what_is_no_rttm_is_named_by_its_line(tmp_path, line):
    path = tmp_path / "talk.rttm"
    path.write_text(LINES[0] + "\n\n" + line + "\n")
    with pytest.raises(BadInput, match=r'talk\.rttm, line 3: not an RTTM line; "SPEAKER talk 1'):
        read_rttm(path)
