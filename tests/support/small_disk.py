"""A file system that is full sooner than a real one."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(where: Path, kilobytes: int) -> Iterator[Path]:
    """A tmpfs of ``kilobytes`` mounted on ``where``. Skips the test where that is not allowed."""
    if not sys.platform.startswith("linux"):
        pytest.skip("a disk that is full is tried on Linux only")
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(where)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no permission to mount a small disk: run as root to try a full one")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def fill(where: Path) -> None:
    """Leave not a byte free."""
    with contextlib.suppress(OSError), open(where / "filler", "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
