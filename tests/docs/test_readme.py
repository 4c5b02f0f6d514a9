"""What the README tells people to type exists: scripts, verbs, options, make targets, pictures, and its program."""

from __future__ import annotations

import re

import pytest

from tests.support.documented_commands import assert_links_exist, assert_options_exist
from utils import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    set(re.findall(r"(?:^|`|\| `)(?:\.venv/bin/)?python ((?:-m app \w+|\w+\.py)[^`\n]*)", README, re.MULTILINE))
)


def test_there_are_commands():
    assert len(COMMANDS) >= 12


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_their_options_exist(command):
    assert_options_exist(command)


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make (run|test|lint|benchmarks|\w+-\w+)", README))
    assert {"run", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_files_that_it_shows_or_names_exist():
    assert_links_exist(README, ROOT)


def test_the_python_program_is_the_one_that_the_library_s_tests_run():
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    library = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    assert program == re.search(r"```python\n(.*?)```", library, re.DOTALL)[1]
