"""What docs/evaluation.md, gallery.md and library.md tell people to type exists, and the list of trials is made."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from app.evaluation.trial_list import read_trials
from utils import ROOT

DOCS = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("evaluation.md", "gallery.md", "library.md")
}
COMMANDS = sorted(
    {tuple(found.split()) for text in DOCS.values() for found in re.findall(r"python (-m app [^`\n]+)", text)}
)


@cache
def help_of(*program: str) -> str:
    done = subprocess.run([sys.executable, *program, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_commands():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_and_their_options_exist(command: tuple[str, ...]):
    text = help_of(*(command[:4] if command[2] in {"plot", "voices"} else command[:3]))
    for option in (word for word in command if word.startswith("--")):
        assert option in text


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
    for path in re.findall(r"\]\(([^)#]+)\)", DOCS[name]):
        assert path.startswith("http") or (ROOT / "docs" / path).exists(), path
