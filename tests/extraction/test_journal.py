"""The journal after a kill at any moment, a flipped bit, another model, and two writers."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from app.extraction.journal import JOURNAL, Journal, has_journal, precision_before
from app.extraction.outputs import write_outputs
from app.extraction.pending import clip_key
from tests.support.journal import WHO, content, expected, shard
from utils import BadInput, HeardError


def filled(folder: Path, shards: int = 3) -> Path:
    with Journal(folder / JOURNAL, WHO) as journal:
        for number in range(shards):
            journal.append(*shard(number))
    return folder / JOURNAL


def test_what_was_written_is_read(tmp_path):
    with Journal(filled(tmp_path), WHO) as journal:
        assert content(journal) == expected(3)
        totals = journal.totals()
        assert (totals.embeddings, totals.speakers) == (1 + 2 + 3, ("Zoë",))
        (ok, error), _ = shard(1)
        assert journal.speaker(clip_key(ok.clip)) == "Zoë"
        assert journal.speaker(clip_key(error.clip)) == "bob"
        assert journal.speaker(b"none") is None


def test_failures_are_forgotten(tmp_path):
    with Journal(filled(tmp_path), WHO) as journal:
        journal.forget_failures()
        assert content(journal) == (expected(3)[0], [])
        (_, error), vectors = shard(0)
        journal.append([error], vectors[:0])
        assert list(journal.failures()) == [error]


def test_a_shard_that_cannot_be_added_is_not_there_at_all(tmp_path):
    (ok, error), vectors = shard(7)
    with Journal(filled(tmp_path), WHO) as journal:
        with pytest.raises(HeardError, match="damaged"):
            journal.append([error, ok, ok], np.concatenate([vectors, vectors]))
        assert content(journal) == expected(3)
        journal.append(*shard(3))
        assert content(journal) == expected(4)


def test_killed_at_any_moment(tmp_path):
    """What a run leaves that is killed: the database, and some first part of its write-ahead log."""
    with Journal(tmp_path / "whole" / JOURNAL, WHO) as journal:
        for number in range(3):
            journal.append(*shard(number))
        shutil.copytree(tmp_path / "whole", tmp_path / "killed")  # closing would empty the log
    log = (tmp_path / "killed" / f"{JOURNAL}-wal").read_bytes()
    there = set()
    for size in [*range(0, len(log), 997), len(log) - 1, len(log)]:
        torn = tmp_path / "torn"
        shutil.copytree(tmp_path / "killed", torn)
        (torn / f"{JOURNAL}-wal").write_bytes(log[:size])
        with Journal(torn / JOURNAL, WHO) as journal:
            count = len(content(journal)[0])
            assert content(journal) == expected(count)
            for number in range(count, 3):
                journal.append(*shard(number))
            assert content(journal) == expected(3)
        there.add(count)
        shutil.rmtree(torn)
    assert there == {0, 1, 2, 3}


def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path):
    whole, luck, noticed = filled(tmp_path / "whole").read_bytes(), random.Random(3), 0
    keys = {clip_key(result.clip): result.clip.speaker for number in range(3) for result in shard(number)[0]}
    used = [place for place, byte in enumerate(whole) if byte]  # most of the pages is not
    for place in [*luck.choices(used, k=400), *luck.choices(range(len(whole)), k=200)]:
        data = bytearray(whole)
        data[place] ^= 1 << luck.randrange(8)
        path = tmp_path / "flipped" / JOURNAL
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        try:
            with Journal(path, WHO) as journal:
                assert content(journal) == expected(3)
                assert {key: journal.speaker(key) for key in keys} == keys
                assert journal.totals().embeddings == 6
        except HeardError:
            noticed += 1
        shutil.rmtree(path.parent)
    assert noticed > 200


def test_damage_is_told_and_nothing_is_changed(tmp_path):
    path = filled(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(shard(1)[1].tobytes())] ^= 1
    path.write_bytes(data)
    with Journal(path, WHO) as journal, pytest.raises(HeardError, match=r"damaged \(clip 3\); extract into another"):
        content(journal)
    assert path.read_bytes() == data
    path.write_bytes(b"something else" * 999)
    with pytest.raises(HeardError, match="damaged"):
        Journal(path, WHO)


def test_a_newer_journal_is_left_alone(tmp_path):
    db = sqlite3.connect(filled(tmp_path))
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(HeardError, match="newer version"):
        Journal(tmp_path / JOURNAL, WHO)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"sha256": "1" * 64}, "another model, m"),
        ({"segment_s": 3.0, "hop_s": 3.0}, "an embedding for each row"),
        ({"precision": "bfloat16"}, "in float32, which bfloat16 is not mixed with"),
    ],
)
def test_nothing_is_mixed(tmp_path, changed, complaint):
    path = filled(tmp_path)
    with pytest.raises(BadInput, match=complaint):
        Journal(path, {**WHO, **changed})
    with Journal(path, {**WHO, "model": "the same weights under another name"}) as journal:
        assert content(journal) == expected(3)


def test_segments_in_whole_seconds_are_those_in_fractions(tmp_path):
    Journal(tmp_path / JOURNAL, {**WHO, "segment_s": 3, "hop_s": 1.5}).close()
    Journal(tmp_path / JOURNAL, {**WHO, "segment_s": 3.0, "hop_s": 1.5}).close()
    with pytest.raises(BadInput, match=r"segments of 3 s, one every 1\.5 s"):
        Journal(tmp_path / JOURNAL, WHO)


def test_the_precision_of_what_is_there(tmp_path):
    assert precision_before(tmp_path) is None
    assert not has_journal(tmp_path)
    (tmp_path / JOURNAL).touch()
    assert precision_before(tmp_path) is None
    with Journal(tmp_path / JOURNAL, {**WHO, "precision": "bfloat16"}):
        pass
    assert precision_before(tmp_path) == "bfloat16"
    assert has_journal(tmp_path)


def test_one_writer_at_a_time(tmp_path):
    with Journal(tmp_path / JOURNAL, WHO), pytest.raises(BadInput, match="another extraction"):
        Journal(tmp_path / JOURNAL, WHO)
    Journal(tmp_path / JOURNAL, WHO).close()


def test_a_full_disk_is_an_error_of_the_disk(tmp_path):
    with Journal(filled(tmp_path), WHO) as journal:
        journal._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(OSError, match="No space left"):
            journal.append(*shard(5000))
        assert content(journal) == expected(3)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_what_is_extracted_is_for_its_owner_alone(tmp_path):
    """Embeddings and who spoke are biometric data; a folder of an earlier version is mended."""
    out = tmp_path / "out"
    for _ in range(2):
        with Journal(out / JOURNAL, WHO) as journal:
            journal.append(*shard(0)) if not journal.totals().embeddings else None
            write_outputs(out, journal, 2, {})
            assert {path.name: oct(path.stat().st_mode & 0o777) for path in out.iterdir()} == {
                path.name: "0o600" for path in out.iterdir()
            }
        assert out.stat().st_mode & 0o777 == 0o700
        out.chmod(0o755)
        (out / JOURNAL).chmod(0o644)
