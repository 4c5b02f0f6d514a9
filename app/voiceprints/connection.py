"""A connection to ``voiceprints.db``: SQLite's own or, of a sealed folder, SQLCipher's, whose pages are encrypted."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from urllib.parse import quote

from app.sealing.sealed_file import derive_key, missing_package


def connect(path: Path | str, key: bytes | None, timeout_s: float) -> sqlite3.Connection:
    """Open or make a file; ``key`` (32 bytes): the data key of a sealed folder, None for a plain file.

    SQLCipher 4: AES-256-CBC with HMAC-SHA512 for each page of the file and of its log; temporary tables stay in memory.
    Raises HeardError if SQLCipher is not installed.
    """
    options = {"isolation_level": None, "timeout": timeout_s, "check_same_thread": False}
    if key is None:
        db = sqlite3.connect(path, **options)
    else:
        db = _sqlcipher().connect(str(path), **options)
        db.execute("PRAGMA cipher_log_level = NONE")  # its errors are ours to tell
        db.execute(f'PRAGMA key = "{database_key(key)}"')
    db.execute("PRAGMA temp_store = MEMORY")  # nothing of anybody in temporary files
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a damaged name can be seen, and deleted
    return db


def read_into_memory(path: Path, key: bytes | None, timeout_s: float, *, log: bool = True) -> sqlite3.Connection:
    """A connection to a copy of a file in memory. With its ``log`` the file is opened, and its folder must be writable.

    Without, nothing is written: the file is only read.
    """
    if key is None:
        memory = connect(":memory:", None, timeout_s)
        if not log:
            if content := bytearray(path.read_bytes()):
                content[18:20] = b"\1\1"  # "has no log", in the header of SQLite's format
                memory.deserialize(bytes(content))
            return memory
        source = sqlite3.connect(path)
        try:
            source.backup(memory)
        finally:
            source.close()
        return memory
    memory = _sqlcipher().connect("file::memory:", isolation_level=None, check_same_thread=False, uri=True)
    memory.execute("PRAGMA cipher_log_level = NONE")
    where = f"file:{quote(str(path))}{'' if log else '?immutable=1'}"
    memory.execute("ATTACH ? AS source KEY ?", (where, database_key(key)))
    memory.execute("SELECT sqlcipher_export('main', 'source')")
    memory.execute(f"PRAGMA user_version = {memory.execute('PRAGMA source.user_version').fetchone()[0]}")
    memory.execute("DETACH source")
    memory.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return memory


def database_errors() -> tuple[type[Exception], ...]:
    """What SQLite and SQLCipher raise: they know nothing of each other."""
    other = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.DatabaseError, other.DatabaseError) if other else (sqlite3.DatabaseError,)


def database_key(key: bytes) -> str:
    """The database's own key, made of a folder's data key, as SQLCipher takes raw keys."""
    return f"x'{derive_key(key, 'database').hex()}'"


def _sqlcipher():
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise missing_package(error) from None
    return dbapi2
