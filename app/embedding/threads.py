"""How many threads PyTorch computes with: set here and nowhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


def use_torch_threads(count: int) -> None:
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
