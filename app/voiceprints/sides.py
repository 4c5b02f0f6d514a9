"""The two sides of a data folder: plain, or sealed in ``sealed/``. Which one counts is said by one file, sealed.json.

Turning sealing on or off builds the other side whole, then gives that file its name, or takes it: one rename. Whatever
is left of the side that does not count is half built or given up, and is erased: at once, or after a kill at the next
start of any program.
"""

from __future__ import annotations

import os
from pathlib import Path

from app.sealing.lock import LOCK_FILE
from app.sealing.unlocking import SEALED_FOLDER, home_of
from app.voiceprints.orders import erase_all
from utils import atomic_write

DATABASE = "voiceprints.db"
PRIVATE_FOLDERS = ("speakers", "corrections")
"""Folders of a data folder whose files tell of people."""
SETTINGS = "window.ini"
NAMING_SETTINGS = ("device", "channel", "folder", "model", "threshold_of")
"""Keys of the window's settings whose values may name people: microphones and folders are called after them. A channel
is one of its microphone, and worth nothing beside another."""
PLAIN_PARTS = (
    *(f"{DATABASE}{end}" for end in ("-journal", "-wal", "-shm", "")),  # a new database would take over an old journal
    ".reserve",
    ".leases",
    *PRIVATE_FOLDERS,
)


def other_side(data: Path) -> list[Path]:
    """What lies in a data folder of the side that does not count; nothing, usually. The database goes first."""
    if home_of(data) != data:
        return [path for path in (data / part for part in PLAIN_PARTS) if os.path.lexists(path)]
    inside = data / SEALED_FOLDER
    parts = [inside / DATABASE, inside] if inside.is_dir() else []
    return [path for path in parts if path.exists()]


def erase_other_side(data: Path) -> list[OSError]:
    """Erase it, as much as can be. Returns what went wrong.

    Only while nobody else builds it: in a writing transaction of the side that counts.
    """
    return erase_all(other_side(data))


def forget_naming_settings(data: Path) -> None:
    """Take out of the window's plain settings what may name people. Raises OSError."""
    path = data / SETTINGS
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return
    kept = [line for line in lines if line.partition(b"=")[0].strip().lower().decode("latin-1") not in NAMING_SETTINGS]
    if kept != lines:
        with atomic_write(path) as file:
            file.write(b"".join(kept))


def switch_to_sealed(data: Path, prepared: str) -> None:
    """Let the sealed side count: its lock, ready as ``prepared``, gets its name."""
    _rename(data / SEALED_FOLDER, prepared, LOCK_FILE)


def switch_to_plain(data: Path) -> None:
    """Let the plain side count: the lock loses its name."""
    _rename(data / SEALED_FOLDER, LOCK_FILE, "unsealed.json")


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _rename(folder: Path, old: str, new: str) -> None:
    sync_folder(folder.parent)
    os.replace(folder / old, folder / new)
    sync_folder(folder)
