"""The voiceprint store: who is enrolled, with which samples, and their embeddings. SQLite, one file.

An embedding is kept with the model that made it (weights SHA-256) and is only ever compared with that model's. The
recorded samples on disk (recordings.py) remain the source: whatever is lost here, ``build_voiceprint.py`` makes again
from them. What concerns both, such as deleting somebody, is in people.py and pending.py.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.names import looks_alike, name_key, new_name
from app.scoring.cohort import Cohort
from app.scoring.gallery import Gallery, gallery_of
from app.scoring.vectors import NotComparable, check_finite, finite_unit, from_bytes
from app.voiceprints.enrolled import EnrolledPerson, enrolled_people
from app.voiceprints.ledger import Ledger
from app.voiceprints.looks.colours import free_colour
from app.voiceprints.orders import touched, waiting
from app.voiceprints.recordings import Condition, condition_of, read_note, recorded_people, samples_dir, samples_of
from utils import BadInput, HeardError, stored_name


@dataclass(frozen=True)
class EmbeddedSample:
    """One recording of a person, with the embeddings that a model made of it."""

    file: str
    """Path as given; of a recording relative to the data folder, with "/"."""
    vectors: np.ndarray
    """Embeddings (k, D) float32 of unit length, one for each segment of speech."""
    segment_s: Sequence[float]
    """Seconds of speech behind each of the k embeddings."""
    condition: Condition | None = None
    """Of the recording; None: what the note beside it says."""

    def __post_init__(self) -> None:
        """Raises NotComparable for embeddings that are not finite."""
        finite_unit(self.vectors)
        check_finite("a length", *self.segment_s)

    @property
    def speech_s(self) -> float:
        """Seconds of speech in all."""
        return float(sum(self.segment_s))


@dataclass(frozen=True)
class Person:
    """Somebody in the store. A name may be changed, and given to another when they are deleted; the id may not."""

    id: int
    name: str


class Gone(HeardError):
    """Somebody was deleted while something was made for them, which is given up."""

    def __init__(self, name: str):
        super().__init__(f"{name} was deleted in the meantime: nothing was kept.")


class VoiceprintStore(Ledger):
    """``voiceprints.db`` in a data folder. Made when first written to; reading an absent one finds nobody."""

    def __enter__(self) -> VoiceprintStore:
        return self

    # ------------------------------------------------------------ reading

    def people(self) -> list[str]:
        """Everybody's name, in alphabetical order."""
        return list(self.names().values())

    def find(self, name: str) -> Person | None:
        """Whoever has this name now."""
        name = stored_name(name)
        return next((Person(*row) for row in self.names().items() if row[1] == name), None)

    def names(self) -> dict[int, str]:
        """Id -> name of everybody. A person's id stays whatever the name."""
        return dict(self.read("SELECT id, name FROM people WHERE removed IS NULL ORDER BY name COLLATE NOCASE"))

    def overview(self) -> list[EnrolledPerson]:
        """Everybody, in alphabetical order, with what they are known by."""
        return enrolled_people(self.read, self.data)

    def samples(self, name: str, model_sha256: str) -> list[EmbeddedSample]:
        """A person's samples that this model has embedded, oldest first; without those whose embeddings are damaged."""
        person = self.find(name)
        rows = self.read(
            "SELECT s.id, s.file, e.vector, e.speech_s, s.day, s.device FROM samples s"
            " JOIN embeddings e ON e.sample_id = s.id"
            " WHERE s.person_id = ? AND s.removed IS NULL AND e.model_sha256 = ? ORDER BY s.id, e.id",
            (person.id if person else -1, model_sha256),
        )
        grouped: dict[int, list] = {}
        for row in rows:
            grouped.setdefault(row[0], []).append(row)
        found = []
        for group in grouped.values():
            with contextlib.suppress(NotComparable):
                first = from_bytes(group[0][2])
                vectors = np.stack([first, *(from_bytes(row[2], len(first)) for row in group[1:])])
                _, file, _, _, day, device = group[0]
                condition = None if day is None else Condition(day, device)
                found.append(EmbeddedSample(file, vectors, [row[3] for row in group], condition))
        return found

    def gallery(self, model_sha256: str, cohort: Cohort | None = None, dimension: int | None = None) -> Gallery:
        """The people whom this model knows: a row each, the mean of its embeddings weighted by seconds of speech.

        ``cohort``, ``dimension``: the model's, for normalised scores, and of its embeddings. Whose embeddings are
        damaged is not in it, but among its ``damaged``.
        """
        rows = self.read(
            "SELECT p.name, e.vector, e.speech_s FROM people p JOIN samples s ON s.person_id = p.id"
            " JOIN embeddings e ON e.sample_id = s.id WHERE p.removed IS NULL AND s.removed IS NULL"
            " AND e.model_sha256 = ? ORDER BY p.name COLLATE NOCASE, e.id",
            (model_sha256,),
        )
        return gallery_of(rows, cohort, dimension)

    def stale(self, model_sha256: str) -> list[str]:
        """People whose voiceprints were all made by other models. They must be built again before they are known."""
        rows = self.read(
            "SELECT p.name FROM people p WHERE p.removed IS NULL"
            " AND EXISTS (SELECT 1 FROM samples s WHERE s.person_id = p.id AND s.removed IS NULL)"
            " AND NOT EXISTS (SELECT 1 FROM samples s JOIN embeddings e ON e.sample_id = s.id"
            "  WHERE s.person_id = p.id AND s.removed IS NULL AND e.model_sha256 = ?) ORDER BY p.name COLLATE NOCASE",
            (model_sha256,),
        )
        return [name for (name,) in rows]

    def models_of(self, name: str) -> list[tuple[str, str]]:
        """(name, weights' SHA-256) of the models that have embedded samples of a person."""
        person = self.find(name)
        return self.read(
            "SELECT DISTINCT e.model_id, e.model_sha256 FROM samples s JOIN embeddings e ON e.sample_id = s.id"
            " WHERE s.person_id = ? AND s.removed IS NULL ORDER BY e.model_id, e.model_sha256",
            (person.id if person else -1,),
        )

    # ------------------------------------------------------------ writing

    def find_or_adopt(self, db: sqlite3.Connection, name: str) -> Person | None:
        """Whoever has this name, in a transaction; a person with recordings, but unknown here, is taken in."""
        if person := self.find(name):
            return person
        return self._insert(db, stored_name(name)) if samples_of(self.data, name) else None

    def adopt(self, name: str) -> Person | None:
        """Whoever has this name or recordings of it; None for nobody."""
        if person := self.find(name):
            return person
        if self.read_only or not samples_of(self.data, name):
            return None
        with self.transaction() as db:  # in which files do not change: recordings of somebody deleted are not there
            return self.find_or_adopt(db, name)

    def claim(self, db: sqlite3.Connection, name: str, expected: int | None) -> Person:
        """The person to add something to, in a transaction. ``expected``: who had the name when the work began.

        With None, whoever has the name, or somebody new. Raises Gone if the expected person was deleted, BadInput if
        somebody has a name that looks like this one or it cannot be one.
        """
        if expected is not None:
            row = db.execute("SELECT id, name FROM people WHERE id = ? AND removed IS NULL", (expected,)).fetchone()
            if row is None:
                raise Gone(name)
            return Person(*row)
        if person := self.find_or_adopt(db, name):
            return person
        self.refuse_taken(new_name(name))
        return self._insert(db, new_name(name))

    def _insert(self, db: sqlite3.Connection, name: str) -> Person:
        folder = samples_dir(self.data, name).relative_to(self.data).as_posix()
        if any(path == folder or path.startswith(f"{folder}/") for path in touched(self._unfinished(db))):
            raise HeardError(f"an earlier deletion of {name} could not be finished yet; choose another name.")
        row = db.execute("INSERT INTO people (name, colour) VALUES (?, ?)", (name, free_colour(db)))
        return Person(int(row.lastrowid or 0), name)

    def _unfinished(self, db: sqlite3.Connection) -> list:
        return [order for order in waiting(db) if not order.what.get("hidden", False)]

    def create(self, name: str) -> None:
        """Add somebody who has no samples yet. Raises BadInput for a name in use or one that cannot be."""
        with self.transaction() as db:
            self.refuse_taken(new_name(name))
            self._insert(db, new_name(name))

    def refuse_taken(self, name: str, but: int | None = None) -> None:
        """Raise BadInput if somebody, other than the person of id ``but``, has this name or one that looks like it.

        In a transaction.
        """
        rows = self.names()
        recorded, own = recorded_people(self.data, rows.values()), rows.pop(but, None)
        key = name_key(name)
        unnamed = {name} if samples_of(self.data, name) else set()  # of lost notes
        for taken in sorted({*rows.values(), *recorded, *unnamed} - {own}):
            if name_key(taken) == key:
                raise BadInput(f"there is a {taken} already; choose another name.")
            if looks_alike(taken, name):
                raise BadInput(f"{name} looks like {taken}, but for letters of another script; choose another name.")

    def set_samples(
        self,
        name: str,
        model_id: str,
        model_sha256: str,
        samples: Sequence[EmbeddedSample],
        keep: Collection[str] = (),
    ) -> None:
        """Enrol a person with these ``samples`` and no others, but for the files in ``keep``, which stay as they are.

        What other models made of the same files stays, so that going back to such a model needs no rebuilding. On any
        error nothing changes.
        """
        if not samples:
            raise ValueError("a voiceprint needs at least one sample")
        with self.transaction() as db:
            person = self.claim(db, name, None)
            files = {*keep, *(sample.file for sample in samples)}
            known = db.execute(
                "SELECT id, file FROM samples WHERE person_id = ? AND removed IS NULL", (person.id,)
            ).fetchall()
            db.executemany("DELETE FROM samples WHERE id = ?", [(i,) for i, file in known if file not in files])
            for sample in samples:
                self._insert_sample(db, person.id, model_id, model_sha256, sample)

    def add_sample(self, name: str, model_id: str, model_sha256: str, sample: EmbeddedSample) -> None:
        """Add one sample to a person, who is enrolled if new; the same file again replaces what it gave."""
        with self.transaction() as db:
            self._insert_sample(db, self.claim(db, name, None).id, model_id, model_sha256, sample)

    def _insert_sample(
        self, db: sqlite3.Connection, person: int, model_id: str, model_sha256: str, sample: EmbeddedSample
    ) -> None:
        """Add a sample's embeddings, in place of those that this model made of the same file before."""
        condition = sample.condition
        if condition is None and (note := read_note(self.data / sample.file)):
            condition = condition_of(note)
        (sample_id,) = db.execute(
            "INSERT INTO samples (person_id, file, speech_s, day, device) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (person_id, file) WHERE removed IS NULL DO UPDATE SET speech_s = excluded.speech_s,"
            " day = coalesce(excluded.day, day), device = coalesce(excluded.device, device) RETURNING id",
            (person, sample.file, sample.speech_s, condition and condition.day, condition and condition.device),
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
