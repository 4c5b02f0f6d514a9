"""MP4 files that were joined end to end: each has an index of its own, and libraries stop after the first."""

from __future__ import annotations

import struct
from typing import BinaryIO

MOST = 10_000
"""Boxes of the outermost level that are looked at."""


def mp4_parts(file: BinaryIO, size: int) -> list[tuple[int, int]]:
    """(offset, length) of each MP4 (MOV, M4A, 3GP) file in a file of ``size`` bytes; none if it is none.

    A file begins with the box ``ftyp`` and holds one index, ``moov``; another ``ftyp`` behind an index begins the next.
    """
    starts, at, indexed = [], 0, False
    for _ in range(MOST):
        if at + 8 > size:
            break
        file.seek(at)
        head = file.read(16)
        length, name = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if name == b"ftyp" and (not starts or indexed):
            starts.append(at)
            indexed = False
        elif not starts:
            break
        indexed = indexed or name == b"moov"
        if length < 8:
            break
        at += length
    if starts and not indexed:
        starts = starts[: max(1, len(starts) - 1)]
    return [(a, b - a) for a, b in zip(starts, [*starts[1:], size], strict=False)]
