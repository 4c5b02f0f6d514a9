"""``import torch`` without holding up the window.

Two things stop every other thread meanwhile. An import maps and links a shared library while it holds Python's global
lock, which for PyTorch's takes a third of a second; a call through ctypes lets go of the lock, so the same libraries
are opened that way first, and the import finds them open. And a garbage collection walks through the hundred thousand
objects that an import leaves behind, for nothing: they stay. Measured on two cores: the longest stop of another thread
falls from 344 ms to 50 ms by the first, and to 30 ms by both.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def import_torch() -> None:
    """Import torch in the thread that calls, leaving time to the others."""
    if "torch" not in sys.modules:
        _open_libraries()
    import torch  # noqa: F401


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """No garbage collection inside; what was made there is never looked at again by one, being here to stay."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _open_libraries() -> None:
    """Only a head start: whatever fails here is left for the import to do, or to explain."""
    spec = importlib.util.find_spec("torch")
    if os.name != "posix" or spec is None or spec.origin is None:
        return
    suffix = "dylib" if sys.platform == "darwin" else "so"
    with contextlib.suppress(OSError, AttributeError):
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        # In torch's own order and modes.
        for name, mode in (("libtorch_global_deps", os.RTLD_GLOBAL), ("libtorch_python", os.RTLD_LOCAL)):
            library = Path(spec.origin).parent / "lib" / f"{name}.{suffix}"
            if library.exists():
                dlopen(os.fsencode(library), os.RTLD_NOW | mode)
