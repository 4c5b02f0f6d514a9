"""How many bytes AIFF, AU, CAF and W64 files say that they have: libsndfile reads what is there and does not tell."""

from __future__ import annotations

import struct
from typing import BinaryIO

CAF_CHUNKS = 64
"""Chunks that are looked at for the one with the samples."""


def declared_size(file: BinaryIO) -> int | None:
    """Bytes that the whole file has by its own header; None where it does not say."""
    file.seek(0)
    head = file.read(32)
    if head[:4] == b"FORM" and len(head) >= 8:
        return 8 + struct.unpack(">I", head[4:8])[0]
    if head[:4] == b".snd" and len(head) >= 12:
        offset, length = struct.unpack(">II", head[4:12])
        return None if length == 0xFFFFFFFF else offset + length
    if head[:4] == b"riff" and len(head) >= 24:
        return struct.unpack("<Q", head[16:24])[0]
    return _caf_size(file) if head[:4] == b"caff" else None


def _caf_size(file: BinaryIO) -> int | None:
    at = 8
    for _ in range(CAF_CHUNKS):
        file.seek(at)
        chunk = file.read(12)
        if len(chunk) < 12:
            return None
        name, length = struct.unpack(">4sq", chunk)
        if name == b"data":
            return None if length < 0 else at + 12 + length
        if length < 0:
            return None
        at += 12 + length
    return None
