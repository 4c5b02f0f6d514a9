"""libmpg123, inside libsndfile, writes its warnings to the terminal itself: kept away without losing anyone else's."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

_lock = threading.RLock()
_DECODER = (b"libmpg123", b"Note: ", b"Warning: ", b"[src/")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """While it lasts what is written to stderr waits; afterwards all but a decoder's own lines goes on.

    Others may be a moment late, so it is for single calls of the decoder, and only where it may be that one.
    """
    with _lock, tempfile.TemporaryFile() as kept:
        before = os.dup(2)
        try:
            os.dup2(kept.fileno(), 2)
            yield
        finally:
            if sys.stderr is not None:
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.flush()
            os.dup2(before, 2)
            kept.seek(0)
            for line in kept:
                if line.strip() and not any(word in line for word in _DECODER):
                    os.write(before, line)
            os.close(before)
