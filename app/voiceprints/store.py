"""The voiceprint store: who is enrolled, with which samples, and their embeddings. SQLite, one file.

An embedding is kept with the model that made it (weights SHA-256) and is only ever compared with that model's. The
recorded samples on disk (recordings.py) remain the source: whatever is lost here, ``build_voiceprint.py`` makes again
from them. What concerns both, such as deleting somebody, is in people.py.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.scoring.cohort import Cohort
from app.scoring.gallery import Gallery, gallery_of
from app.scoring.vectors import NotComparable, check_finite, finite_unit, from_bytes
from app.voiceprints.database import Database
from utils import BadInput, clean_name


@dataclass(frozen=True)
class EmbeddedSample:
    """One recording of a person, with the embeddings that a model made of it."""

    file: str
    """Path as given; of a recording relative to the data folder, with "/"."""
    vectors: np.ndarray
    """Embeddings (k, D) float32 of unit length, one for each segment of speech."""
    segment_s: Sequence[float]
    """Seconds of speech behind each of the k embeddings."""

    def __post_init__(self) -> None:
        """Raises NotComparable for embeddings that are not finite."""
        finite_unit(self.vectors)
        check_finite("a length", *self.segment_s)

    @property
    def speech_s(self) -> float:
        """Seconds of speech in all."""
        return float(sum(self.segment_s))


@dataclass(frozen=True)
class EnrolledPerson:
    """Somebody enrolled, as lists show them."""

    name: str
    enrolled_at: str
    """Time of enrolment, UTC to the second: "2026-01-31 12:34:56"."""
    samples: int
    speech_s: float
    """Seconds of speech in all samples."""
    models: tuple[str, ...]
    """The models that made the voiceprint."""


class VoiceprintStore:
    """``voiceprints.db`` in a data folder. Made when first written to; reading an absent one finds nobody."""

    def __init__(self, data: Path, *, busy_timeout_s: float = 10.0):
        """``busy_timeout_s``: seconds to wait for another program that is just writing."""
        self.data = Path(data)
        self.path = self.data / "voiceprints.db"
        self._database = Database(self.path, busy_timeout_s)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> VoiceprintStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ reading

    def people(self) -> list[str]:
        """Everybody's name, in alphabetical order."""
        return [name for (name,) in self._database.read("SELECT name FROM people ORDER BY name COLLATE NOCASE")]

    def overview(self) -> list[EnrolledPerson]:
        """Everybody who has samples, in alphabetical order, with what they are known by."""
        rows = self._database.read(
            "SELECT p.name, p.enrolled_at, count(*), total(s.speech_s),"
            " (SELECT group_concat(model_id, char(10)) FROM (SELECT DISTINCT e.model_id FROM samples t"
            "  JOIN embeddings e ON e.sample_id = t.id WHERE t.person_id = p.id ORDER BY e.model_id))"
            " FROM people p JOIN samples s ON s.person_id = p.id GROUP BY p.id ORDER BY p.name COLLATE NOCASE"
        )
        return [EnrolledPerson(*row[:4], tuple((row[4] or "").split("\n"))) for row in rows]

    def samples(self, name: str, model_sha256: str) -> list[EmbeddedSample]:
        """A person's samples that this model has embedded, oldest first; without those whose embeddings are damaged."""
        rows = self._database.read(
            "SELECT s.id, s.file, e.vector, e.speech_s FROM people p JOIN samples s ON s.person_id = p.id"
            " JOIN embeddings e ON e.sample_id = s.id WHERE p.name = ? AND e.model_sha256 = ? ORDER BY s.id, e.id",
            (clean_name(name), model_sha256),
        )
        grouped: dict[int, list] = {}
        for row in rows:
            grouped.setdefault(row[0], []).append(row)
        found = []
        for group in grouped.values():
            with contextlib.suppress(NotComparable):
                vectors = np.stack([from_bytes(row[2], len(group[0][2]) // 4) for row in group])
                found.append(EmbeddedSample(group[0][1], vectors, [row[3] for row in group]))
        return found

    def gallery(self, model_sha256: str, cohort: Cohort | None = None, dimension: int | None = None) -> Gallery:
        """The people whom this model knows: a row each, the mean of its embeddings weighted by seconds of speech.

        ``cohort``, ``dimension``: the model's, for normalised scores, and of its embeddings. Whose embeddings are
        damaged is not in it, but among its ``damaged``.
        """
        rows = self._database.read(
            "SELECT p.name, e.vector, e.speech_s FROM people p JOIN samples s ON s.person_id = p.id"
            " JOIN embeddings e ON e.sample_id = s.id WHERE e.model_sha256 = ? ORDER BY p.name COLLATE NOCASE, e.id",
            (model_sha256,),
        )
        return gallery_of(rows, cohort, dimension)

    def stale(self, model_sha256: str) -> list[str]:
        """People whose voiceprints were all made by other models. They must be built again before they are known."""
        rows = self._database.read(
            "SELECT p.name FROM people p WHERE EXISTS (SELECT 1 FROM samples s WHERE s.person_id = p.id)"
            " AND NOT EXISTS (SELECT 1 FROM samples s JOIN embeddings e"
            " ON e.sample_id = s.id WHERE s.person_id = p.id AND e.model_sha256 = ?) ORDER BY p.name COLLATE NOCASE",
            (model_sha256,),
        )
        return [name for (name,) in rows]

    def has_sample(self, name: str, file: str) -> bool:
        """Whether a sample of this file is among the person's, whatever model embedded it."""
        return bool(
            self._database.read(
                "SELECT 1 FROM samples s JOIN people p ON p.id = s.person_id WHERE p.name = ? AND s.file = ?",
                (clean_name(name), file),
            )
        )

    def version(self) -> int:
        """A number that changes whenever another store, of this program or another one, has written; 0 for no file."""
        rows = self._database.read("PRAGMA data_version")
        return rows[0][0] if rows else 0

    # ------------------------------------------------------------ writing

    def set_samples(self, name: str, model_id: str, model_sha256: str, samples: Sequence[EmbeddedSample]) -> None:
        """Enrol a person with these ``samples`` and no others. On any error nothing changes.

        What other models made of the same files stays, so that going back to such a model needs no rebuilding.
        """
        if not samples:
            raise ValueError("a voiceprint needs at least one sample")
        with self._database.write() as db:
            person = _person_id(db, clean_name(name))
            files = {sample.file for sample in samples}
            known = db.execute("SELECT id, file FROM samples WHERE person_id = ?", (person,)).fetchall()
            db.executemany("DELETE FROM samples WHERE id = ?", [(i,) for i, file in known if file not in files])
            for sample in samples:
                _insert(db, person, model_id, model_sha256, sample)

    def add_sample(self, name: str, model_id: str, model_sha256: str, sample: EmbeddedSample) -> None:
        """Add one sample to a person, who is enrolled if new; the same file again replaces what it gave."""
        with self._database.write() as db:
            person = _person_id(db, clean_name(name))
            _insert(db, person, model_id, model_sha256, sample)

    def create(self, name: str) -> None:
        """Add somebody who has no samples yet. Raises BadInput for a name in use."""
        name = clean_name(name)
        with self._database.write() as db:
            if not db.execute("INSERT INTO people (name) VALUES (?) ON CONFLICT DO NOTHING", (name,)).rowcount:
                raise BadInput(f"there is a {name} already; choose another name.")

    def rename_rows(self, old: str, new: str, old_folder: str, new_folder: str) -> None:
        """Give a person another name, and the files of their samples that lie in ``old_folder`` another folder.

        ``old``, ``new``: clean names; nothing is checked. The folders are as in ``EmbeddedSample.file``.
        """
        prefix = f"{old_folder}/"
        with self._database.write() as db:
            db.execute("UPDATE people SET name = ? WHERE name = ?", (new, old))
            db.execute(
                "UPDATE samples SET file = ? || substr(file, ?) WHERE substr(file, 1, ?) = ?",
                (f"{new_folder}/", len(prefix) + 1, len(prefix), prefix),
            )

    def delete_rows(self, name: str) -> None:
        """Delete a person's row, samples and embeddings. What is freed is overwritten; see also ``empty_log``."""
        with self._database.write() as db:
            db.execute("DELETE FROM people WHERE name = ?", (clean_name(name),))

    def delete_sample_rows(self, name: str, file: str) -> None:
        """Delete the row and the embeddings of one of a person's samples. The person stays, even without samples."""
        with self._database.write() as db:
            db.execute(
                "DELETE FROM samples WHERE file = ? AND person_id = (SELECT id FROM people WHERE name = ?)",
                (file, clean_name(name)),
            )

    def empty_log(self) -> None:
        """Empty SQLite's write-ahead log, which still holds what was deleted.

        Raises HeardError while another program reads: the deletion stands, and the log is emptied later.
        """
        self._database.empty_log()

    def transaction(self) -> contextlib.AbstractContextManager[object]:
        """All that is written inside the ``with`` or, on any error, nothing."""
        return self._database.write()


def _person_id(db: sqlite3.Connection, name: str) -> int:
    db.execute("INSERT INTO people (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
    return db.execute("SELECT id FROM people WHERE name = ?", (name,)).fetchone()[0]


def _insert(db: sqlite3.Connection, person: int, model_id: str, model_sha256: str, sample: EmbeddedSample) -> None:
    """Add a sample's embeddings, in place of those that this model made of the same file before."""
    (sample_id,) = db.execute(
        "INSERT INTO samples (person_id, file, speech_s) VALUES (?, ?, ?)"
        " ON CONFLICT (person_id, file) DO UPDATE SET speech_s = excluded.speech_s RETURNING id",
        (person, sample.file, sample.speech_s),
    ).fetchone()
    db.execute("DELETE FROM embeddings WHERE sample_id = ? AND model_sha256 = ?", (sample_id, model_sha256))
    db.executemany(
        "INSERT INTO embeddings (sample_id, model_id, model_sha256, dimension, speech_s, vector)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (sample_id, model_id, model_sha256, len(vector), seconds, vector.astype("<f4").tobytes())
            for vector, seconds in zip(sample.vectors, sample.segment_s, strict=True)
        ],
    )
