"""How much memory a process takes, and how many files it holds open."""

from __future__ import annotations

import sys

from utils import missing_extra

try:
    import psutil
except ImportError:
    raise missing_extra("measuring memory", "psutil", "benchmarks") from None


def resident_mb(pid: int | None = None) -> float:
    """Megabytes of main memory that a process holds now; this process by default."""
    return psutil.Process(pid).memory_info().rss / 2**20


def open_files(pid: int | None = None) -> int:
    """File descriptors, on Windows handles, that a process holds now; this process by default."""
    process = psutil.Process(pid)
    return process.num_handles() if sys.platform == "win32" else process.num_fds()
