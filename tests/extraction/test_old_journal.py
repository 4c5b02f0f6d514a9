"""The journal of earlier versions is taken over whole, however its last run ended, or refused and left as it is."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from app.extraction import old_journal
from app.extraction.journal import JOURNAL, Journal, has_journal, precision_before
from tests.support.journal import WHO, content, expected, shard
from utils import BadInput, HeardError


def record(text: dict, vectors: np.ndarray | None = None) -> bytes:
    said, body = json.dumps(text).encode(), b"" if vectors is None else vectors.tobytes()
    head = old_journal.HEAD.pack(old_journal.MARK, len(said), len(body), zlib.crc32(body, zlib.crc32(said)))
    return head + said + body


def shard_record(number: int) -> bytes:
    results, vectors = shard(number)
    entries = [
        [clip.name, clip.speaker, clip.start_s, clip.end_s, clip.error, clip.repeat, result.status, result.segments]
        for result in results
        for clip in [result.clip]
    ]
    return record({"entries": entries, "dim": 2}, vectors)


RECORDS = [record({"identity": WHO}), *map(shard_record, range(3))]
WHOLE = b"".join(RECORDS)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / old_journal.JOURNAL
    path.write_bytes(WHOLE)
    return path


def taken_over(old: Path, identity: dict = WHO) -> tuple:
    with Journal(old.with_name(JOURNAL), identity) as journal:
        return content(journal)


def test_it_is_taken_over(old):
    assert has_journal(old.parent)
    assert precision_before(old.parent) == "float32"
    assert taken_over(old) == expected(3)
    assert not old.exists()
    assert precision_before(old.parent) == "float32"
    with Journal(old.with_name(JOURNAL), WHO) as journal:
        journal.append(*shard(3))
        assert content(journal) == expected(4)


def test_a_last_record_that_is_not_whole_is_passed_over(old):
    ends = np.cumsum([len(each) for each in RECORDS])
    for size in sorted({*range(0, len(WHOLE), 37), *ends - 1, *ends, *ends[:-1] + 1}):
        old.write_bytes(WHOLE[:size])
        assert taken_over(old) == expected(max(int(np.sum(ends <= size)) - 1, 0))
        old.with_name(JOURNAL).unlink()


@pytest.mark.parametrize("tail", [bytes(5), bytes(400)])
def test_zeros_that_a_loss_of_power_left(old, tail):
    old.write_bytes(WHOLE + tail)
    assert taken_over(old) == expected(3)


@pytest.mark.parametrize("place", ["text", "length"])
def test_damage_before_the_end_is_told_and_nothing_is_lost(old, place):
    data = bytearray(WHOLE)
    data[len(RECORDS[0]) + (20 if place == "text" else 7)] ^= 1  # the length would reach behind the end of the file
    old.write_bytes(data)
    for _ in range(2):
        with pytest.raises(HeardError, match=rf"damaged at byte {len(RECORDS[0])}"):
            taken_over(old)
    assert old.read_bytes() == data


def test_clips_to_be_tried_again_are_not_done(old):
    again = record({"entries": [], "dim": 1, "retry": True})
    old.write_bytes(WHOLE + again + shard_record(3))
    found, failures = taken_over(old)
    assert (found, failures) == (expected(4)[0], expected(4)[1][3:])


def test_another_model_is_refused_and_nothing_is_changed(old):
    with pytest.raises(BadInput, match="another model"):
        taken_over(old, {**WHO, "sha256": "1" * 64})
    assert old.read_bytes() == WHOLE
    assert taken_over(old) == expected(3)


def test_one_that_does_not_say_its_precision_is_in_float32(old):
    who = {key: value for key, value in WHO.items() if key != "precision"}
    old.write_bytes(b"".join([record({"identity": who}), *RECORDS[1:]]))
    with pytest.raises(BadInput, match="in float32"):
        taken_over(old, {**WHO, "precision": "bfloat16"})
    assert taken_over(old) == expected(3)


def test_one_that_is_being_written_is_left_alone(old):
    fcntl = pytest.importorskip("fcntl")
    with open(old, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="another extraction"):
            taken_over(old)
    assert taken_over(old) == expected(3)


def flips(data: bytes, start: int, stop: int):
    for at in range(start, stop):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            yield bytes(changed)


def test_no_flipped_bit_drops_a_record_without_a_word(old):
    """Of the last record, too, whose length reaches behind the end then, as if its run had been killed."""
    last = len(WHOLE) - len(RECORDS[-1])
    heads = [*flips(WHOLE, len(RECORDS[0]), len(RECORDS[0]) + 16), *flips(WHOLE, last, last + 16)]
    for data in [*heads, *list(flips(WHOLE, last + 16, len(WHOLE)))[::97]]:
        old.write_bytes(data)
        with pytest.raises(HeardError, match="damaged at byte"):
            taken_over(old)
        assert old.read_bytes() == data


@pytest.mark.parametrize(
    "text",
    [
        {},
        {"entries": 3, "dim": 2},
        {"entries": [[1, 2, 3]], "dim": 2},
        {"entries": [], "dim": "x"},
        {"entries": [["a", "b", {}, None, "", 0, "error: x", []]], "dim": 2},
        {"entries": [["a", "b", 10**400, None, "", 0, "error: x", []]], "dim": 2},
        {"entries": [["a", "b", 0, None, "", 0, "ok", [[0, 1]]]], "dim": 2},
        {"identity": {}},
        {"identity": WHO},
        {"identity": {**WHO, "segment_s": 2.0}},
    ],
)
def test_a_record_whose_sum_fits_and_whose_text_does_not_is_damage(old, text):
    old.write_bytes(RECORDS[0] + record(text))
    with pytest.raises(HeardError, match=f"damaged at byte {len(RECORDS[0])}"):
        taken_over(old)


@pytest.mark.parametrize("who", [{**WHO, "segment_s": 2.0}, {**WHO, "model": 3}, {**WHO, "model": "a\nb"}, {}])
def test_a_first_record_that_cannot_be_is_damage(old, who):
    old.write_bytes(record({"identity": who or {"model": "m"}}) + RECORDS[1])
    for read in (taken_over, lambda path: precision_before(path.parent)):
        with pytest.raises(HeardError, match="damaged at byte 0"):
            read(old)
