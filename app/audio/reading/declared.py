"""How many bytes files say that they have: AIFF, AU, CAF and W64, of which libsndfile reads what is there and does not
tell, and AVI and Matroska, whose length in seconds may be that of the pictures."""

from __future__ import annotations

import struct
from typing import BinaryIO

CAF_CHUNKS = 64
"""Chunks that are looked at for the one with the samples."""
AVI_PARTS = 4096
"""Parts of an AVI that are looked at: each has up to 1 GB."""
EBML, SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
"""Names of the two elements that Matroska and WebM consist of."""


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


def container_size(file: BinaryIO) -> int | None:
    """The same of AVI, Matroska and WebM; None for others, and for a stream that was never closed."""
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return _avi_size(file)
    return _matroska_size(file) if head[:4] == EBML else None


def _avi_size(file: BinaryIO) -> int | None:
    end = 0
    for _ in range(AVI_PARTS):
        file.seek(end)
        chunk = file.read(12)
        if len(chunk) < 12 or chunk[:4] != b"RIFF" or chunk[8:] not in (b"AVI ", b"AVIX"):
            break
        length = struct.unpack("<I", chunk[4:8])[0]
        if length in (0, 0xFFFFFFFF):
            return None
        end += 8 + length + length % 2
    return end


def _matroska_size(file: BinaryIO) -> int | None:
    at = 0
    for name in (EBML, SEGMENT):
        file.seek(at)
        head = file.read(12)
        if head[:4] != name or len(head) < 5 or not head[4]:
            return None
        width = 9 - head[4].bit_length()  # of the length: a byte for each zero before the first bit, and one
        length = int.from_bytes(head[4 : 4 + width], "big") & ((1 << 7 * width) - 1)
        if len(head) < 4 + width or length == (1 << 7 * width) - 1:
            return None
        at += 4 + width + length
    return at
