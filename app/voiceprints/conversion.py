"""A data folder is sealed, or unsealed: all or nothing, whenever the program is killed.

While it lasts no other program can write to the folder. The other side is built whole, each file is read again and
compared, one rename switches (sides.py), and what it replaces is erased.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.sealing import system_keyring
from app.sealing.lock import Lock, read_lock, write_lock
from app.sealing.sealed_file import opaque_name, seal, unseal
from app.sealing.unlocking import SEALED_FOLDER, home_of, key_of, remember
from app.voiceprints import sides
from app.voiceprints.connection import connect, database_errors
from app.voiceprints.orders import waiting
from app.voiceprints.recordings import recorded_people
from app.voiceprints.schema import migrate
from app.voiceprints.store import VoiceprintStore
from app.voiceprints.sweep import clear_leftovers
from utils import BadInput, HeardError, atomic_write, make_private_dir, slug

PREPARED = "prepared.json"
Track = Callable[[list[Path]], Iterable[Path]]
"""Gives files back one by one, and may show how far it has come."""


def seal_data(data: Path, lock: Lock, key: bytes, track: Track = list) -> int:
    """Encrypt everybody in a data folder with ``key``, which ``lock`` wraps. Returns how many files there are of them.

    Raises BadInput if it is sealed already, HeardError if people are being recorded or
    removed just now or it cannot be written, OSError such as for a full disk: then everything is as it was.
    """
    if home_of(data) != data:
        raise BadInput(f"{data} is sealed already.")
    home = data / SEALED_FOLDER

    def folder_of(names: dict[str, str], folder: str) -> str:
        return opaque_name(key, slug(names[folder]) if folder in names else folder)

    with VoiceprintStore(data) as store:
        _finish_removals(store)
        with store.transaction() as db, _undone_on_error(data):
            _refuse_while_busy(store, db)
            make_private_dir(home)
            write_lock(home, lock, PREPARED)
            folders = _FolderNames(store, folder_of)
            files = _private_files(data)
            for path in track(files):
                target = home / folders.moved(path.relative_to(data).as_posix())
                context, content = target.relative_to(home).as_posix(), path.read_bytes()
                _write(target, seal(content, key, context))
                if unseal(target.read_bytes(), key, context, target) != content:
                    raise HeardError(f"{target}: the disk gives back something else than was written.")
            _copy_rows(db, home / sides.DATABASE, key, folders)
            sides.switch_to_sealed(data, PREPARED)
            remember(lock.folder_id, key)
            _empty(db)
            with contextlib.suppress(OSError):  # a full disk, perhaps: the next start does it
                sides.forget_naming_settings(data)
        _end(store, data)
    return len(files)


def unseal_data(data: Path, track: Track = list) -> int:
    """Turn a sealed data folder back into a plain one. Returns how many files of people there are.

    Raises BadInput if it is not sealed, Locked if it cannot be opened, NotAuthentic for a file that was changed, and
    like ``seal_data``.
    """
    home = home_of(data)
    if home == data:
        raise BadInput(f"{data} is not sealed.")
    key, lock = key_of(home), read_lock(home)

    def folder_of(names: dict[str, str], folder: str) -> str:
        return slug(names[folder]) if folder in names else folder

    with VoiceprintStore(data) as store:
        _finish_removals(store)
        with store.transaction() as db, _undone_on_error(data):
            _refuse_while_busy(store, db)
            folders = _FolderNames(store, folder_of)
            files = _private_files(home)
            for path in track(files):
                context = path.relative_to(home).as_posix()
                _write(data / folders.moved(context), unseal(path.read_bytes(), key, context, path))
            _copy_rows(db, data / sides.DATABASE, None, folders)
            sides.switch_to_plain(data)
        _end(store, data)
    system_keyring.forget_secret(lock.folder_id)
    return len(files)


class _FolderNames:
    """What folders of people are called on the other side."""

    def __init__(self, store: VoiceprintStore, folder_of: Callable[[dict[str, str], str], str]):
        recorded = recorded_people(store.data, store.people())
        self._names = {wavs[0].parent.name: name for name, wavs in recorded.items()}
        self._folder_of = folder_of

    def moved(self, file: str) -> str:
        """A path relative to the home, "speakers/FOLDER/001.wav", on the other side."""
        match file.split("/"):
            case ["speakers", folder, *rest] if rest:
                return "/".join(["speakers", self._folder_of(self._names, folder), *rest])
        return file


@contextlib.contextmanager
def _undone_on_error(data: Path) -> Iterator[None]:
    """Erase what was built if it does not come to the switch. After it the new side counts, whatever happens."""
    try:
        sides.erase_other_side(data)
        yield
    except BaseException:
        sides.erase_other_side(data)
        raise


def _finish_removals(store: VoiceprintStore) -> None:
    if store.path.exists() and (problems := store.erase_removed()):
        raise HeardError(f"an earlier deletion cannot be finished: {problems[0]} Nothing was changed.")


def _refuse_while_busy(store: VoiceprintStore, db: sqlite3.Connection) -> None:
    clear_leftovers(store.data, lambda: {order.what["aside"] for order in waiting(db) if "aside" in order.what})
    hidden = [path for path in (store.data / "speakers").glob(".*-*") if path.is_dir()]
    if hidden or waiting(db):
        raise HeardError(
            "somebody is being recorded, or was removed and can still be brought back: finish that, or close the"
            " program that does it, and try again. Nothing was changed."
        )


def _private_files(home: Path) -> list[Path]:
    """Everything in folders of people but what programs keep there for themselves."""
    found = []
    for folder in sides.PRIVATE_FOLDERS:
        for path in sorted((home / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(home).parts)
            if path.is_file() and not hidden:
                found.append(path)
    return found


def _write(path: Path, content: bytes) -> None:
    make_private_dir(path.parent)
    with atomic_write(path) as file:
        file.write(content)


def _copy_rows(db: sqlite3.Connection, target: Path, key: bytes | None, folders: _FolderNames) -> None:
    """Every row into a new database, with the files of samples where they are on the other side."""
    target.touch(mode=0o600)
    other = connect(target, key, 10.0)
    try:
        migrate(other)
        other.execute("PRAGMA synchronous = FULL")
        other.execute("BEGIN IMMEDIATE")
        for table in _tables(db):
            rows = db.execute(f"SELECT * FROM {table}").fetchall()
            if rows:
                places = ", ".join("?" * len(rows[0]))
                other.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        for number, file in db.execute("SELECT id, file FROM samples").fetchall():
            other.execute("UPDATE samples SET file = ? WHERE id = ?", (folders.moved(file), number))
        other.execute("DELETE FROM sqlite_sequence")  # ids are never given twice, on the other side neither
        other.executemany(
            "INSERT INTO sqlite_sequence VALUES (?, ?)", db.execute("SELECT * FROM sqlite_sequence").fetchall()
        )
        other.execute("COMMIT")
    except database_errors() as error:
        raise HeardError(f"{target} could not be written ({error}); nothing was changed.") from None
    finally:
        other.close()


def _empty(db: sqlite3.Connection) -> None:
    """Overwrite the rows of the old side (secure_delete): its file may still be open in other programs."""
    with contextlib.suppress(*database_errors()):  # on a full disk: the file goes all the same
        for table in _tables(db):
            db.execute(f"DELETE FROM {table}")


def _tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [name for (name,) in rows.fetchall()]


def _end(store: VoiceprintStore, data: Path) -> None:
    with contextlib.suppress(HeardError):  # another program reads: the file goes all the same
        store.empty_log()
    store.close()
    if problems := sides.erase_other_side(data):
        raise HeardError(
            f"it is done, but not all of what it replaces could be erased ({problems[0].filename}): close other"
            " programs that use it; the next start tries again."
        )
