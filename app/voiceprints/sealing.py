"""The ways to seal a data folder: with a key in the system's keyring, or with a passphrase; and another passphrase."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.sealing import system_keyring
from app.sealing.lock import Lock, read_lock, write_lock
from app.sealing.passphrase import checked_new
from app.sealing.unlocking import home_of, is_sealed, key_of
from app.voiceprints.conversion import Track, seal_data
from utils import BadInput


def seal_by_keyring(data: Path, track: Track = list) -> int | None:
    """Seal with a key that the system's keyring keeps; None, and nothing was done, where that keeps nothing.

    Returns and raises like ``seal_data``.
    """
    refuse_sealed(data)
    lock, key = Lock.fresh()
    by_keyring = lock.with_keyring(key)
    if by_keyring is None:
        return None
    try:
        return seal_data(data, by_keyring, key, track)
    finally:
        if not is_sealed(home_of(data)):
            system_keyring.forget_secret(lock.folder_id)


def seal_by_passphrase(data: Path, passphrase: str, track: Track = list) -> int:
    """Seal with a passphrase, without which everything is lost. Returns and raises like ``seal_data``."""
    refuse_sealed(data)
    lock, key = Lock.fresh()
    return seal_data(data, lock.with_passphrase(key, checked_new(passphrase)), key, track)


def change_passphrase(data: Path, passphrase: str, *, keyring: bool = True) -> Lock:
    """Let another passphrase open a sealed folder, which this program can open now. Returns its lock.

    Without ``keyring`` the system's keyring opens it no more. Raises BadInput for a folder that is not sealed, Locked,
    HeardError and OSError: then everything is as it was.
    """
    refuse_plain(data)
    home = home_of(data)
    key = key_of(home)
    lock = read_lock(home).with_passphrase(key, checked_new(passphrase))
    if not keyring:
        lock = replace(lock, by_keyring=b"")
    write_lock(home, lock)
    if not keyring:
        system_keyring.forget_secret(lock.folder_id)
    return lock


def refuse_sealed(data: Path) -> None:
    """Raise BadInput for a folder that is sealed."""
    if is_sealed(home_of(data)):
        raise BadInput(f"{data} is sealed already; `python -m app voices passphrase` changes how it is opened.")


def refuse_plain(data: Path) -> None:
    """Raise BadInput for a folder that is not sealed."""
    if not is_sealed(home_of(data)):
        raise BadInput(f"{data} is not sealed: `python -m app voices seal` does that.")
