"""What a document tells people to type or look at exists: for the tests of the documents."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from utils import ROOT

WITH_KINDS = {"plot", "voices"}
"""Verbs whose help is by their next word."""


def assert_options_exist(command: str) -> None:
    """``command``: what stands behind "python", such as "-m app extract MANIFEST --out DIR"."""
    words = command.split()
    program = words[:3] if words[0] == "-m" else words[:1]
    if program[-1] in WITH_KINDS and len(words) > 3 and words[3].islower():
        program = words[:4]
    text = help_of(*program)
    for option in re.findall(r"--[\w-]+", command):
        assert option in text, f"{' '.join(program)} has no {option}"


def assert_links_exist(text: str, folder: Path) -> None:
    """The files that a document in ``folder`` shows or names."""
    for path in re.findall(r"\]\(([^)#]+)\)", text):
        assert path.startswith("http") or (folder / path).exists(), path


@cache
def help_of(*program: str) -> str:
    done = subprocess.run([sys.executable, *program, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
