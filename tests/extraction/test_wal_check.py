"""The log that a killed extraction leaves: read whole, or refused; only what was not finished is passed over."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from app.extraction.journal import JOURNAL, Journal, precision_before
from tests.support.journal import WHO, content, expected, shard
from utils import HeardError

SHARDS = 3


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    """A journal as ``kill -9`` leaves it: all of it in the log."""
    folder = tmp_path_factory.mktemp("journal")
    with Journal(folder / "run" / JOURNAL, WHO) as journal:
        for number in range(SHARDS):
            journal.append(*shard(number))
        shutil.copytree(folder / "run", folder / "killed")
    return folder / "killed"


@pytest.fixture
def copy(killed, tmp_path):
    def fresh() -> tuple[Path, Path]:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(killed, tmp_path / "copy")
        return tmp_path / "copy" / JOURNAL, tmp_path / "copy" / f"{JOURNAL}-wal"

    return fresh


def read(path: Path) -> tuple:
    with Journal(path, WHO) as journal:
        return content(journal)


def test_a_whole_log_is_read(copy):
    assert precision_before(copy()[0].parent) == "float32"
    assert read(copy()[0]) == expected(SHARDS)


def test_no_flipped_bit_drops_a_shard_without_a_word(copy):
    random = Random(1)
    for _ in range(60):
        path, log = copy()
        data = bytearray(log.read_bytes())
        at = random.randrange(len(data))
        data[at] ^= 1 << random.randrange(8)
        log.write_bytes(data)
        with pytest.raises(HeardError, match=r"journal\.db: damaged"):
            read(path)
        assert log.read_bytes() == data
        with pytest.raises(HeardError, match=r"journal\.db: damaged"):
            precision_before(path.parent)


@pytest.mark.parametrize("end", ["cut", "zeros"])
def test_an_end_that_a_loss_of_power_tore_is_passed_over(copy, end):
    path, log = copy()
    data = log.read_bytes()
    size = 24 + 8192
    frames = (len(data) - 32) // size
    half = 32 + (frames - 1) * size + 2000
    log.write_bytes(data[:half] if end == "cut" else data[:half] + bytes(len(data) - half))
    assert read(path) == expected(SHARDS - 1)
