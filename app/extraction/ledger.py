"""Which rows of a manifest are still to be done, given what was done before."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.corpus.manifest import Row
from app.extraction.shard import DUPLICATE, ClipResult


def stretch_key(row: Row) -> bytes:
    """What stands for a stretch of a file, whoever speaks in it."""
    return _digest(row.path, row.start_s, row.end_s)


def row_key(row: Row) -> bytes:
    """What stands for a row of a manifest. Of rows that can be extracted it is the stretch of the file."""
    if not row.error:
        return stretch_key(row)
    return _digest(row.path, row.start_s, row.end_s, row.speaker, row.error, row.repeat)


def _digest(*parts: object) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()


class Ledger:
    """What was done before this run."""

    def __init__(self) -> None:
        self._speakers: dict[bytes, str] = {}
        """By the keys of the rows."""

    def add(self, entry: ClipResult) -> None:
        """Take note of an entry."""
        self._speakers[row_key(entry.row)] = sys.intern(entry.row.speaker)

    def forget(self, entry: ClipResult) -> None:
        """Have the row of an entry done again."""
        self._speakers.pop(row_key(entry.row), None)

    def todo(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that were not done before, in order, once each.

        A stretch of a file is extracted once: another row that names it comes with an error, which says whether the
        rows agree on the speaker.
        """
        seen: dict[bytes, str] = {}
        repeats: Counter[bytes] = Counter()
        for row in rows:
            key = row_key(row)
            first = key not in seen
            known = self._speakers.get(key) if first else seen[key]
            if first:
                seen[key] = sys.intern(row.speaker) if known is None else known
                if known is None:
                    yield row
                if known in (None, row.speaker):
                    continue
            if row.error:
                continue  # the same error twice says no more than once
            repeats[key] += 1
            error = DUPLICATE if known == row.speaker else f"this stretch is there with the speaker {known!r}"
            noted = replace(row, repeat=repeats[key], error=error)
            if row_key(noted) not in self._speakers:
                yield noted


def with_enough_clips(rows: Iterable[Row], counts: Counter[str], least: int) -> Iterator[Row]:
    """The rows of speakers who have ``least`` rows or more."""
    return (row for row in rows if counts[row.speaker] >= least)
