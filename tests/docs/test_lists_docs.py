"""What lists.md says of columns, labels and forms is what the program reads."""

from __future__ import annotations

import re

import pytest

from app.corpus.headings import (
    DURATION,
    END,
    ENROL,
    FILE,
    LABEL,
    LABELS,
    NAMES,
    SCORE,
    SPEAKER,
    START,
    TEST,
    fold,
    read_label,
)
from app.corpus.manifest import open_manifest
from app.corpus.pairs import open_pairs, open_trials
from tests.support.documented_commands import assert_links_exist
from utils import ROOT

PAGE = (ROOT / "docs" / "lists.md").read_text(encoding="utf-8")
COLUMNS = PAGE.partition("## Columns")[2].partition("##")[0]
FORMS = PAGE.partition("| form |")[2].partition("##")[0]


@pytest.mark.parametrize("role", [FILE, SPEAKER, START, END, DURATION, ENROL, TEST, LABEL, SCORE])
def test_the_names_of_columns_are_known(role):
    rows = [row.split("|")[1:3] for row in COLUMNS.splitlines()[3:] if row.startswith("|") and "---" not in row]
    order = (FILE, SPEAKER, START, END, DURATION, ENROL, TEST, LABEL, SCORE)
    assert len(rows) == len(order) + 1  # the heading
    names = rows[1 + order.index(role)][1].partition(";")[0].partition(", or `")[0]
    named = [fold(name) for name in names.split(",")]
    assert len(named) > 1
    assert [name for name in named if name not in NAMES[role]] == []


def test_the_labels_are_known():
    same, different = (re.findall(r"`([^`]+)`", part) for part in COLUMNS.partition("One person:")[2].split(";")[:2])
    assert len(same) > 5
    assert len(different) > 5
    assert {read_label(word.upper()) for word in same} == {True}
    assert {read_label(word.upper()) for word in different} == {False}
    assert set(LABELS.values()) == {True, False}


def read(opener, text, tmp_path):
    (tmp_path / "list").write_text(text.replace("<br>", "\n").replace("`\n`", "\n").strip("`"))
    return list(opener(tmp_path / "list"))


def test_the_forms_are_read(tmp_path):
    cells = [row.split(" | ") for row in FORMS.splitlines() if row.startswith("| ")]
    table, plain, objects = cells[:3]
    assert [(clip.name, clip.speaker) for clip in read(open_manifest, table[1], tmp_path)] == [("a.wav", "Ana")]
    assert [pair.label for pair in read(open_trials, table[2].rstrip(" |"), tmp_path)] == [True]
    for line in re.findall(r"`([^`]+)`", plain[1]):
        (clip,) = read(open_manifest, line, tmp_path)
        assert (clip.name, clip.speaker) == ("a.wav", "Ana" if "Ana" in line else "")
    lines = re.findall(r"`([^`]+)`", plain[2])
    assert [(pair.enrol, pair.label) for line in lines for pair in read(open_pairs, line, tmp_path)] == [
        ("a.wav", True),
        ("a.wav", True),
        ("a.wav", None),
    ]
    (clip,) = read(open_manifest, objects[1], tmp_path)
    assert (clip.name, clip.speaker, clip.start_s, clip.end_s) == ("a.wav", "Ana", 0.5, 2.0)
    assert [pair.label for pair in read(open_trials, objects[2].rstrip(" |"), tmp_path)] == [True]


def test_links():
    assert_links_exist(PAGE, ROOT / "docs")
