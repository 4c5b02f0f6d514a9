"""The file that voiceprints are kept in: SQLite, opened when needed, with errors of one line."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.sealing.unlocking import is_sealed, key_of
from app.voiceprints.connection import connect, database_errors, read_into_memory
from app.voiceprints.schema import VERSION, migrate
from utils import HeardError, first_line, make_private_dir

RESERVE_BYTES = 128 * 1024
"""Room that is kept so that on a full disk something can still be deleted: the order to do so must be written."""
LITTLE_ROOM = 64 * 1024
"""With fewer bytes free than this, SQLite's errors of reading and writing mean a full disk."""

NEVER_NULL = ("name", "file")
"""Columns that hold something in every row, unless the file is damaged."""


class DiskFull(HeardError):
    """There is no room for what was to be written: nothing was changed."""


class Damaged(ValueError):
    """What is read of the database is not what this program writes there; the text says what it is."""


class Database:
    """One SQLite file with a write-ahead log. Made when first written to; an absent one reads as empty.

    Where nothing can be written, or the disk is full, it is read: as a copy in memory, taken again when it has changed.
    """

    def __init__(self, path: Path, busy_timeout_s: float):
        """``busy_timeout_s``: seconds to wait for another program that is just writing."""
        self.path, self.busy_timeout_s = path, busy_timeout_s
        self._connection: sqlite3.Connection | None = None
        self._copied: tuple | None = None  # what the file looked like that is in memory

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    @property
    def in_transaction(self) -> bool:
        return self._connection is not None and self._connection.in_transaction

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written here: the folder or the file belongs to others, or the disk is read-only."""
        there = self.path if self.path.exists() else _nearest(self.path.parent)
        return not (os.access(there, os.W_OK) and os.access(_nearest(self.path.parent), os.W_OK))

    def read(self, query: str, arguments: tuple = ()) -> list[tuple]:
        """The rows of a query. Raises HeardError if the file cannot be read."""
        if not self._is_there():
            return []
        with self._explained():
            cursor = self._open().execute(query, arguments)
            rows = cursor.fetchall()
        for place, (column, *_) in enumerate(cursor.description):
            if column in NEVER_NULL and any(row[place] is None for row in rows):  # SQLite itself does not look
                raise self._damaged(ValueError(f"a {column} is missing"))
        return rows

    def version(self) -> object:
        """A value that changes whenever another connection has written; 0 for no file."""
        if not self._is_there():
            return 0
        with self._explained():
            db = self._open()
            return self._copied or db.execute("PRAGMA data_version").fetchone()[0]

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or, on any error, nothing. Inside another one it is a part of that.

        Raises HeardError if the file cannot be written.
        """
        with self._explained():
            if self.read_only:
                raise HeardError(f"{self.path} cannot be opened for writing; choose another folder with --data DIR.")
            db = self._open(for_writing=True)
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(*database_errors()):  # a full disk has already rolled back
                    db.execute("ROLLBACK")
                raise

    def empty_log(self) -> None:
        """Bring the write-ahead log into the database and cut it to nothing: it still holds what was deleted."""
        with self._explained():
            busy, *_ = self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise HeardError(
                f"deleted, but {self.path.name}-wal still holds it while another program reads; close that program,"
                " and the last one to close empties the file."
            )

    def reuse_log(self) -> None:
        """Let the next transaction write over the write-ahead log from its beginning, if nobody reads it."""
        with self._explained():
            self._open().execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    # ------------------------------------------------------------ room to delete with

    def keep_reserve(self) -> None:
        """Keep some room on the disk for deleting, if there is plenty."""
        reserve = self._reserve
        with contextlib.suppress(OSError):
            if not reserve.exists() and shutil.disk_usage(reserve.parent).free > 3 * RESERVE_BYTES:
                with open(os.open(reserve, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(b"room to delete with on a full disk\n" * (RESERVE_BYTES // 35))

    def use_reserve(self) -> bool:
        """Give the room that was kept free. False if none was."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True

    @property
    def _reserve(self) -> Path:
        return self.path.with_name(".reserve")

    # ------------------------------------------------------------ opening

    def _is_there(self) -> bool:
        return self._connection is not None or self.path.exists()

    def _open(self, *, for_writing: bool = False) -> sqlite3.Connection:
        if self._copied and (for_writing or self._signature() != self._copied):
            self.close()
            self._copied = None
        if self._connection is None:
            self._connection = self._read_copy() if self.read_only else self._open_file(for_writing)
        return self._connection

    def _open_file(self, for_writing: bool) -> sqlite3.Connection:
        make_private_dir(self.path.parent)
        if not self.path.exists():
            self.path.touch(mode=0o600)  # a voice is biometric data: for its owner's eyes; SQLite's log follows suit
        elif self.path.stat().st_mode & 0o077:
            self.path.chmod(0o600)
        db = connect(self.path, self._key(), self.busy_timeout_s)
        try:
            self._use_log(db)
            for pragma in ("secure_delete=ON", "synchronous=FULL"):
                db.execute(f"PRAGMA {pragma}")
            self._migrate(db)
            self.keep_reserve()
        except database_errors() as error:
            db.close()
            if for_writing or not isinstance(
                self._explain(error, getattr(error, "sqlite_errorcode", 0) & 0xFF), DiskFull
            ):
                raise
            return self._read_copy()
        except BaseException:
            db.close()
            raise
        return db

    def _read_copy(self) -> sqlite3.Connection:
        """The file as it is, in memory: SQLite's log cannot be used where nothing can be written beside it."""
        signature, log = self._signature(), Path(f"{self.path}-wal")
        if log.exists() and log.stat().st_size:
            with tempfile.TemporaryDirectory(prefix="heard-") as folder:  # for its owner alone, and gone at once
                copy = Path(folder) / self.path.name
                shutil.copyfile(self.path, copy)
                shutil.copyfile(log, f"{copy}-wal")
                memory = read_into_memory(copy, self._key(), self.busy_timeout_s)
        else:
            memory = read_into_memory(self.path, self._key(), self.busy_timeout_s, log=False)
        self._migrate(memory)
        self._copied = signature
        return memory

    def _key(self) -> bytes | None:
        """The data key of a sealed folder; None where nothing is sealed. Raises Locked."""
        return key_of(self.path.parent) if is_sealed(self.path.parent) else None

    def _signature(self) -> tuple:
        parts = (Path(f"{self.path}{suffix}") for suffix in ("", "-wal"))
        return tuple((part.stat().st_mtime_ns, part.stat().st_size) for part in parts if part.exists())

    def _use_log(self, db: sqlite3.Connection) -> None:
        """Switch to a write-ahead log. Of two programs that make the file one is refused at once: it tries again."""
        give_up = time.monotonic() + self.busy_timeout_s
        while True:
            try:
                db.execute("PRAGMA journal_mode=WAL")
                return
            except database_errors() as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
            time.sleep(0.01)

    def _migrate(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise HeardError(f"{self.path} was written by a newer version of this program; update it to read the file.")
        if version < VERSION:
            migrate(db)
        db.execute("PRAGMA foreign_keys=ON")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors as one line for the user."""
        try:
            yield
        except database_errors() as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None:  # not SQLite's: a mistake in this file
                raise
            raise self._explain(error, code & 0xFF) from None
        except (Damaged, UnicodeDecodeError) as error:  # what SQLite says of damage may quote it
            raise self._damaged(error) from None

    def _explain(self, error: Exception, code: int) -> HeardError:
        full = f"the disk is full: nothing was changed in {self.path}."
        match code:
            case sqlite3.SQLITE_FULL:
                return DiskFull(full)
            case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN if self._has_little_room():
                return DiskFull(full)
            case sqlite3.SQLITE_IOERR:
                return HeardError(f"{self.path} could not be read or written ({error}): the disk may be damaged.")
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return HeardError(f"{self.path} is in use by another program; close it and try again.")
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
                return HeardError(f"{self.path} cannot be opened for writing; choose another folder with --data DIR.")
            case _:
                return self._damaged(error)

    def _damaged(self, error: Exception) -> HeardError:
        return HeardError(
            f"{self.path} is damaged ({first_line(error)}); it was left as it is. Move it away and run"
            " `python build_voiceprint.py`: it makes the voiceprints again from the recordings."
        )

    def _has_little_room(self) -> bool:
        try:
            return shutil.disk_usage(self.path.parent).free < LITTLE_ROOM
        except OSError:
            return False


def _nearest(folder: Path) -> Path:
    """The folder itself or, of one that is not there, the nearest above it that is."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
