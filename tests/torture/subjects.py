"""A kind of input that is damaged, and everything in the program that reads it."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from utils import HeardError, explain_os_error


@dataclass(frozen=True)
class Subject:
    kind: str
    make: Callable[[Random, Path], Path]
    """Writes a damaged input into an empty folder; the path that the program is given."""
    use: Callable[[Path], None]
    """Has it read in every way there is, each of them with ``attempt``. May raise AssertionError for a wrong answer."""


class Wrong(AssertionError):
    """Something that must not happen to a user; the message says what."""


def attempt(read: Callable[[], object], *names: str) -> object | None:
    """What ``read`` gives; None if it refuses in a line that holds one of ``names``. Raises Wrong for anything else."""
    try:
        return read()
    except HeardError as error:
        said = str(error)
    except OSError as error:
        said = explain_os_error(error)
    except MemoryError:
        raise Wrong("out of memory") from None
    except Exception:
        raise Wrong(traceback.format_exc()) from None
    if not any(name in said for name in names):
        raise Wrong(f"the message does not name the file: {said!r}")
    if "\n" in said:
        raise Wrong(f"the message has several lines: {said!r}")
    return None


def tried(subject: Subject, seed: int, number: int, folder: Path) -> str:
    """What went wrong with one damaged input; empty if nothing did. The folder is emptied before, not after."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    random = Random(f"{subject.kind} {seed} {number}")
    try:
        subject.use(subject.make(random, folder))
    except Wrong as wrong:
        return str(wrong)
    return ""
