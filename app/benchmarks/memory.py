"""How much memory a process takes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from utils import HeardError


def resident_mb(pid: int | None = None) -> float:
    """Megabytes of main memory that a process holds now; this one by default. Linux and macOS only."""
    pid, status = pid or os.getpid(), Path(f"/proc/{pid or os.getpid()}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    if os.name != "posix":
        raise HeardError("memory is measured on Linux and macOS only.")
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout) / 1024
