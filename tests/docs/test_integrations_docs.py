"""docs/integrations.md: its commands exist, its example follows its schema, its links lead somewhere."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from app.events.webhook import TRIES
from app.events.worker import MOST_WAITING
from tests.events.test_event_program import documented_schema
from tests.support.documented_commands import assert_links_exist, assert_options_exist
from utils import ROOT

DOCS = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```\n(.*?)```", DOCS, re.DOTALL))
COMMANDS = sorted(set(re.findall(r"(?:^| )python ((?:-m app \w+|test\.py)[^|\n]*)", BLOCKS, re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_their_options_exist(command: str):
    assert_options_exist(command)


def test_the_example_follows_the_schema():
    (example,) = re.findall(r"```json\n(\{\"version\".*?)\n```", DOCS)
    jsonschema.validate(json.loads(example), documented_schema())


def test_figures_are_those_of_the_code():
    assert f"{MOST_WAITING} events wait at most" in DOCS
    assert TRIES == 6
    assert "six times" in re.sub(r"\s+", " ", DOCS)


def test_files_that_it_names_exist():
    assert_links_exist(DOCS, ROOT / "docs")
