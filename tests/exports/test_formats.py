"""Turns written for other programs, and read with what those programs use."""

from __future__ import annotations

import csv
import io
import json
import os
import re

import jsonschema
import pytest
from praatio import textgrid

from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.formats import FORMATS, format_named, format_of, with_suffix, write_export
from app.scoring.certainty import Certainty
from utils import ROOT, BadInput

ODD = (
    'Ben "B", Jr.',
    "a\u200db & <b>--> c</b>",
    "שרה כהן",
    "محمد",
    "山田 太郎",
    "👩🏽‍🚀 Zoë",
    "=HYPERLINK(1)",
    "N" * 120,
)
"""Names that some format has a use of its own for, or that are written in other scripts."""
TURNS = [
    Turn(0.5, 2.0, "Ana López", confidence=0.98765, certainty=Certainty.LIKELY, gender="female"),
    Turn(2.0, 3.25, 'Ben "B", Jr.', corrected=True),
    Turn(3661.0404, 3662.5, "Ana López"),
]
TALK = Document(TURNS, "talk", 3700.5, "embedded", "ab" * 32)


def written(name: str, document: Document, **how: object) -> str:
    """A file's text, with its mark of byte order if it has one."""
    return FORMATS[name].encode(document, **how).decode()


def odd_names() -> Document:
    return Document([Turn(i, i + 0.5, name) for i, name in enumerate(ODD)], "odd", 20.0)


# ---------------------------------------------------------------------------- each format


def test_srt_counts_hours():
    blocks = written("srt", TALK).split("\n\n")
    assert blocks[0] == "1\n00:00:00,500 --> 00:00:02,000\nAna López"
    assert blocks[2] == "3\n01:01:01,040 --> 01:01:02,500\nAna López\n"


def test_vtt_has_voices_and_escapes_them():
    text = written("vtt", Document([Turn(0, 1.5, "A & <B> --> C")]))
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v A &amp; &lt;B&gt; --&gt; C>A &amp; &lt;B&gt; --&gt; C\n"
    cues = written("vtt", odd_names()).split("\n\n")[1:]
    assert len(cues) == len(ODD)
    for cue in cues:
        times, payload = cue.strip("\n").split("\n")
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", times)
        assert re.fullmatch(r"<v ([^<>]+)>\1", payload)


def test_csv_is_for_spreadsheets():
    data = FORMATS["csv"].encode(TALK)
    assert data.startswith(b"\xef\xbb\xbffile,")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == {
        "file": "talk", "start_s": "0.500", "end_s": "2.000", "speaker": "Ana López", "kind": "person",
        "confidence": "0.9877", "corrected": "no", "channel": "1", "gender": "female", "certainty": "likely",
    }  # fmt: skip
    assert [(row["speaker"], row["confidence"], row["corrected"]) for row in rows[1:]] == [
        ('Ben "B", Jr.', "", "yes"),
        ("Ana López", "", "no"),
    ]
    odd = list(csv.DictReader(io.StringIO(FORMATS["csv"].encode(odd_names()).decode("utf-8-sig"), newline="")))
    assert [row["speaker"] for row in odd] == [
        f"'{turn.label}" if turn.label[0] == "=" else turn.label for turn in odd_names().turns
    ]


def schema() -> dict:
    """The JSON Schema in the docs."""
    text = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(\{\n  \"\$schema\".*?)```", text, re.DOTALL)
    return json.loads(block)


@pytest.mark.parametrize(
    "document",
    [TALK, Document([]), odd_names(), Document([Turn(0, 1, "Unknown 3", 2), Turn(1, 2, "unknown", confidence=0.0)])],
    ids=["talk", "nothing", "names", "unknown"],
)
def test_json_is_as_its_schema_says(document):
    found = json.loads(written("json", document))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(found, schema(), cls=jsonschema.Draft202012Validator)
    assert len(found["turns"]) == len(document.turns)


def test_the_schema_refuses_what_is_no_timeline():
    good = json.loads(written("json", TALK))
    for change in (
        {"version": 2},
        {"turns": [{}]},
        {"turns": [{**good["turns"][0], "confidence": 1.5}]},
        {"file": None},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, **change}, schema(), cls=jsonschema.Draft202012Validator)


