"""How far a command has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable


def progress_bar(label: str) -> Callable:
    """A wrapper of sequences of files that shows on a terminal how far their iteration is."""
    from tqdm import tqdm

    return lambda items: tqdm(items, desc=label, unit="file", leave=False, disable=not sys.stderr.isatty())
