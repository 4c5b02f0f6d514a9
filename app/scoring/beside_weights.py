"""What is fitted to a finished model lies in a file beside its weights, and holds for these weights alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from utils import HeardError

if TYPE_CHECKING:
    from safetensors import safe_open

Fitted = TypeVar("Fitted")


def load_beside(path: Path, model_sha256: str, read: Callable[[safe_open], tuple[str, Fitted]]) -> Fitted | None:
    """What a .safetensors file holds; None if there is no such file, or one that was made for other weights.

    ``read(file)`` gives the checksum of the weights that it was made for, and what it holds. Raises HeardError for a
    damaged file.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, "numpy") as file:
            made_for, fitted = read(file)
    except (SafetensorError, KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError):
        raise HeardError(f"{path}: damaged; delete it, or fetch it again.") from None
    return fitted if made_for == model_sha256 else None
