"""What was extracted, in one SQLite file: a run that is killed at any moment loses nothing that is in it.

A shard is one transaction. SQLite does not notice a flipped bit in the values that it keeps: every clip has a checksum.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.corpus.clips import Clip
from app.extraction import old_journal, wal_check
from app.extraction.journal_file import (
    COLUMNS,
    IDENTITY,
    INSERT,
    ONE_CHANNEL,
    ONE_CHANNEL_VERSION,
    SCHEMA,
    SCHEMA_VERSION,
    TEXT,
    checksum,
    connect,
    damaged,
    explained,
    explanation,
    make_private,
    storable,
)
from app.extraction.pending import clip_key
from app.extraction.shard import ClipResult
from utils import BadInput, HeardError

JOURNAL = "journal.db"


@dataclass(frozen=True)
class Totals:
    """What the clips with embeddings come to."""

    embeddings: int
    speakers: tuple[str, ...]


class Journal:
    """The journal at ``path``, for one writer at a time. Use as a context manager, in one thread.

    Every method raises HeardError if the journal is damaged, OSError for a full disk.
    """

    def __init__(self, path: str | os.PathLike, identity: dict):
        """Open the journal, or make it.

        ``identity`` is what all clips have in common: sha256 of the weights, precision, segment_s and hop_s (or None),
        channel if one was chosen (from 1; else it is not there), and model, which is only a name for people. A journal
        of the earlier format (``journal.bin`` beside ``path``) is taken over. Raises BadInput if the journal is of
        another identity or in use, HeardError if it is damaged.
        """
        self.path = Path(path)
        make_private(self.path)
        if what := wal_check.damage(self.path):
            raise damaged(self.path, what)
        with explained(self.path):
            self._db, self._last = connect(self.path), 0  # the last id
            try:
                self._make(identity)
                _compare(self.path.parent, _identity(self._db, self.path), identity)
                (verdict,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
                if verdict != "ok":
                    raise damaged(self.path, verdict)
                self._last = self._db.execute("SELECT ifnull(max(id), 0) FROM clips").fetchone()[0]
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def append(self, results: Sequence[ClipResult], embeddings: np.ndarray) -> None:
        """Add the clips of a shard and the embeddings of all their segments (n, D); on the disk when this returns."""
        with explained(self.path), self._transaction():
            self._insert(results, embeddings)

    def forget_failures(self) -> None:
        """Have all clips without an embedding done again."""
        with explained(self.path), self._transaction():
            self._db.execute("DELETE FROM clips WHERE status <> 'ok'")

    def speaker(self, key: bytes) -> str | None:
        """The speaker under whom the clip of a ``clip_key`` was done; None if it was not."""
        if not self._last:
            return None
        try:  # not explained: it is asked for every clip of the manifest, twice
            row = self._db.execute("SELECT speaker FROM clips WHERE key = ?", (key,)).fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise explanation(error, self.path) from None
        return row[0] if row else None

    def embedded(self) -> Iterator[tuple[ClipResult, np.ndarray]]:
        """The clips with embeddings, (segments, D) float32, in the order in which they were added."""
        return self._read("SELECT {} FROM clips WHERE status = 'ok' ORDER BY id")

    def failures(self) -> Iterator[ClipResult]:
        """The clips without an embedding, in the order in which they were added."""
        return (result for result, _ in self._read("SELECT {} FROM clips WHERE status <> 'ok' ORDER BY id"))

    def totals(self) -> Totals:
        """Counts over all clips with embeddings."""
        query = "SELECT speaker, sum(json_array_length(segments)) FROM clips WHERE status = 'ok' GROUP BY speaker"
        with explained(self.path):
            found = self._db.execute(query).fetchall()
        return Totals(sum(count for _, count in found), tuple(speaker for speaker, _ in found))

    def _make(self, identity: dict) -> None:
        """Make the tables where there are none, with the clips of a journal of the earlier format."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > ONE_CHANNEL_VERSION:
            raise HeardError(f"{self.path}: was written by a newer version of this program; update it to go on.")
        if version:
            return
        before = self.path.with_name(old_journal.JOURNAL)
        with old_journal.opened(before) as records, self._transaction():
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            if "channel" in identity:
                self._db.execute(ONE_CHANNEL)
            self._db.execute(
                f"PRAGMA user_version = {ONE_CHANNEL_VERSION if 'channel' in identity else SCHEMA_VERSION}"
            )
            for record in records:
                if record.identity:
                    _compare(self.path.parent, record.identity, identity)
                    identity = record.identity
                if record.retry:
                    self._db.execute("DELETE FROM clips WHERE status <> 'ok'")
                self._insert(record.clips, record.embeddings)
            values = [float(value) if isinstance(value, int) else value for value in map(identity.get, IDENTITY)]
            chosen = [identity["channel"]] if "channel" in identity else []
            insert = f"INSERT INTO identity VALUES ({TEXT}, ?, ?, ?, ?, ?{', ?' * len(chosen)})"
            self._db.execute(insert, (*map(storable, values), checksum(values + chosen), *chosen))
        before.unlink(missing_ok=True)

    def _insert(self, results: Sequence[ClipResult], embeddings: np.ndarray) -> None:
        rows, at, number = [], 0, self._last
        for number, result in enumerate(results, self._last + 1):
            clip, end = result.clip, at + len(result.segments)
            own = np.ascontiguousarray(embeddings[at:end], "<f4").tobytes()
            times = float(clip.start_s), None if clip.end_s is None else float(clip.end_s)
            facts = [clip.name, clip.speaker, *times, clip.error, clip.repeat, result.status]
            facts.append(json.dumps(result.segments))
            key = clip_key(clip)
            rows.append((number, key, checksum([number, key, *facts], own), *map(storable, facts), own))
            at = end
        self._db.executemany(INSERT, rows)
        self._last = number

    def _read(self, query: str) -> Iterator[tuple[ClipResult, np.ndarray]]:
        with explained(self.path):
            for number, key, written, *facts, own in self._db.execute(query.format(COLUMNS)):
                if checksum([number, key, *facts], own) != written:
                    raise damaged(self.path, f"clip {number}")
                name, speaker, start_s, end_s, error, repeat, status, segments = facts
                clip = Clip("", speaker, start_s=start_s, end_s=end_s, name=name, error=error, repeat=repeat)
                result = ClipResult(clip, status, tuple(map(tuple, json.loads(segments))))
                yield result, np.frombuffer(own, "<f4").reshape(len(result.segments), -1 if own else 0)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or, on any error, nothing."""
        last = self._last
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._last = last
            with contextlib.suppress(sqlite3.Error):  # a full disk has already rolled back
                self._db.execute("ROLLBACK")
            raise


def precision_before(folder: Path) -> str | None:
    """The precision of what a folder's journal holds; None if there is none. Raises HeardError if it is damaged."""
    if not (folder / JOURNAL).exists():
        return old_journal.precision_before(folder / old_journal.JOURNAL)
    if what := wal_check.damage(folder / JOURNAL):  # SQLite, asked first, would cut the log short
        raise damaged(folder / JOURNAL, what)
    with explained(folder / JOURNAL):
        db = connect(folder / JOURNAL)
        try:
            if db.execute("PRAGMA user_version").fetchone()[0]:
                return _identity(db, folder / JOURNAL)["precision"]
        finally:
            db.close()
    return old_journal.precision_before(folder / old_journal.JOURNAL)


