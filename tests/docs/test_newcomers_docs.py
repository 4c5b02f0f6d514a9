"""What docs/questions.md and docs/neighbours.md tell people to type and open exists; the README leads to both."""

from __future__ import annotations

import re

import pytest

from tests.support.documented_commands import assert_links_exist, assert_options_exist
from utils import ROOT

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("questions", "neighbours")}
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_links(name):
    assert_links_exist(PAGES[name], ROOT / "docs")
    assert f"(docs/{name}.md)" in README


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"`python ((?:-m app \w+|\w+\.py)[^`]*)`", PAGES["questions"])))
)
def test_commands_and_their_options_exist(command):
    assert_options_exist(command)


def test_every_number_of_a_source_is_a_source():
    text, sources = PAGES["neighbours"].split("## Sources")
    numbers = {int(n) for n in re.findall(r"^(\d+)\. ", sources, re.MULTILINE)}
    used = {int(n) for group in re.findall(r"\[(\d+(?:, \d+)*)\](?!\()", text) for n in group.split(", ")}
    assert used == numbers == set(range(1, len(numbers) + 1))


def test_the_readme_stays_short():
    """A first screen, a table of commands, what it is worth: the rest is in docs/."""
    assert len(re.findall(r"\w[^\s|]*", README)) <= 1400
