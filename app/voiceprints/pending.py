"""Samples that wait: recorded, but the person's only when the enrolment is finished.

They lie in a hidden folder of this program's lease. What is not committed goes at the end of the enrolment, or, if the
program is killed, at the next start of any program.
"""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.sealing.unlocking import home_of
from app.voiceprints.lease import own_lease
from app.voiceprints.orders import erase_tree, give_move, touched, waiting
from app.voiceprints.recordings import (
    Note,
    condition_of,
    discard_sample,
    last_number,
    read_note,
    sample_file,
    samples_dir,
    samples_of,
    write_content,
    write_note,
)
from app.voiceprints.store import Person, VoiceprintStore
from app.voiceprints.sweep import PENDING
from utils import clean_name, make_private_dir, stored_name, wav_bytes


class PendingSamples:
    """Samples of one person. In a ``with``: what is not committed in it is erased at its end."""

    def __init__(self, data: Path, name: str, began: Person | None = None):
        """``began``: who is meant; by default whoever has ``name`` now. Raises BadInput for a name that cannot be."""
        self.data, self.name, person = home_of(data), stored_name(name), began
        if person is None:
            with VoiceprintStore(self.data) as store:
                person = store.find(self.name)
        if person is None:
            clean_name(self.name)  # somebody new: refused before anything is written
        self._person = person.id if person else None
        self._folder: Path | None = None
        self._next = last_number(path.name for path in samples_of(self.data, self.name))

    def __enter__(self) -> PendingSamples:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    @property
    def waiting(self) -> list[Path]:
        """The samples that wait, in the order of their numbers."""
        return sorted(self._folder.glob("[0-9]*.wav")) if self._folder else []

    def add(self, samples: np.ndarray, note: Note) -> Path:
        """Keep sound (n,) float32 at 16 kHz and its note. Returns where it waits. Raises OSError."""
        return self.add_content(wav_bytes(samples), note)

    def add_content(self, content: bytes, note: Note) -> Path:
        """The same of a recording as it is in its file."""
        if self._folder is None:
            with VoiceprintStore(self.data) as store:
                store.prepare()
            folder = self.data / "speakers" / f"{PENDING}{own_lease(self.data)}-{uuid.uuid4().hex[:8]}"
            make_private_dir(folder.parent)
            folder.mkdir(mode=0o700)
            self._folder = folder
        wav = self._folder / f"{self._next + 1:03d}.wav"
        write_content(wav, content, replace(note, name=self.name))
        self._next += 1
        return wav

    def drop(self, wav: Path) -> None:
        """Take back one sample."""
        discard_sample(wav)

    def discard(self) -> None:
        """Take back all samples. What cannot be erased now is at the next start."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                erase_tree(self._folder)
            self._folder = None

    def commit(
        self,
        store: VoiceprintStore,
        meanwhile: Callable[[sqlite3.Connection, Person, list[str]], None] | None = None,
    ) -> list[Path]:
        """Make the samples the person's, who may be new, all of them or none. Returns where they are then.

        ``meanwhile(db, person, files)`` may write to the store in the same transaction; ``files``: as in
        ``EmbeddedSample``, in the order of ``waiting``. Raises store.Gone if the person was deleted since this object
        was made, HeardError if it cannot be written: then the samples still wait.
        """
        files = store.despite_full_disk(lambda: self._commit(store, meanwhile)) if self.waiting else []
        return [self.data / file for file in files]

    def _commit(
        self, store: VoiceprintStore, meanwhile: Callable[[sqlite3.Connection, Person, list[str]], None] | None
    ) -> list[str]:
        wavs = self.waiting
        with store.transaction() as db:
            person = store.claim(db, self.name, self._person)
            folder = samples_dir(self.data, person.name)
            number = last_taken(db, self.data, person)
            moves, files, conditions = [], [], []
            for offset, wav in enumerate(wavs, 1):
                target = folder / f"{number + offset:03d}.wav"
                files.append(sample_file(self.data, target))
                note = read_note(wav)
                conditions.append(condition_of(note))
                if note and note.name != person.name:  # renamed meanwhile
                    write_note(wav.with_suffix(".json"), replace(note, name=person.name))
                for suffix in (".json", ".wav"):
                    source = sample_file(self.data, wav.with_suffix(suffix))
                    moves.append((source, sample_file(self.data, target.with_suffix(suffix))))
            give_move(db, moves)
            if meanwhile:
                meanwhile(db, person, files)
                db.executemany(
                    "UPDATE samples SET day = ?, device = ? WHERE person_id = ? AND file = ? AND removed IS NULL",
                    [(c.day, c.device, person.id, file) for c, file in zip(conditions, files, strict=True)],
                )
        self._folder, self._person = None, person.id  # what could not be moved is ordered, and must stay
        return files


def last_taken(db: sqlite3.Connection, data: Path, person: Person) -> int:
    """The highest number of a person's samples that is in use or may come back, in a transaction."""
    folder = samples_dir(data, person.name)
    inside = f"{sample_file(data, folder)}/"
    taken = [path for path in touched(waiting(db)) if path.startswith(inside)]
    rows = db.execute("SELECT file FROM samples WHERE person_id = ?", (person.id,))
    removed = [file for (file,) in rows if str(file).startswith(inside)]  # before a rename, perhaps
    return last_number([*taken, *removed, *(path.name for path in folder.glob("[0-9]*.*"))])
