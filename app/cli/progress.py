"""What a command says of its work on standard error: how far it has come, and what was left out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from app.corpus.left_out import LeftOut, summary


def progress_bar(label: str) -> Callable:
    """A wrapper of sequences of files that shows on a terminal how far their iteration is."""
    from tqdm import tqdm

    return lambda items: tqdm(items, desc=label, unit="file", leave=False, disable=not sys.stderr.isatty())


def print_left_out(
    left_out: Sequence[LeftOut], what: str, of: int | None = None, *, count: int | None = None, strict: bool = False
) -> int:
    """Name what was left out: see ``summary``. The exit code: 1 if something was, and it is ``strict``."""
    for line in summary(left_out, what, of, count=count):
        print(line, file=sys.stderr)
    return 1 if strict and (len(left_out) if count is None else count) else 0