def has_journal(folder: Path) -> bool:
    """Whether a folder has a journal, of this format or the earlier one."""
    return (folder / JOURNAL).exists() or (folder / old_journal.JOURNAL).exists()


def _identity(db: sqlite3.Connection, path: Path) -> dict:
    found = db.execute("SELECT * FROM identity")
    values = dict(zip((name for name, *_ in found.description), found.fetchone() or (), strict=False))
    written = values.pop("checksum", None)
    names = tuple(values)
    if names not in (IDENTITY, (*IDENTITY, "channel")) or checksum(list(values.values())) != written:
        raise damaged(path, "what it says of its model")
    return values


def _compare(folder: Path, before: dict, identity: dict) -> None:
    """Raise BadInput if a journal is of another identity than what is to be extracted now."""
    if before["sha256"] != identity["sha256"]:
        was = f"another model, {before['model']} (sha256 {before['sha256'][:12]}...)"
    elif before == {**identity, "model": before["model"]}:
        return
    elif before["precision"] != identity["precision"]:
        was, asked = before["precision"], identity["precision"]
        raise BadInput(
            f"{folder}: was extracted in {was}, which {asked} is not mixed with: say --precision {was},"
            " or choose another --out."
        )
    elif before.get("channel") != identity.get("channel"):
        channel = before.get("channel")
        was, say = (
            (f"channel {channel}", f"say --channel {channel}") if channel else ("all channels", "leave --channel out")
        )
        raise BadInput(f"{folder}: was extracted from {was}; embeddings are not mixed, {say} or choose another --out.")
    elif before["segment_s"] is None:
        was = "an embedding for each row"
    else:
        was = f"segments of {before['segment_s']:g} s, one every {before['hop_s']:g} s"
    raise BadInput(f"{folder}: was extracted with {was}; embeddings are not mixed, choose another --out.")
