"""The journal after a kill at any byte, a damaged disk, another model, and two writers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.extraction.journal import Journal, Record, precision_before
from app.extraction.shard import ClipResult
from utils import BadInput, HeardError

WHO = {"model": "m", "sha256": "00ff" * 16, "precision": "float32", "segment_s": None, "hop_s": None}


def shard(number: int) -> tuple[list[ClipResult], np.ndarray]:
    """Two clips: one with ``number`` segments, one with an error and a name that is not UTF-8."""
    segments = tuple((float(k), k + 1.0) for k in range(number))
    entries = [
        ClipResult(Clip("", "ann", name=f"{number}.wav"), "ok", segments),
        ClipResult(Clip("", "bob", start_s=1.5, end_s=2.0, name="\udce9.wav"), "error: x"),
    ]
    return entries, np.random.default_rng(number).normal(size=(number, 2)).astype(np.float32)


def filled(path: Path, shards: int = 2) -> Path:
    with Journal(path, WHO) as journal:
        for number in range(shards):
            journal.append(*shard(number))
    return path


def content(journal: Journal) -> list[Record]:
    return list(journal.records())


def assert_shards(records: list[Record], numbers: list[int]) -> None:
    assert len(records) == len(numbers)
    for record, number in zip(records, numbers, strict=True):
        entries, vectors = shard(number)
        assert record.entries == entries
        assert np.array_equal(record.vectors, vectors)


def test_what_was_written_is_read(tmp_path):
    with Journal(filled(tmp_path / "j"), WHO) as journal:
        assert_shards(content(journal), [0, 1])
        journal.append_retry()
        assert content(journal)[-1].retry


def test_killed_at_any_byte(tmp_path):
    whole = filled(tmp_path / "whole").read_bytes()
    ends = [len(filled(tmp_path / f"{n}", n).read_bytes()) for n in range(3)]
    for size in range(len(whole) + 1):
        path = tmp_path / "torn"
        path.write_bytes(whole[:size])
        with Journal(path, WHO) as journal:
            there = sum(size >= end for end in ends[1:])
            assert_shards(content(journal), list(range(there)))
            for number in range(there, 2):
                journal.append(*shard(number))
        assert path.read_bytes() == whole


@pytest.mark.parametrize("tail", [bytes(5), bytes(400)])
def test_zeros_that_a_loss_of_power_left(tmp_path, tail):
    path = filled(tmp_path / "j")
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with Journal(path, WHO) as journal:
        assert_shards(content(journal), [0, 1])
    assert path.read_bytes() == whole


def test_damage_before_the_end_is_told_and_nothing_is_cut_off(tmp_path):
    path = filled(tmp_path / "j")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(HeardError, match=r"damaged at byte \d+"):
        Journal(path, WHO)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"sha256": "1" * 64}, "another model, m"),
        ({"segment_s": 3.0, "hop_s": 3.0}, "an embedding for each row"),
        ({"precision": "bfloat16"}, "in float32, which bfloat16 is not mixed with"),
    ],
)
def test_nothing_is_mixed(tmp_path, changed, complaint):
    path = filled(tmp_path / "j")
    with pytest.raises(BadInput, match=complaint):
        Journal(path, {**WHO, **changed})
    with Journal(path, {**WHO, "model": "the same weights under another name"}) as journal:
        assert len(content(journal)) == 2


def test_the_precision_of_what_is_there(tmp_path):
    assert precision_before(tmp_path / "j") is None
    (tmp_path / "j").touch()
    assert precision_before(tmp_path / "j") is None
    with Journal(tmp_path / "j", {**WHO, "precision": "bfloat16"}):
        assert precision_before(tmp_path / "j") == "bfloat16"


def test_a_journal_that_does_not_say_its_precision_is_in_float32(tmp_path):
    with Journal(tmp_path / "j", {key: value for key, value in WHO.items() if key != "precision"}):
        pass
    Journal(tmp_path / "j", WHO).close()
    with pytest.raises(BadInput, match="in float32"):
        Journal(tmp_path / "j", {**WHO, "precision": "bfloat16"})


def test_one_writer_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    with Journal(tmp_path / "j", WHO), pytest.raises(BadInput, match="another extraction"):
        Journal(tmp_path / "j", WHO)
    Journal(tmp_path / "j", WHO).close()
