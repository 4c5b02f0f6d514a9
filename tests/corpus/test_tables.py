"""Cells that a spreadsheet would compute, and tables larger than any."""

from __future__ import annotations

import csv
import io

import pytest

from app.corpus.manifest import open_manifest
from app.corpus.tables import as_text, from_text
from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.table import to_csv
from utils import BadInput

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A1", "＝1"]
PLAIN = ["Ana", "O'Neill", "'Ana", "1=1", "", "a-b", "名前"]


@pytest.mark.parametrize("cell", [*FORMULAS, *PLAIN, "'=1", "''=1", "'"])
def test_a_cell_comes_back_as_it_was(cell):
    assert from_text(as_text(cell)) == cell


@pytest.mark.parametrize("cell", [*FORMULAS, "'=1"])
def test_a_formula_is_written_as_text(cell):
    assert as_text(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are():
    assert [as_text(cell) for cell in PLAIN] == PLAIN


def test_who_spoke_when_holds_no_formula_and_is_read_back(tmp_path):
    text = to_csv(Document([Turn(0.0, 1.0, "=HYPERLINK(1)"), Turn(1.0, 2.0, "Ana")], "@talk"))
    rows = list(csv.reader(io.StringIO(text)))[1:]
    assert [(row[0], row[3]) for row in rows] == [("'@talk", "'=HYPERLINK(1)"), ("'@talk", "Ana")]
    (tmp_path / "who.csv").write_text(text, newline="", encoding="utf-8-sig")
    assert [(clip.name, clip.speaker) for clip in open_manifest(tmp_path / "who.csv")] == [
        ("@talk", "=HYPERLINK(1)"),
        ("@talk", "Ana"),
    ]


def test_an_apostrophe_of_another_programs_table_stays(tmp_path):
    (tmp_path / "own.csv").write_text("file,speaker\n'=a.wav,'+b\n")
    assert [(clip.name, clip.speaker) for clip in open_manifest(tmp_path / "own.csv")] == [("'=a.wav", "'+b")]


@pytest.mark.parametrize(
    "text",
    ["file,speaker\n" + "x" * 2_000_000, "x" * 2_000_000, "file" + "," * 5000 + "\n", f'"{"x" * 200_000}"\n'],
    ids=["row", "heading", "columns", "cell"],
)
def test_what_is_too_long_for_a_table_is_refused(tmp_path, text):
    path = tmp_path / "long.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"long\.csv"):
        list(open_manifest(path))
