"""The file that voiceprints are kept in: SQLite, opened when needed, with errors of one line."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from utils import HeardError

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    enrolled_at TEXT NOT NULL DEFAULT (datetime('now'))
) STRICT;
CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    speech_s REAL NOT NULL,
    UNIQUE (person_id, file)
) STRICT;
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    sample_id INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    model_sha256 TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    speech_s REAL NOT NULL,
    vector BLOB NOT NULL
) STRICT;
CREATE INDEX embeddings_by_model ON embeddings(model_sha256, sample_id);
"""


class Database:
    """One SQLite file with a write-ahead log. Made when first written to; an absent one reads as empty."""

    def __init__(self, path: Path, busy_timeout_s: float):
        """``busy_timeout_s``: seconds to wait for another program that is just writing."""
        self.path, self.busy_timeout_s = path, busy_timeout_s
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def read(self, query: str, arguments: tuple = ()) -> list[tuple]:
        """The rows of a query. Raises HeardError if the file cannot be read."""
        if self._connection is None and not self.path.exists():
            return []
        with self._explained():
            return self._open().execute(query, arguments).fetchall()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or, on any error, nothing. Inside another one it is a part of that.

        Raises HeardError if the file cannot be written.
        """
        with self._explained():
            db = self._open()
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has already rolled back
                    db.execute("ROLLBACK")
                raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # a voice is biometric data: for its owner's eyes; SQLite's log follows suit
            db = sqlite3.connect(self.path, isolation_level=None, timeout=self.busy_timeout_s, check_same_thread=False)
            try:
                self._use_log(db)
                for pragma in ("foreign_keys=ON", "secure_delete=ON", "synchronous=FULL"):
                    db.execute(f"PRAGMA {pragma}")
                self._migrate(db)
            except BaseException:
                db.close()
                raise
            self._connection = db
        return self._connection

    def _use_log(self, db: sqlite3.Connection) -> None:
        """Switch to a write-ahead log. Of two programs that make the file one is refused at once: it tries again."""
        give_up = time.monotonic() + self.busy_timeout_s
        while True:
            try:
                db.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
            time.sleep(0.01)

    def _migrate(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise HeardError(f"{self.path} was written by a newer version of this program; update it to read the file.")
        if version == 0:
            db.execute("BEGIN IMMEDIATE")
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody else made it in the meantime
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """SQLite's errors as one line for the user."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None:  # not SQLite's: a mistake in this file
                raise
            match code & 0xFF:
                case sqlite3.SQLITE_FULL:
                    text = f"the disk is full: nothing was changed in {self.path}."
                case sqlite3.SQLITE_IOERR:
                    text = f"{self.path} could not be read or written ({error}): the disk may be full or damaged."
                case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                    text = f"{self.path} is in use by another program; close it and try again."
                case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
                    text = f"{self.path} cannot be opened for writing; choose another folder with --data DIR."
                case _:
                    text = (
                        f"{self.path} is damaged ({error}); it was left as it is. Move it away and run"
                        " `python build_voiceprint.py`: it makes the voiceprints again from the recordings."
                    )
            raise HeardError(text) from None

    def empty_log(self) -> None:
        """Bring the write-ahead log into the database and cut it to nothing: it still holds what was deleted."""
        with self._explained():
            busy, *_ = self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise HeardError(
                f"deleted, but {self.path.name}-wal still holds it while another program reads; close that program,"
                " and the last one to close empties the file."
            )
