"""What the database says of days and devices: noted for samples of older versions, and forgotten of old offers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from app.voiceprints.database import Damaged
from app.voiceprints.orders import give_remove
from app.voiceprints.recordings import condition_of, read_note, sample_file, samples_dir

KEPT_DAYS = 30
"""Days for which an offer is kept that nobody answers."""


def note_conditions(db: sqlite3.Connection, data: Path) -> None:
    """Write down day and device of all samples of which that was never done, as their notes say, in a transaction."""
    rows = db.execute("SELECT id, file FROM samples WHERE day IS NULL").fetchall()
    for number, file in rows:
        if not isinstance(file, str):
            raise Damaged("a file is missing")  # SQLite itself does not look
        condition = condition_of(read_note(data / file))
        values = (condition.day, condition.device, number)
        db.execute("UPDATE samples SET day = ?, device = ? WHERE id = ?", values)


def forget_old_offers(db: sqlite3.Connection, data: Path, today: date | None = None) -> None:
    """Let offers go that were kept for ``KEPT_DAYS``, dismissed ones too, in a transaction; their files follow."""
    last = ((today or date.today()) - timedelta(days=KEPT_DAYS)).isoformat()
    rows = db.execute(
        "SELECT o.id, p.name, o.recording FROM offers o JOIN people p ON p.id = o.person_id"
        " WHERE o.kept_on < ? AND o.removed IS NULL AND p.removed IS NULL",
        (last,),
    ).fetchall()
    forget_offers(db, data, rows)


def forget_offers(db: sqlite3.Connection, data: Path, rows: Iterable[tuple[int, str, str | None]]) -> None:
    """Remove offers for good, in a transaction: (id, the person's name, recording); their files follow."""
    paths = []
    for number, name, recording in rows:
        paths += offer_files(data, name, recording) if recording else []
        db.execute("DELETE FROM offers WHERE id = ?", (number,))
    if paths:
        give_remove(db, paths, None)


def offer_files(data: Path, name: str, recording: str) -> list[str]:
    """The files of a person's offer, recording and note, relative to the data folder."""
    wav = samples_dir(data, name) / recording
    return [sample_file(data, path) for path in (wav, wav.with_suffix(".json"))]
