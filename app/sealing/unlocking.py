"""Opens sealed folders, once in a process: silently where the keyring or the environment can, else by asking."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from app.sealing import passphrase as passphrases
from app.sealing.lock import LOCK_FILE, read_lock
from utils import BadInput

SEALED_FOLDER = "sealed"
"""Of a data folder: whoever is in it is sealed, and what lies beside it is not theirs any more."""

_opening = threading.RLock()
_keys: dict[str, bytes] = {}
"""Folder number -> data key, of every folder that this process has opened."""
_numbers: dict[Path, tuple[tuple[int, int, int], str]] = {}
"""Sealed folder -> its lock file as it was read (i-node, time, size), and the folder number in it."""
_asker: Callable[[Path], str | None] | None = None


class Locked(BadInput):
    """A sealed folder that could not be opened: no passphrase, or not the right one."""


def home_of(data: Path) -> Path:
    """Where the people of a data folder are: its sealed part if it has one, else itself."""
    inside = Path(data) / SEALED_FOLDER
    return inside if (inside / LOCK_FILE).exists() else Path(data)


def is_sealed(home: Path) -> bool:
    """Whether a place that ``home_of`` gave is sealed."""
    return home.name == SEALED_FOLDER and (home / LOCK_FILE).exists()


def sealed_home_of(path: Path) -> Path | None:
    """The sealed folder that a file lies in: a recording, or what is beside the recordings. None for no sealed one."""
    return next((parent for parent in path.parents[:3] if is_sealed(parent)), None)


def ask_with(ask: Callable[[Path], str | None] | None) -> None:
    """Let ``ask`` give the passphrase of a sealed folder, in place of the terminal: None is that nobody knows it."""
    global _asker
    _asker = ask


def key_of(home: Path) -> bytes:
    """The data key of a sealed folder (32 bytes), from the keyring, the environment, or by asking; once a process.

    Raises Locked if it cannot be had, HeardError for a damaged lock.
    """
    with _opening:
        if not opens_silently(home):
            _keys[_number(home)] = _by_passphrase(home, _asked(home))
        return _keys[_number(home)]


def opens_silently(home: Path) -> bool:
    """Open a sealed folder without asking, if the keyring or the environment can. Raises like ``key_of``."""
    with _opening:
        number = _number(home)
        if number not in _keys:
            lock = read_lock(home)
            key = lock.key_by_keyring()
            if key is None and lock.scrypt is None:
                raise Locked(
                    f"{home}: its key is in a system's keyring that cannot be read here; unlock that, or log in."
                )
            passphrase = passphrases.from_environment() if key is None else None
            if passphrase is not None:
                key = _by_passphrase(home, passphrase)
            if key is None:
                return False
            _keys[number] = key
        return True


def unlock(home: Path, passphrase: str) -> bytes:
    """Open a sealed folder by its passphrase, for this process. Raises Locked if it is not the right one."""
    with _opening:
        key = _keys[_number(home)] = _by_passphrase(home, passphrase)
        return key


def remember(folder_id: str, key: bytes) -> None:
    """Know the key of a folder that this process has just sealed."""
    with _opening:
        _keys[folder_id] = key


def forget_all() -> None:
    """Know no key any more."""
    with _opening:
        _keys.clear()
        _numbers.clear()


def _number(home: Path) -> str:
    seen = (home / LOCK_FILE).stat()
    stamp = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
    if _numbers.get(home, (None,))[0] != stamp:
        _numbers[home] = stamp, read_lock(home).folder_id
    return _numbers[home][1]


def _by_passphrase(home: Path, passphrase: str) -> bytes:
    key = read_lock(home).key_by_passphrase(passphrase)
    if key is None:
        raise Locked(f"{home}: this is not its passphrase; a forgotten one cannot be found out.")
    return key


def _asked(home: Path) -> str:
    if _asker is not None:
        passphrase = _asker(home)
        if passphrase is None:
            raise Locked(f"{home} is sealed and was not opened.")
        return passphrase
    instead = (
        f"{home} is sealed: start this at a terminal to give the passphrase, or name a file that holds it"
        f" in {passphrases.ENVIRONMENT_FILE}."
    )
    return passphrases.ask(f"Passphrase of {home}: ", instead)
