"""SQLite's write-ahead log, checked before SQLite reads it: from a damaged frame on SQLite passes over everything
without a word, as after a loss of power, however many finished transactions come after it.

The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HEAD = struct.Struct(">8I")
FRAME = struct.Struct(">6I")
MAGIC = {0x377F0682: "<u4", 0x377F0683: ">u4"}
"""First word of a log -> the order of bytes in its checksums."""


def damage(database: Path) -> str:
    """What is damaged in the log beside a database, in words; empty if nothing is, or there is none.

    An end that is torn is no damage: the transaction there was not finished when its program was killed.
    """
    path = database.with_name(f"{database.name}-wal")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    if len(data) < HEAD.size or not data.strip(b"\0"):
        return ""
    magic, version, page, _, *salts, first, second = HEAD.unpack_from(data)
    order = MAGIC.get(magic)
    sound = order and version == 3_007_000 and 512 <= page <= 65536 and not page & (page - 1)
    if not sound or _checksum(data[: HEAD.size - 8], (0, 0), order) != (first, second):
        return "the head of its log" if len(data) > HEAD.size else ""
    sums = (first, second)
    frames = list(_frames(data, page, tuple(salts)))
    for number, (at, _, own) in enumerate(frames):
        frame = data[at : at + FRAME.size + page]
        sums = _checksum(frame[FRAME.size :], _checksum(frame[:8], sums, order), order)
        if not own or sums != FRAME.unpack_from(frame)[4:]:
            rest = frames[number:]
            ends = sum(commits and its_own for _, commits, its_own in rest)
            # Each transaction is on the disk before the next begins, so that only the last can be torn.
            if ends > 1 or (ends and not any(_torn(data[start : start + len(frame)]) for start, _, _ in rest)):
                return "a finished transaction in its log"
            return ""
    return ""


def _torn(frame: bytes) -> bool:
    """Whether a part of a frame was never written: zeros at an end of its page, both of which SQLite fills first."""
    return not any(frame[FRAME.size : FRAME.size + 8]) or not any(frame[-64:])


def _frames(data: bytes, page: int, salts: tuple[int, ...]) -> Iterator[tuple[int, bool, bool]]:
    """(where, whether it ends a transaction, whether it is of this log and not of the one before) of whole frames."""
    size = FRAME.size + page
    for at in range(HEAD.size, len(data) - size + 1, size):
        _, pages, *own = FRAME.unpack_from(data, at)
        yield at, pages > 0, tuple(own[:2]) == salts


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """Section 4.2 of the format: a running sum of pairs of words."""
    one, two = sums
    for a, b in np.frombuffer(data, order).reshape(-1, 2).tolist():
        one = (one + a + two) & 0xFFFFFFFF
        two = (two + b + one) & 0xFFFFFFFF
    return one, two
