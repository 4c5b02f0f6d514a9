"""All that the program keeps on this computer, whatever kind it is of: where it lies, how much it is, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.embedding.download import cache_dir
from app.sealing import system_keyring
from app.sealing.lock import LOCK_FILE, read_lock
from app.sealing.unlocking import SEALED_FOLDER, home_of, is_sealed
from app.voiceprints.lease import is_over
from app.voiceprints.sides import DATABASE, PLAIN_PARTS, SETTINGS
from utils import BUNDLED, HeardError

IN_DATA = (*PLAIN_PARTS, f"{DATABASE}*", SEALED_FOLDER, f"{SETTINGS}*", "server-token", "crash.log", ".*.part")
"""What lies in a data folder, as patterns of names. Whatever else is there is not the program's, and stays."""
IN_CACHE = ("speechbrain--*", "large-*", ".*.part")


@dataclass(frozen=True)
class Place:
    """One folder of the program's, and what is in it."""

    folder: Path
    entries: tuple[Path, ...]
    """Files and folders that are the program's."""
    files: int
    size_bytes: int


def data_place(data: Path) -> Place:
    """The recordings, voiceprints, settings and the like of a data folder."""
    return _place(data, IN_DATA)


def cache_place() -> Place:
    """The models that were downloaded or made."""
    return _place(cache_dir(), IN_CACHE)


def count_people(data: Path) -> int | None:
    """Those with recordings; None where that is sealed."""
    if is_sealed(home_of(data)):
        return None
    return sum(folder.is_dir() for folder in (data / "speakers").glob("[!.]*"))


def forget(place: Place) -> None:
    """Remove what is in a place, and its folder if nothing else is there. Raises HeardError while another program works
    on it, OSError if something cannot be removed: the rest is gone then."""
    if users := [lock.stem for lock in _leases(place.folder) if not is_over(place.folder, lock.stem)]:
        raise HeardError(f"{place.folder}: {len(users)} other program(s) of Heard work on it; end them first.")
    with contextlib.suppress(HeardError, OSError):
        system_keyring.forget_secret(read_lock(place.folder / SEALED_FOLDER).folder_id)
    for entry in place.entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    if place.folder != BUNDLED:
        with contextlib.suppress(OSError):  # something else is in it
            place.folder.rmdir()


def _leases(folder: Path) -> Iterator[Path]:
    for home in {folder, folder / SEALED_FOLDER if (folder / SEALED_FOLDER / LOCK_FILE).exists() else folder}:
        yield from (home / ".leases").glob("*.lock")


def _place(folder: Path, patterns: tuple[str, ...]) -> Place:
    entries = tuple(sorted({entry for pattern in patterns for entry in folder.glob(pattern)}))
    sizes = [size for entry in entries for size in _sizes(entry)]
    return Place(folder, entries, len(sizes), sum(sizes))


def _sizes(entry: Path) -> Iterator[int]:
    """Of every file below; a link is itself, not what it leads to."""
    if entry.is_symlink() or not entry.is_dir():
        yield entry.lstat().st_size
        return
    for folder, _, names in os.walk(entry):
        for name in names:
            with contextlib.suppress(OSError):  # another program removed it
                yield os.lstat(os.path.join(folder, name)).st_size
