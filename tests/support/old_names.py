"""A database as an earlier version could leave it: people whose names would be refused now."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path


def call(data: Path, **names: str) -> None:
    """Give people other names behind the program's back: ``Ana="unknown"``."""
    with contextlib.closing(sqlite3.connect(data / "voiceprints.db")) as db, db:
        for old, new in names.items():
            assert db.execute("UPDATE people SET name = ? WHERE name = ?", (new, old)).rowcount == 1


def spoil(data: Path, name: str, blob: bytes) -> None:
    """Put other bytes in the place of a person's first embedding."""
    with contextlib.closing(sqlite3.connect(data / "voiceprints.db")) as db, db:
        done = db.execute(
            "UPDATE embeddings SET vector = ? WHERE id = (SELECT min(e.id) FROM embeddings e JOIN samples s"
            " ON s.id = e.sample_id JOIN people p ON p.id = s.person_id WHERE p.name = ?)",
            (blob, name),
        )
        assert done.rowcount == 1
