"""Which turns of one speaker become one, and which never do."""

from __future__ import annotations

import pytest

from app.diarisation.timeline import Turn
from app.exports.document import Document, without_pauses
from app.exports.formats import FORMATS


@pytest.mark.parametrize(
    ("turns", "merged"),
    [
        ([Turn(0, 1, "Ana"), Turn(1.9, 3, "Ana")], [Turn(0, 3, "Ana")]),
        ([Turn(0, 1, "Ana"), Turn(2.0, 3, "Ana")], None),
        ([Turn(0, 1, "Ana"), Turn(1.5, 3, "Ben")], None),
        ([Turn(0, 1, "Ana"), Turn(1.2, 1.4, "Ben"), Turn(1.5, 2, "Ana")], None),  # Ben was heard alone
        ([Turn(0, 2, "Ana"), Turn(0.5, 1, "Ben"), Turn(2.5, 3, "Ana")], [Turn(0, 3, "Ana"), Turn(0.5, 1, "Ben")]),
        ([Turn(0, 2, "Ana"), Turn(1, 2.2, "Ben"), Turn(2.5, 3, "Ana")], None),
        ([Turn(0, 2, "Ana"), Turn(1, 3, "Ben")], None),
        ([Turn(0, 5, "Ben"), Turn(1, 2, "Ana"), Turn(2.5, 3, "Ana")], None),
        ([Turn(0, 2, "Ana"), Turn(2.1, 2.2, "Ben"), Turn(2.2, 2.3, "Cy"), Turn(2.4, 3, "Ana")], None),
        ([Turn(0, 1, "Ben"), Turn(0, 2, "Ana"), Turn(2.4, 3, "Ana")], [Turn(0, 1, "Ben"), Turn(0, 3, "Ana")]),
        ([Turn(0, 1, "Ana"), Turn(1.5, 2, "Ana", 2)], None),
        ([Turn(0, 1, "Unknown 1"), Turn(1.5, 2, "Unknown 2")], None),
        ([Turn(0, 1, "Ana"), Turn(1.5, 2, "Ana"), Turn(2.5, 3, "Ana")], [Turn(0, 3, "Ana")]),
        ([], None),
    ],
)
def test_pauses_of_one_speaker_alone_are_left_out(turns, merged):
    assert without_pauses(turns) == (turns if merged is None else merged)


def test_what_people_read_leaves_out_pauses_and_data_keeps_them():
    document = Document([Turn(0, 1, "Ana"), Turn(1.5, 3, "Ana")])
    counts = {name: one.encode(document).count(b"Ana") for name, one in FORMATS.items()}
    both = {name: one.encode(document, merge_gaps=False).count(b"Ana") for name, one in FORMATS.items()}
    merged = {name: one.encode(document, merge_gaps=True).count(b"Ana") for name, one in FORMATS.items()}
    readers = {"srt", "vtt", "text"}
    assert {name for name in FORMATS if counts[name] < both[name]} == readers
    assert {name for name in FORMATS if merged[name] < both[name]} == set(FORMATS)


def test_a_long_timeline_is_merged_in_no_time():
    turns = [Turn(i, i + 0.9, ("Ana", "Ben", "unknown")[i % 3]) for i in range(30_000)]
    assert without_pauses(turns) == turns
    inside = [turn for i in range(10_000) for turn in (Turn(i, i + 0.9, "Ana"), Turn(i + 0.1, i + 0.5, "Ben"))]
    assert without_pauses(inside)[0] == Turn(0, 9_999.9, "Ana")
    assert len(without_pauses(inside)) == 10_001
