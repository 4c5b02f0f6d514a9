"""The types of what other programs import: mypy in its strict mode has nothing to say, of them or of the examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from utils import ROOT

pytestmark = pytest.mark.slow
PUBLIC = (
    "app/__init__.py",
    "app/api.py",
    "app/client.py",
    "app/schemas.py",
    "app/listening.py",
    "app/verification.py",
    "app/events/event.py",
    "app/scoring/identification.py",
)
"""The two doors of the library, and where what they give comes from."""
WRONG = """
from app import Heard
from app.client import Client

heard = Heard()
number: int = heard.identify("who.wav").label
heard.listening(on_event=lambda event: event.nothing)
Client("http://localhost", "token").people()[0].nothing
"""


def mypy(*words: object, folder: Path) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-version",
        "3.11",
        "--cache-dir",
        str(folder / "mypy"),
    ]
    done = subprocess.run(
        [*command, "--follow-imports=silent", *map(str, words)], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("typing")


def test_the_public_modules_and_the_examples_are_strictly_typed(folder: Path):
    examples = sorted((ROOT / "examples").glob("*.py"))
    assert len(examples) >= 7
    count = len(PUBLIC) + len(examples)
    assert mypy(*PUBLIC, *examples, folder=folder) == (0, f"Success: no issues found in {count} source files\n")


def test_a_program_that_takes_it_wrongly_is_told(folder: Path):
    (folder / "wrong.py").write_text(WRONG)
    code, said = mypy(folder / "wrong.py", folder=folder)
    assert code == 1
    assert said.count("error:") == 3, said


def test_it_says_that_it_has_types():
    assert (ROOT / "app" / "py.typed").is_file()
