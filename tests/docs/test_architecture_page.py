"""The floors in docs/architecture.md are those that are held."""

from __future__ import annotations

import re

from tests.test_architecture import FLOORS
from utils import ROOT


def test_the_floors_are_those_of_the_list():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", rooms)) for _, rooms in reversed(rows)] == list(FLOORS)
    assert [int(number) for number, _ in rows] == list(range(len(FLOORS), 0, -1))
