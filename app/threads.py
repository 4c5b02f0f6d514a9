"""How many threads each library computes with: decided here and nowhere else.

All work of this program comes in small pieces, a few milliseconds each. Spread over threads, such a piece waits for the
slowest of them, and on a machine that does other things, too, that takes many times longer than the work. So every
library keeps to the thread that calls it, and cores are used by what works side by side: the streams of a server, the
files of an extraction (``available_cores``), the processes of an evaluation.

| library | threads | where |
|---|---|---|
| ONNX Runtime | NETWORK_THREADS | ``embedding/onnx_encoder.py`` |
| PyTorch | NETWORK_THREADS, in the whole process; training: ``train.threads`` | ``use_torch_threads`` |
| BLAS, behind NumPy | one, during a product of ours that is not huge | ``product`` |
| OpenMP of the speech detector | one | ``one_openmp_thread`` |

NumPy's own setting stays what it is outside ``product``: it belongs to whoever uses Heard as a library.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

import numpy as np

NETWORK_THREADS = 1
"""Threads that a network is computed with."""
HUGE = 1_000_000_000
"""Multiplications of a product from which on BLAS may use all its threads: some 20 ms of one core."""


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---------------------------------------------------------------------------- BLAS


class _OneBlasThread:
    """Inside, BLAS computes in the thread that calls it. For any number of threads at a time: the setting is the whole
    process's, so the first that comes in changes it, and the last one out puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._libraries: list | None = None
        self._before: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._libraries is None:
                from threadpoolctl import ThreadpoolController  # looks at every library of the process: once

                self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            if not self._inside:
                self._before = [library.get_num_threads() for library in self._libraries]
                self._set([1] * len(self._libraries))
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._set(self._before)

    def _set(self, counts: list[int]) -> None:
        for library, count, before in zip(self._libraries, counts, self._before, strict=True):
            if before == 1:  # it was one all the time
                continue
            # threadpoolctl obeys one thread alone, the first that ever set OpenBLAS: here they take turns
            if give_up := getattr(library, "clear_controlling_thread", None):
                give_up(force=True)
            library.set_num_threads(count)
            if give_up:
                give_up(force=True)


_one_blas_thread = _OneBlasThread()


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a @ b`` in the thread that calls; a huge product in as many threads as BLAS has."""
    if a.size * (b.shape[-1] if b.ndim > 1 else 1) >= HUGE:
        return a @ b
    with _one_blas_thread:
        return a @ b


# ---------------------------------------------------------------------------- PyTorch


def use_torch_threads(count: int = NETWORK_THREADS) -> None:
    """From now on PyTorch computes with ``count`` threads, in the whole process. Loads PyTorch."""
    import torch

    torch.set_num_threads(count)


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Inside, PyTorch computes with ``count`` threads; afterwards with as many as before. Loads PyTorch."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# ---------------------------------------------------------------------------- OpenMP

_OPENMP_LIMIT = "OMP_THREAD_LIMIT"


@contextlib.contextmanager
def one_openmp_thread() -> Iterator[None]:
    """What is imported inside computes in the thread that calls it; libraries imported elsewhere are not limited.

    OpenMP reads its limit once, when its library is loaded. A package brings a copy of its own, but on Linux it would
    call the copy that PyTorch made known to everybody, had PyTorch been loaded first: so it is bound to its own.
    """
    before = os.environ.get(_OPENMP_LIMIT)
    flags = sys.getdlopenflags() if hasattr(sys, "getdlopenflags") else None  # not on Windows
    os.environ[_OPENMP_LIMIT] = "1"
    if flags is not None:
        sys.setdlopenflags(flags | getattr(os, "RTLD_DEEPBIND", 0))
    try:
        yield
    finally:
        if flags is not None:
            sys.setdlopenflags(flags)
        if before is None:
            del os.environ[_OPENMP_LIMIT]
        else:
            os.environ[_OPENMP_LIMIT] = before
