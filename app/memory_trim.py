"""Memory that was freed goes back to the system, so that what a program takes does not rise over hours.

Networks allocate and free large blocks, of another size for every length of sound. glibc keeps the pages of freed
blocks between others that are still in use, for each thread apart, and the program seems to grow. ``malloc_trim``
gives those pages back; once a minute it costs 1 to 5 ms. Measured with 500 embeddings of 0.5 to 12 s (docs/
reliability.md has the figures): to cap M_MMAP_THRESHOLD or M_TRIM_THRESHOLD by ``mallopt`` saves as much, and costs 15
to 75 % of the speed, since every block is new memory then; M_ARENA_MAX=1 saves half, and the threads wait for each
other; fixed lengths, which live listening has already, leave the threads' own heaps as they are.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import cache

EVERY_S = 60.0
_lock = threading.Lock()
_last_s = time.monotonic()


def trim_memory() -> bool:
    """Give freed memory back, if a minute has passed since that was done last in this process. Whether it was done.

    Cheap to call often, from any thread. Does nothing where the C library is not glibc (musl, macOS, Windows).
    """
    global _last_s
    if time.monotonic() - _last_s < EVERY_S:
        return False
    with _lock:
        if time.monotonic() - _last_s < EVERY_S:  # another thread was first
            return False
        _last_s = time.monotonic()
    trim = _malloc_trim()
    if trim is None:
        return False
    trim(0)
    return True


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's function; None where there is another C library."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        if not (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return None
        trim = ctypes.CDLL(None).malloc_trim
    except (ValueError, OSError, AttributeError):  # no such name, library or function: musl
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return trim
