"""Journals of extraction, of this format and the earlier one: what is in them is told whole, or refused."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from app.extraction import old_journal
from app.extraction.journal import JOURNAL, Journal
from tests.support.journal import WHO, content, expected, shard
from tests.torture.mutations import damaged_bytes, damaged_json, flipped_bit
from tests.torture.subjects import Subject, Wrong, attempt

SHARDS = 3


def record(text: bytes, vectors: np.ndarray | None = None) -> bytes:
    body = b"" if vectors is None else vectors.tobytes()
    head = old_journal.HEAD.pack(old_journal.MARK, len(text), len(body), zlib.crc32(body, zlib.crc32(text)))
    return head + text + body


def old_records() -> list[tuple[dict, np.ndarray | None]]:
    records: list[tuple[dict, np.ndarray | None]] = [({"identity": WHO}, None)]
    for number in range(SHARDS):
        results, vectors = shard(number)
        entries = [
            [
                r.clip.name,
                r.clip.speaker,
                r.clip.start_s,
                r.clip.end_s,
                r.clip.error,
                r.clip.repeat,
                r.status,
                r.segments,
            ]
            for r in results
        ]
        records.append(({"entries": entries, "dim": 2}, vectors))
    return records


@cache
def whole() -> dict[str, bytes]:
    """The files of a journal as a kill leaves them, with its log, and as an end does."""
    found = {"old": b"".join(record(json.dumps(text).encode(), body) for text, body in old_records())}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with Journal(folder / JOURNAL, WHO) as journal:
            for number in range(SHARDS):
                journal.append(*shard(number))
            for name in (JOURNAL, f"{JOURNAL}-wal"):
                shutil.copy(folder / name, folder / f"{name}.killed")
        found |= {"db": (folder / JOURNAL).read_bytes(), "killed": (folder / f"{JOURNAL}.killed").read_bytes()}
        found["log"] = (folder / f"{JOURNAL}-wal.killed").read_bytes()
    return found


def make_flipped(random: Random, folder: Path) -> Path:
    """A single bit is the other way: nothing may be missing without a word."""
    match random.choice(("old", "db", "log")):
        case "old":
            (folder / old_journal.JOURNAL).write_bytes(flipped_bit(random, whole()["old"]))
        case "db":
            (folder / JOURNAL).write_bytes(flipped_bit(random, whole()["db"]))
        case "log":
            (folder / JOURNAL).write_bytes(whole()["killed"])
            (folder / f"{JOURNAL}-wal").write_bytes(flipped_bit(random, whole()["log"]))
    return folder


def make_damaged(random: Random, folder: Path) -> Path:
    match random.choice(("old", "forged", "db", "log")):
        case "old":
            (folder / old_journal.JOURNAL).write_bytes(damaged_bytes(random, whole()["old"]))
        case "forged":  # the sums fit, the text does not
            records = old_records()
            hurt = random.randrange(len(records))
            parts = [
                record(damaged_json(random, text) if n == hurt else json.dumps(text).encode(), body)
                for n, (text, body) in enumerate(records)
            ]
            (folder / old_journal.JOURNAL).write_bytes(b"".join(parts))
        case "db":
            (folder / JOURNAL).write_bytes(damaged_bytes(random, whole()["db"]))
        case "log":
            (folder / JOURNAL).write_bytes(whole()["killed"])
            (folder / f"{JOURNAL}-wal").write_bytes(damaged_bytes(random, whole()["log"]))
    return folder


def _read(folder: Path) -> tuple[list, list] | None:
    from app.extraction.journal import precision_before
    from app.extraction.outputs import write_outputs

    def read() -> tuple[list, list]:
        with Journal(folder / JOURNAL, WHO) as journal:
            found = content(journal)
            write_outputs(folder, journal, 2, {"model": "m"})
            return found

    names = (folder.name,)
    attempt(lambda: precision_before(folder), *names)
    return attempt(read, *names)


def use_flipped(folder: Path) -> None:
    found = _read(folder)
    if found is not None and found != expected(SHARDS):
        raise Wrong(f"{len(found[0])} clips of {SHARDS} were left, without a word")


def use_damaged(folder: Path) -> None:
    _read(folder)


SUBJECTS = (
    Subject("bit of a journal", make_flipped, use_flipped),
    Subject("journal", make_damaged, use_damaged),
)
