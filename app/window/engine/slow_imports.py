"""The libraries that compute the network, imported without holding up the window.

Two things stop every other thread meanwhile. An import maps and links a shared library while it holds Python's global
lock, which for PyTorch's takes a third of a second; a call through ctypes lets go of the lock, so the same libraries
are opened that way first, and the import finds them open. And a garbage collection walks through the hundred thousand
objects that an import leaves behind, for nothing: they stay. Measured with PyTorch on two cores: the longest stop of
another thread falls from 344 ms to 50 ms by the first, and to 30 ms by both.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def import_torch() -> None:
    """Import torch in the thread that calls, if it is installed, leaving time to the others."""
    if "torch" not in sys.modules and (package := _folder("torch")):
        suffix = "dylib" if sys.platform == "darwin" else "so"
        _open(package.glob(f"lib/libtorch_global_deps.{suffix}"), os.RTLD_GLOBAL)  # in torch's own order and modes
        _open(package.glob(f"lib/libtorch_python.{suffix}"), os.RTLD_LOCAL)
    with contextlib.suppress(ImportError):  # who needs it says how to get it
        import torch  # noqa: F401


def import_onnxruntime() -> None:
    """Import ONNX Runtime in the thread that calls, if it is installed, leaving time to the others."""
    if "onnxruntime" not in sys.modules and (package := _folder("onnxruntime")):
        _open(package.glob("capi/onnxruntime_pybind11_state.*"), os.RTLD_LOCAL)
    with contextlib.suppress(ImportError):
        import onnxruntime  # noqa: F401


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


def _folder(package: str) -> Path | None:
    """Where a package lies whose libraries can be opened ahead; None on Windows, or if it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if os.name == "posix" and spec and spec.origin else None


def _open(libraries: Iterable[Path], mode: int) -> None:
    """Only a head start: whatever fails here is left for the import to do, or to explain."""
    with contextlib.suppress(OSError, AttributeError):
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        for library in libraries:
            dlopen(os.fsencode(library), os.RTLD_NOW | mode)
