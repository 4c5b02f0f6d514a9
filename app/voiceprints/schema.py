"""What the tables of ``voiceprints.db`` are, and how older files become like that."""

from __future__ import annotations

import sqlite3

VERSION = 4

TABLES = """
CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: whoever was deleted does not come back as another
    name TEXT NOT NULL,
    enrolled_at TEXT NOT NULL DEFAULT (datetime('now')),
    removed INTEGER, -- the order that removes them; null for everybody who is there
    may_keep INTEGER, -- whether speech that is surely theirs may be kept; null before that was asked
    answered_on TEXT, -- the day of that answer
    colour INTEGER, -- the number of their colour, for life: nobody else has it while they are here
    gender TEXT -- what is said of the voice by hand: "female", "male" or "hidden"; null leaves it to the model
) STRICT;
CREATE UNIQUE INDEX people_by_name ON people(name) WHERE removed IS NULL;
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    speech_s REAL NOT NULL,
    removed INTEGER,
    device TEXT, -- what it was recorded with, "file" of a file, empty if nobody knows; null before that was looked for
    day TEXT, -- the day of the recording, such as 2026-01-31, or empty
    offer INTEGER -- the offer that it was
) STRICT;
CREATE UNIQUE INDEX samples_by_file ON samples(person_id, file) WHERE removed IS NULL;
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
CREATE TABLE offers ( -- speech that was surely a person's, to be added to their samples or not: see offers.py
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    recording TEXT, -- the name of its file, beside the person's samples; null once it was dismissed
    device TEXT NOT NULL,
    day TEXT NOT NULL,
    speech_s REAL NOT NULL,
    kept_on TEXT NOT NULL,
    removed INTEGER
) STRICT;
CREATE TABLE orders ( -- what must still follow on disk: see orders.py
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    what TEXT NOT NULL
) STRICT;
"""

FROM_VERSION_1 = """
ALTER TABLE people RENAME TO old_people;
ALTER TABLE samples RENAME TO old_samples;
ALTER TABLE embeddings RENAME TO old_embeddings;
DROP INDEX embeddings_by_model;
{tables}
INSERT INTO people (id, name, enrolled_at) SELECT id, name, enrolled_at FROM old_people;
INSERT INTO samples (id, person_id, file, speech_s) SELECT id, person_id, file, speech_s FROM old_samples;
INSERT INTO embeddings SELECT * FROM old_embeddings;
DROP TABLE old_embeddings;
DROP TABLE old_samples;
DROP TABLE old_people;
{colours}
"""

FROM_VERSION_2 = """
ALTER TABLE people ADD COLUMN may_keep INTEGER;
ALTER TABLE people ADD COLUMN answered_on TEXT;
ALTER TABLE samples ADD COLUMN device TEXT;
ALTER TABLE samples ADD COLUMN day TEXT;
ALTER TABLE samples ADD COLUMN offer INTEGER;
{offers}
"""

FROM_VERSION_3 = """
ALTER TABLE people ADD COLUMN colour INTEGER;
ALTER TABLE people ADD COLUMN gender TEXT;
{colours}
"""

COLOURS = "UPDATE people SET colour = (SELECT count(*) FROM people earlier WHERE earlier.id < people.id);"
"""Everybody who has none yet gets one, in the order in which they came."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file of an older version, or an empty one, to this version's tables, all or nothing.

    Outside a transaction, with foreign keys off. A file that another program brings up to date meanwhile is left alone.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version < VERSION:
            for statement in _statements(_script(version)):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _script(version: int) -> str:
    match version:
        case 1:
            return FROM_VERSION_1.format(tables=TABLES, colours=COLOURS)
        case 2:
            begin = TABLES.index("CREATE TABLE offers")
            offers = TABLES[begin : TABLES.index("CREATE TABLE orders")]
            return FROM_VERSION_2.format(offers=offers) + FROM_VERSION_3.format(colours=COLOURS)
        case 3:
            return FROM_VERSION_3.format(colours=COLOURS)
    return TABLES


def _statements(script: str) -> list[str]:
    plain = "\n".join(line.split("--")[0] for line in script.splitlines())
    return [statement for statement in plain.split(";") if statement.strip()]
