"""docs/formats.md names endings that are looked for, and the figures of its test."""

from __future__ import annotations

import re

from tests.support.odd_files import ENCODINGS
from utils import AUDIO_SUFFIXES, ROOT, UNREADABLE_SUFFIXES

TEXT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_endings_of_the_table_are_looked_for_in_folders():
    table = TEXT[TEXT.index("| kind | endings |") :].split("\n\n")[0]
    named = set(re.findall(r"`(\.\w+)`", table))
    assert len(named) > 25
    assert named <= AUDIO_SUFFIXES


def test_those_that_are_not_read_are_named():
    sentence = TEXT[TEXT.index("The ending does not matter") :].split("\n\n")[0]
    assert set(re.findall(r"`(\.\w+)`", sentence)) <= UNREADABLE_SUFFIXES
    assert not AUDIO_SUFFIXES & UNREADABLE_SUFFIXES


def test_the_number_of_encodings():
    assert f"{len(ENCODINGS)} encodings" in TEXT
