"""The SQLite file of a journal: its tables, how it is opened, checksums, and SQLite's errors in a line."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from utils import BadInput, HeardError

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE identity (
    model TEXT NOT NULL, sha256 TEXT NOT NULL, precision TEXT NOT NULL, segment_s REAL, hop_s REAL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE clips (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    checksum INTEGER NOT NULL,
    name TEXT NOT NULL, speaker TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL, error TEXT NOT NULL,
    repeat INTEGER NOT NULL,
    status TEXT NOT NULL,
    segments TEXT NOT NULL,
    embeddings BLOB NOT NULL
) STRICT;
CREATE INDEX failures ON clips(id) WHERE status <> 'ok';
"""
ONE_CHANNEL_VERSION = 2
"""Of a journal of one channel: a program that does not know channels would go on with a mixture."""
ONE_CHANNEL = "ALTER TABLE identity ADD COLUMN channel INTEGER"
IDENTITY = ("model", "sha256", "precision", "segment_s", "hop_s")
COLUMNS = "id, key, checksum, name, speaker, start_s, end_s, error, repeat, status, segments, embeddings"
TEXT = "CAST(? AS TEXT)"  # of bytes that Python would not take for text
INSERT = f"INSERT INTO clips ({COLUMNS}) VALUES (?, ?, ?, {TEXT}, {TEXT}, ?, ?, {TEXT}, ?, {TEXT}, ?, ?)"


def make_private(path: Path) -> None:
    """Make the folder and the empty file of a journal, for their owner alone; those of a journal that is there become
    so. A folder with nothing of ours in it stays as its owner made it."""
    if path.exists():
        with contextlib.suppress(OSError):  # another user's
            path.parent.chmod(0o700)
            path.chmod(0o600)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)  # voices are biometric data; SQLite's log follows suit


def connect(path: Path) -> sqlite3.Connection:
    """The file, made if it is not there, for this writer alone. Transactions are begun and ended by statements."""
    db = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        db.text_factory = lambda text: text.decode("utf-8", "surrogatepass")
        db.execute("PRAGMA page_size = 8192")  # eight embeddings; four thousand bytes would waste an eighth
        db.execute("PRAGMA locking_mode = EXCLUSIVE")  # one writer; and no shared memory, which some disks lack
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db


def storable(value: object) -> object:
    """What a statement with ``TEXT`` takes: bytes of a file name that are not UTF-8 are kept as they are."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "surrogatepass")


def checksum(values: list, embeddings: bytes = b"") -> int:
    """CRC-32 of all that a row holds."""
    return zlib.crc32(embeddings, zlib.crc32(repr(values).encode("utf-8", "surrogatepass")))


def damaged(path: Path, what: str) -> HeardError:
    """The error of a file in which something is not as it was written."""
    return HeardError(f"{path}: damaged ({' '.join(what.split())}); extract into another --out.")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors as ``explanation`` says them."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise explanation(error, path) from None


def explanation(error: sqlite3.DatabaseError | UnicodeDecodeError, path: Path) -> Exception:
    """An error as what it is: another writer, a disk that is full or cannot be written, damage, or a mistake here."""
    if isinstance(error, UnicodeDecodeError):
        return damaged(path, str(error))
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # not SQLite's
        return error
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return BadInput(f"{path.parent}: another extraction is writing there.")
        case sqlite3.SQLITE_FULL:
            number = errno.ENOSPC
        case sqlite3.SQLITE_IOERR:
            number = errno.EIO
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            number = errno.EACCES
        case _:
            return damaged(path, str(error))
    return OSError(number, os.strerror(number), str(path))
