"""How long a start takes, for whoever measures it: lines on stderr, only if ``HEARD_TIMING`` is set."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_IMPORTED_S = time.monotonic()


def process_age_s() -> float:
    """Seconds since this process was started (Linux: to 10 ms), elsewhere since this module was imported."""
    try:
        # Field 22 of stat, counted behind the command's name, which may hold anything: see proc(5).
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.monotonic() - _IMPORTED_S


class Stopwatch:
    """Prints "<what> in <n> ms", counted from the start of the process, the first time each thing is marked."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        # A copy of stderr: the original is turned off for moments while the sound system is asked for its devices.
        self._out = os.dup(sys.stderr.fileno()) if os.environ.get("HEARD_TIMING") else None

    def mark(self, what: str) -> None:
        if self._out is not None and what not in self._seen:
            self._seen.add(what)
            os.write(self._out, f"{what} in {1000 * process_age_s():.0f} ms\n".encode())
