"""Small files of people: notes, recordings, corrections. Sealed where their folder is, plain where it is not.

A sealed one is bound to its place below the sealed folder: one that was put in another's place is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from app.sealing.sealed_file import NotAuthentic, seal, unseal
from app.sealing.unlocking import key_of, sealed_home_of
from utils import BadInput, atomic_write

LARGEST_BYTES = 1 << 30


def read_private(path: Path) -> bytes:
    """What is in a file, opened if its folder is sealed: a plain file is refused there.

    Raises OSError if there is none, BadInput for more than 1 GiB, NotAuthentic and Locked.
    """
    with open(path, "rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise BadInput(f"{path}: too large for what is kept of a person.")
    home = sealed_home_of(path)
    return data if home is None else unseal(data, key_of(home), _context(path, home), path)


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its owner's eyes, atomically; sealed if its folder is. Raises OSError and Locked."""
    home = sealed_home_of(path)
    content = data if home is None else seal(data, key_of(home), _context(path, home))
    with atomic_write(path) as file:
        file.write(content)


def move_private(source: Path, target: Path) -> None:
    """Move a file within its data folder, in place of what is at ``target``. Raises like the two above.

    Of a sealed one a copy for its new place is written whole before the old one goes: after a kill both may be there.
    One that cannot be opened is moved as it is, and still cannot be opened.
    """
    if sealed_home_of(target) is not None:
        try:
            write_private(target, read_private(source))
        except NotAuthentic:
            pass
        else:
            source.unlink()
            return
    os.replace(source, target)


def _context(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix()
