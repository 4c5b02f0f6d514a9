"""Libraries whose OpenMP keeps to one thread, whatever else is loaded in the process."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

LIMIT = "OMP_THREAD_LIMIT"


@contextlib.contextmanager
def one_openmp_thread() -> Iterator[None]:
    """What is imported inside computes in the thread that calls it; libraries imported elsewhere are not limited.

    OpenMP reads its limit once, when its library is loaded. A package brings a copy of its own, but on Linux it would
    call the copy that PyTorch made known to everybody, had PyTorch been loaded first: so it is bound to its own.
    """
    before = os.environ.get(LIMIT)
    flags = sys.getdlopenflags() if hasattr(sys, "getdlopenflags") else None  # not on Windows
    os.environ[LIMIT] = "1"
    if flags is not None:
        sys.setdlopenflags(flags | getattr(os, "RTLD_DEEPBIND", 0))
    try:
        yield
    finally:
        if flags is not None:
            sys.setdlopenflags(flags)
        if before is None:
            del os.environ[LIMIT]
        else:
            os.environ[LIMIT] = before