def test_json_says_all_that_is_known():
    document = json.loads(written("json", TALK))
    assert (document["version"], document["file"], document["duration_s"]) == (1, "talk", 3700.5)
    assert document["model"] == {"id": "embedded", "sha256": "ab" * 32}
    assert document["turns"][1] == {
        "start_s": 2.0, "end_s": 3.25, "label": 'Ben "B", Jr.', "speaker": 'Ben "B", Jr.', "kind": "person",
        "confidence": None, "certainty": None, "corrected": True, "channel": 1, "gender": None,
    }  # fmt: skip
    assert document["turns"][0]["confidence"] == 0.9877
    assert document["turns"][0]["gender"] == "female"
    assert document["talk_time_s"] == {"Ana López": 2.96, 'Ben "B", Jr.': 1.25}


def test_audacity_labels_are_three_cells_a_line():
    assert written("audacity", TALK).split("\n")[0] == "0.500000\t2.000000\tAna López"
    rows = [line.split("\t") for line in written("audacity", odd_names()).splitlines()]
    assert [len(row) for row in rows] == [3] * len(ODD)
    assert [row[2] for row in rows] == [turn.label for turn in odd_names().turns]


def read_grid(document: Document, tmp_path) -> textgrid.textgrid.Textgrid:
    """What praatio, which knows Praat's format, finds in the file."""
    write_export(tmp_path / "talk.TextGrid", document)
    return textgrid.openTextgrid(str(tmp_path / "talk.TextGrid"), includeEmptyIntervals=True)


def test_a_textgrid_has_a_tier_without_gaps_for_each_speaker(tmp_path):
    grid = read_grid(TALK, tmp_path)
    assert grid.tierNames == ("Ana López", 'Ben "B", Jr.')
    assert (grid.minTimestamp, grid.maxTimestamp) == (0, 3700.5)
    ana = [tuple(entry) for entry in grid.getTier("Ana López").entries]
    assert ana == [
        (0, 0.5, ""), (0.5, 2.0, "Ana López"), (2.0, 3661.04, ""),
        (3661.04, 3662.5, "Ana López"), (3662.5, 3700.5, ""),
    ]  # fmt: skip
    for tier in grid.tiers:
        ends = [entry.end for entry in tier.entries]
        assert [entry.start for entry in tier.entries] == [0, *ends[:-1]]
        assert ends[-1] == 3700.5


def test_a_textgrid_takes_any_name_overlap_and_channel(tmp_path):
    names = read_grid(odd_names(), tmp_path).tierNames
    assert names == tuple(turn.label for turn in odd_names().turns)
    both = Document([Turn(0, 4, "Ana"), Turn(1, 2, "Ben"), Turn(3, 5, "Ana"), Turn(1, 3, "unknown", 2)], duration_s=4.0)
    grid = read_grid(both, tmp_path)
    assert grid.tierNames == ("Ana (1)", "Ben (1)", "unknown (2)")
    assert [tuple(entry) for entry in grid.getTier("Ana (1)").entries] == [(0, 5.0, "Ana")]  # of one speaker: one
    assert grid.maxTimestamp == 5.0  # what was heard counts more than what a file says of its length
    assert read_grid(Document([], duration_s=2.5), tmp_path).maxTimestamp == 2.5
    assert read_grid(Document([]), tmp_path).tierNames == ("speech",)


def test_text_is_a_line_for_each_turn_and_no_name_turns_the_times_around():
    text = written("text", Document([*TURNS, Turn(4.2, 4.9, "שרה")]))
    assert text == '0:00–0:02  Ana López\n0:02–0:03  Ben "B", Jr.\n0:04  \u2068שרה\u2069\n1:01:01–1:01:02  Ana López\n'


def test_rttm_keeps_channels():
    lines = written("rttm", Document([TURNS[0], Turn(4, 5, "Unknown 1", 2)], "my talk")).splitlines()
    assert lines == [
        "SPEAKER my_talk 1 0.500 1.500 <NA> <NA> Ana_López <NA> <NA>",
        "SPEAKER my_talk 2 4.000 1.000 <NA> <NA> Unknown_1 <NA> <NA>",
    ]


# ---------------------------------------------------------------------------- times


