"""Which programs that work on a data folder still live: each keeps a file locked, and the system frees it at its death.

What such a program has begun on disk carries the lease's name: if the lease is over, nobody will finish it.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from app.sealing.unlocking import home_of
from utils import make_private_dir

NAME = re.compile("[0-9a-f]{32}")
"""What leases are called."""

_own: dict[tuple[Path, int], FileLock] = {}
_taking = threading.Lock()


def own_lease(data: Path) -> str:
    """The name of this process's lease on a data folder, which is taken if it is not yet. Raises OSError."""
    key = (home_of(data), os.getpid())  # a forked process has to take its own
    with _taking:
        if key not in _own or not Path(_own[key].lock_file).exists():  # gone when the folder was sealed
            folder = _folder(data)
            make_private_dir(folder)
            lock = FileLock(folder / f"{uuid.uuid4().hex}.lock", mode=0o600, thread_local=False)
            lock.acquire(timeout=5)
            _own[key] = lock
        return Path(_own[key].lock_file).stem


def is_over(data: Path, lease: str) -> bool:
    """Whether the program that held this lease is gone. Its file is removed then."""
    path = _folder(data) / f"{lease}.lock"
    if any(Path(lock.lock_file) == path and key[1] == os.getpid() for key, lock in _own.items()):
        return False
    if not path.exists():
        return True
    probe = FileLock(path, mode=0o600, thread_local=False)
    try:
        with probe.acquire(blocking=False):
            path.unlink(missing_ok=True)
    except Timeout:
        return False
    except OSError:  # on Windows a file that is locked cannot be opened either
        return not path.exists()
    return True


def sweep_leases(data: Path) -> None:
    """Remove the files of leases that are over."""
    with contextlib.suppress(OSError):
        for path in _folder(data).glob("*.lock"):
            is_over(data, path.stem)


def give_up_leases() -> None:
    """End all leases of this process, as its end does: for tests, and before a data folder is removed."""
    with _taking:
        for lock in _own.values():
            lock.release(force=True)
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink(missing_ok=True)
        _own.clear()


def _folder(data: Path) -> Path:
    return home_of(data) / ".leases"
