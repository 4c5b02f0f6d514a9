"""WAV files whose sizes are wrong: the recorder stopped before it closed them, a stream was saved, files were joined.

A RIFF file is a chain of chunks (name, size, bytes). The sizes are written last, so that they are the first to be
missing: 0 or 0xFFFFFFFF ("not known"), or what was there at some earlier moment. Libraries believe them; here the
chain is followed, and where it does not lead to the end of the file the samples are taken to go on to it.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from app.audio.reading.view import View

NOT_KNOWN = 0x7FFF0000
"""Sizes from here on that reach beyond the end of the file stand for "not known": 0xFFFFFFFF, 0x7FFFFFFF less a
header, and the like."""
SLACK = 4096
"""Bytes behind the samples that may be anything."""
PLAIN_CODECS = frozenset({0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE})
"""PCM, float, A-law, mu-law, extensible: a sample takes as many bytes as any other."""


@dataclass(frozen=True)
class WavPart:
    """One recording in a file; joined files hold several."""

    file: BinaryIO
    """To be decoded: the file itself, or with a header that fits."""
    codec: int
    """wFormatTag."""
    says_s: float | None
    """Seconds according to the header; None if it does not say."""


def wav_parts(file: BinaryIO, size: int) -> list[WavPart]:
    """The recordings of a WAV (RIFF, RF64 or BW64) file of ``size`` bytes; none if it is no such file, or has no
    samples."""
    parts, at = [], 0
    while at is not None and at + 12 <= size:
        part, at = _part(file, at, size)
        if part is None:
            break
        parts.append(part)
    return parts


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _part(file: BinaryIO, start: int, size: int) -> tuple[WavPart | None, int | None]:
    """The recording that begins at ``start``, and where the next one does."""
    head = _read(file, start, 12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return None, None
    at, fmt, large = start + 12, b"", None
    while at + 8 <= size:
        name, length = struct.unpack("<4sI", _read(file, at, 8))
        at += 8
        if name == b"ds64" and length >= 24 and at + 16 <= size:
            large = struct.unpack("<Q", _read(file, at + 8, 8))[0]
        elif name == b"fmt ":
            fmt = _read(file, at, min(length, 64))
        elif name == b"data":
            return _data(file, start, at, large if length == 0xFFFFFFFF and large else length, fmt, size)
        at += length + length % 2
    return None, None


def _data(file: BinaryIO, start: int, at: int, says: int, fmt: bytes, size: int) -> tuple[WavPart | None, int | None]:
    """The part whose samples begin at ``at`` and, as its header has it, are ``says`` bytes; where the next part is."""
    there = size - at
    if len(fmt) < 16 or there <= 0:
        return None, None
    codec, _, _, bytes_per_s, block = struct.unpack("<HHIIH", fmt[:14])
    if codec == 0xFFFE and len(fmt) >= 26:
        codec = struct.unpack("<H", fmt[24:26])[0]
    block, bytes_per_s = max(1, block), max(1, bytes_per_s)
    fits, next_at = (False, None) if says > there else _follows(file, at + says, size)
    if fits and not says and next_at is None:
        return None, None
    if fits:
        if start == 0 and next_at is None and codec in PLAIN_CODECS:
            return WavPart(View(file), codec, says / bytes_per_s), None
        return WavPart(_rebuilt(file, fmt, at, says), codec, says / bytes_per_s), next_at
    unknown = says == 0 or (says >= NOT_KNOWN and says > there)
    length = there // block * block if codec in PLAIN_CODECS else there
    return WavPart(_rebuilt(file, fmt, at, length), codec, None if unknown else says / bytes_per_s), None


def _follows(file: BinaryIO, at: int, size: int) -> tuple[bool, int | None]:
    """Whether samples may end at ``at``: only chunks, or next to nothing, are behind it. And where the next WAV file
    begins, if one is joined to this."""
    for end in (at, at + at % 2):  # an odd chunk is filled up, but not by everybody
        place = end
        while size - place >= 12:
            head = _read(file, place, 12)
            name, length = struct.unpack("<4sI", head[:8])
            if name in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
                return True, place
            if not all(32 <= c < 127 for c in name) or place + 8 + length > size + 1:
                break
            place += 8 + length + length % 2
        if size - place < 12:
            return True, None
    return size - at < SLACK, None


def _rebuilt(file: BinaryIO, fmt: bytes, at: int, length: int) -> View:
    """The samples with a header of their own."""
    chunk = struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + b"\0" * (len(fmt) % 2)
    if length < 0xFFFFFF00 - len(chunk):
        head = struct.pack("<4sI4s", b"RIFF", 4 + len(chunk) + 8 + length, b"WAVE") + chunk
        return View(file, at, length, head + struct.pack("<4sI", b"data", length))
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, 4 + 36 + len(chunk) + 8 + length, length, 0, 0)
    head = struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + sizes + chunk
    return View(file, at, length, head + struct.pack("<4sI", b"data", 0xFFFFFFFF))


def file_size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size