STARTS_AND_ENDS = {
    "srt": r"(\d+):(\d+):(\d+),(\d+) --> (\d+):(\d+):(\d+),(\d+)",
    "vtt": r"(\d+):(\d+):(\d+)\.(\d+) --> (\d+):(\d+):(\d+)\.(\d+)",
}


def spans(name: str, text: str) -> list[tuple[float, float]]:
    """(start, end) of each turn of a file, in seconds."""
    if name in STARTS_AND_ENDS:
        found = [list(map(int, row)) for row in re.findall(STARTS_AND_ENDS[name], text)]
        second = [[3600 * h + 60 * m + s + ms / 1000 for h, m, s, ms in (row[:4], row[4:])] for row in found]
        return [tuple(row) for row in second]
    if name == "json":
        return [(turn["start_s"], turn["end_s"]) for turn in json.loads(text)["turns"]]
    if name == "rttm":
        rows = [line.split() for line in text.splitlines()]
        return [(float(row[3]), float(row[3]) + float(row[4])) for row in rows]
    if name == "csv":
        return [(float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(io.StringIO(text[1:]))]
    rows = [line.split("\t") for line in text.splitlines()]
    return [(float(row[0]), float(row[1])) for row in rows]


@pytest.mark.parametrize("name", ["srt", "vtt", "csv", "json", "rttm", "audacity"])
def test_no_turn_is_over_before_it_begins_and_time_never_runs_back(name):
    turns = [
        Turn(59.9996, 60.9999, "Ana"), Turn(5.0001, 5.0002, "Ben"), Turn(5.0004, 5.0006, "Ana"), Turn(-0.5, 0.5, "Ben"),
        Turn(-2, -1, "Ana"), Turn(3, 3, "Ana"), Turn(9, 8, "Ben"), Turn(1, float("nan"), "Ana"), Turn(7, 7.4, "Ben", 2),
    ]  # fmt: skip
    found = spans(name, written(name, Document(turns), merge_gaps=False))
    assert len(found) == 5  # a turn of a millisecond is one, and what is over before it begins is none
    assert all(0 <= start < end for start, end in found)
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    assert found[0] == (0, 0.5)
    assert found[-1] == (60.0, 61.0)  # not 0:59.1000


@pytest.mark.skipif(os.name != "posix", reason="there are no such modes here")
def test_a_file_is_for_its_owners_eyes(tmp_path):
    write_export(tmp_path / "talk.srt", TALK)
    assert (tmp_path / "talk.srt").stat().st_mode & 0o777 == 0o600


def test_a_file_without_turns_is_still_a_file(tmp_path):
    for one in FORMATS.values():
        write_export(tmp_path / "empty", Document([]), one.name)
        assert (tmp_path / "empty").read_bytes() == one.encode(Document([]))
    assert json.loads(written("json", Document([])))["turns"] == []


# ---------------------------------------------------------------------------- which format


def test_the_ending_says_the_format(tmp_path):
    assert {format_of(name).name for name in ("a.TEXTGRID", "a.textgrid", "x/a.TextGrid")} == {"textgrid"}
    assert format_of("talk.txt").name == "audacity"
    assert format_of("WhatsApp Audio 2024-05-01 at 10.15.30") is None
    assert format_named("VTT").name == "vtt"
    with pytest.raises(BadInput, match=r"\.srt, \.vtt, \.csv, \.json, \.rttm, \.txt, \.TextGrid"):
        write_export(tmp_path / "talk.docx", TALK)
    with pytest.raises(BadInput, match="no such format; use one of srt"):
        write_export(tmp_path / "talk.srt", TALK, "docx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "wanted", "final"),
    [
        ("WhatsApp Audio 2024-05-01 at 10.15.30", "srt", "WhatsApp Audio 2024-05-01 at 10.15.30.srt"),
        ("talk", "csv", "talk.csv"),
        ("talk.v2", "vtt", "talk.v2.vtt"),
        ("talk.srt", "vtt", "talk.vtt"),
        ("talk.SRT", "srt", "talk.SRT"),
        ("talk.csv", "textgrid", "talk.TextGrid"),
        ("Dr. Meyer", "rttm", "Dr. Meyer.rttm"),
        (".srt", "srt", ".srt.srt"),
    ],
)
def test_the_ending_follows_the_format(tmp_path, path, wanted, final):
    assert with_suffix(tmp_path / path, FORMATS[wanted]).name == final
