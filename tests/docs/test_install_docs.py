"""What docs/install.md tells people to type exists, and its table of groups is pyproject.toml's."""

from __future__ import annotations

import re

import pytest

from app.cli import VERBS
from tests.support.documented_commands import assert_links_exist
from tools import setup
from utils import ROOT

TEXT = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_every_group_is_explained():
    table = re.search(r"\| group \| for \|\n(.*?)\n\n", TEXT, re.DOTALL)[1]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(setup.wanted("test")) - {
        "app",
        "test",
        "teacher",
    }


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", TEXT))))
def test_make_targets_exist(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_verbs_exist():
    verbs = set(re.findall(r"(?:^|`|\()heard ([a-z][\w-]+)", TEXT, re.MULTILINE)) - {"install"}
    assert verbs >= {"where", "completion", "forget-everything"}
    assert verbs <= set(VERBS)


def test_files_that_it_names_exist():
    assert_links_exist(TEXT, ROOT / "docs")
    for path in re.findall(r"`((?:app|packaging|tools)/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path
