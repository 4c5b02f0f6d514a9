"""Reads ``journal.bin``, which earlier versions kept in place of the database of ``journal.py``. Nothing writes it.

A record is a head (mark, length of the text, length of the vectors, CRC-32 of both), a line of JSON, and float32
vectors. The first record says which model and which segments the rest is of. A record that is not whole is the last
one, being written when its run was killed: it is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from app.corpus.clips import Clip
from app.extraction.shard import ClipResult
from utils import BadInput, HeardError

JOURNAL = "journal.bin"
HEAD = struct.Struct("<4sIII")
MARK = b"HRD1"


@dataclass(frozen=True)
class Record:
    clips: list[ClipResult]
    embeddings: np.ndarray
    """(segments of all clips, D) float32."""
    identity: dict | None = None
    """What all clips have in common; of the first record alone."""
    retry: bool = False
    """From here on the clips that had no embedding before count as not done."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Iterator[Record]]:
    """The records of a journal, which nobody else may write meanwhile; none if there is no such file.

    Raises BadInput if it is in use, HeardError, as it is read, if it is damaged.
    """
    if not path.exists():
        yield iter(())
        return
    with open(path, "rb") as file:
        with contextlib.suppress(ImportError):  # Windows has no such lock
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(f"{path.parent}: another extraction is writing there.") from None
        yield _records(file, path)


def precision_before(path: Path) -> str | None:
    """The precision of what a journal holds; None if there is none. Raises HeardError if it is damaged."""
    if not path.exists():
        return None
    with open(path, "rb") as file:
        first = next(_records(file, path), None)
    return first.identity["precision"] if first else None


def _records(file: BinaryIO, path: Path) -> Iterator[Record]:
    first = True
    for at, text, body in _texts(file, path):
        try:
            record = _record(json.loads(text), body)
            if first != (record.identity is not None):
                raise ValueError("the first record, and no other, says of which model the rest is")
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise _damaged(path, at) from None
        first = False
        yield record


def _record(text: dict, body: bytes) -> Record:
    if identity := text.get("identity"):
        identity = {"precision": "float32", **identity}  # not said at first
        if not all(_text(identity[name]).isprintable() for name in ("model", "sha256", "precision")):
            raise ValueError("names are a line")
        for name in ("segment_s", "hop_s"):
            identity[name] = None if identity[name] is None else float(identity[name])
        if (identity["segment_s"] is None) is not (identity["hop_s"] is None):
            raise ValueError("segments have a length and a hop, or neither")
        return Record([], np.zeros((0, 1), np.float32), identity)
    clips = [
        ClipResult(
            _clip(name, speaker, start_s, end_s, error, repeat),
            _text(status),
            tuple((float(start), float(end)) for start, end in segments),
        )
        for name, speaker, start_s, end_s, error, repeat, status, segments in text["entries"]
    ]
    embeddings = np.frombuffer(body, "<f4").reshape(-1, text["dim"])
    if sum(len(clip.segments) for clip in clips) != len(embeddings):
        raise ValueError("as many embeddings as segments")
    return Record(clips, embeddings, retry=text.get("retry", False))


def _clip(name: object, speaker: object, start_s: object, end_s: object, error: object, repeat: object) -> Clip:
    """Raises TypeError or ValueError for values of another kind."""
    end = None if end_s is None else float(end_s)
    if not isinstance(repeat, int) or not 0 <= repeat < 1 << 31:
        raise ValueError("no count")
    times = {"start_s": float(start_s), "end_s": end}
    return Clip("", _text(speaker), **times, name=_text(name), error=_text(error), repeat=repeat)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _damaged(path: Path, at: int) -> HeardError:
    return HeardError(f"{path}: damaged at byte {at}; extract into another --out.")


def _texts(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """(where, text, vectors) of each whole record."""
    size = os.fstat(file.fileno()).st_size
    while len(head := file.read(HEAD.size)) == HEAD.size:
        mark, text_bytes, vector_bytes, crc = HEAD.unpack(head)
        at = file.tell()
        body = file.read(min(text_bytes + vector_bytes, size - at)) if mark == MARK else b""
        if len(body) != text_bytes + vector_bytes or zlib.crc32(body) != crc or not body:
            # a machine that lost its power may have written the last record in part, or zeros for it; a record that
            # claims to be longer than the file, though others come after it, or though it is whole, has a wrong length;
            # one that is as long as it says, to its last byte, has been changed since
            torn = mark == MARK and file.tell() == size and MARK not in body and zlib.crc32(body) != crc
            torn = torn and (len(body) < text_bytes + vector_bytes or not any(body[-16:]))
            if torn or not (head + body + file.read()).strip(b"\0"):
                return
            raise _damaged(path, at - HEAD.size)
        yield at - HEAD.size, body[:text_bytes], body[text_bytes:]
