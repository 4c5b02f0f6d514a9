"""What evaluation.md, gallery.md, library.md and sealing.md tell people to type exists; the list of trials is made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.evaluation.trials import read_trials
from tests.support.documented_commands import assert_links_exist, assert_options_exist
from utils import ROOT

DOCS = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("evaluation.md", "gallery.md", "library.md", "sealing.md")
}
COMMANDS = sorted(
    {" ".join(found.split()) for text in DOCS.values() for found in re.findall(r"python (-m app [^`\n]+)", text)}
)


def test_there_are_commands():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_their_options_exist(command: str):
    assert_options_exist(command)


def test_the_program_makes_a_list_of_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (program,) = re.findall(r"```python\n(.*?)```", DOCS["evaluation.md"], re.DOTALL)
    rows = ["speaker,corpus,file", "a,x,1.wav", "a,x,2.wav", "b,x,3.wav", "c,y,4.wav", "c,y,5.wav"]
    (tmp_path / "dev.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "docs/evaluation.md", "exec"), {})  # the program of our own docs
    trials = read_trials(tmp_path / "trials.csv")
    assert [(t.target, t.enrol, t.test, t.conditions[0][1]) for t in trials] == [
        (True, "1.wav", "2.wav", "x"),
        (False, "1.wav", "3.wav", "x"),
        (False, "2.wav", "3.wav", "x"),
        (True, "4.wav", "5.wav", "y"),
    ]


@pytest.mark.parametrize("name", DOCS)
def test_files_that_they_show_or_name_exist(name: str):
    assert_links_exist(DOCS[name], ROOT / "docs")
