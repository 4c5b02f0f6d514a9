"""What was extracted, in one file that only ever grows: a run that is killed at any moment loses nothing that is in it.

A record is a head (mark, length of the text, length of the vectors, CRC-32 of both), a line of JSON, and float32
vectors. The first record says which model and which segments the rest is of. A record that is not whole is the last
one, being written when the run was killed: it is cut off when the journal is opened again.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.corpus.clips import Clip
from app.extraction.shard import ClipResult
from utils import BadInput, HeardError

HEAD = struct.Struct("<4sIII")
MARK = b"HRD1"


@dataclass(frozen=True)
class Record:
    entries: list[ClipResult]
    vectors: np.ndarray
    """(segments of all entries, D) float32."""
    retry: bool = False
    """From here on the rows that had no embedding before count as not done."""


class Journal:
    """The journal at ``path``, for one writer at a time. Use as a context manager."""

    def __init__(self, path: str | os.PathLike, identity: dict):
        """``identity``: what all entries have in common: sha256 of the weights, precision, segment_s and hop_s (or
        None); and model, which is only a name for people.

        Raises BadInput if the journal is of another identity or in use, HeardError if it is damaged.
        """
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "a+b")  # noqa: SIM115  closed by close()
        try:
            self._lock()
            end = sum(size for size, _, _ in _records(self.path))
            self._file.truncate(end)
            self._file.seek(end)
            if end:
                self._compare(identity)
            else:
                self._write({"identity": identity}, b"")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def append(self, entries: Sequence[ClipResult], vectors: np.ndarray) -> None:
        """Add the entries of a shard and their vectors (n, D); on the disk when this returns. Raises OSError."""
        said = [
            [clip.name, clip.speaker, clip.start_s, clip.end_s, clip.error, clip.repeat, entry.status, entry.segments]
            for entry in entries
            for clip in [entry.clip]
        ]
        self._write({"entries": said, "dim": vectors.shape[1]}, np.ascontiguousarray(vectors, "<f4").tobytes())

    def append_retry(self) -> None:
        """Add that all rows without an embedding are to be done again. Raises OSError."""
        self._write({"entries": [], "dim": 1, "retry": True}, b"")

    def records(self) -> Iterator[Record]:
        """What was written, in its order."""
        for _, said, body in _records(self.path):
            if "entries" in said:
                entries = [
                    ClipResult(
                        Clip("", speaker, start_s=start, end_s=end, name=name, error=error, repeat=repeat),
                        status,
                        tuple(map(tuple, segments)),
                    )
                    for name, speaker, start, end, error, repeat, status, segments in said["entries"]
                ]
                vectors = np.frombuffer(body, "<f4").reshape(-1, said["dim"])
                yield Record(entries, vectors, said.get("retry", False))

    def _write(self, said: dict, body: bytes) -> None:
        text = json.dumps(said).encode()
        crc = zlib.crc32(body, zlib.crc32(text))
        self._file.write(HEAD.pack(MARK, len(text), len(body), crc) + text + body)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _compare(self, identity: dict) -> None:
        before = _identity(self.path)
        if before["sha256"] != identity["sha256"]:
            was = f"another model, {before['model']} (sha256 {before['sha256'][:12]}...)"
        elif before == {**identity, "model": before["model"]}:
            return
        elif before["precision"] != identity["precision"]:
            was, asked = before["precision"], identity["precision"]
            raise BadInput(
                f"{self.path.parent}: was extracted in {was}, which {asked} is not mixed with: say --precision {was},"
                " or choose another --out."
            )
        elif before["segment_s"] is None:
            was = "an embedding for each row"
        else:
            was = f"segments of {before['segment_s']:g} s, one every {before['hop_s']:g} s"
        raise BadInput(f"{self.path.parent}: was extracted with {was}; embeddings are not mixed, choose another --out.")

    def _lock(self) -> None:
        with contextlib.suppress(ImportError):  # Windows has no such lock
            import fcntl

            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(f"{self.path.parent}: another extraction is writing there.") from None


def _records(path: Path) -> Iterator[tuple[int, dict, bytes]]:
    """(bytes, text, vectors) of each whole record."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        while len(head := file.read(HEAD.size)) == HEAD.size:
            mark, text_bytes, vector_bytes, crc = HEAD.unpack(head)
            at = file.tell()
            body = b""
            if mark == MARK and at + text_bytes + vector_bytes <= size:
                body = file.read(text_bytes + vector_bytes)
            elif mark == MARK:
                return  # not whole
            if not body or zlib.crc32(body) != crc:
                # a machine that lost its power may have written the last record in part, or zeros for it
                if (mark == MARK and file.tell() == size) or not (head + file.read()).strip(b"\0"):
                    return
                raise HeardError(f"{path}: damaged at byte {at - HEAD.size}; extract into another --out.")
            yield HEAD.size + len(body), json.loads(body[:text_bytes]), body[text_bytes:]


def _identity(path: Path) -> dict:
    """What the first record says; there is one."""
    return {"precision": "float32", **next(_records(path))[1]["identity"]}  # which was not said at first


def precision_before(path: Path) -> str | None:
    """The precision of what a journal holds; None if there is none. Raises HeardError if it is damaged."""
    try:
        return _identity(path)["precision"]
    except (FileNotFoundError, StopIteration):
        return None
