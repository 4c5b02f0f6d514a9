"""Inputs that do what no input may do, to see that the workers notice."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import numpy as np

from tests.torture.subjects import Subject, Wrong, attempt
from utils import BadInput


def warm_up() -> None:
    """Nothing is slow here."""


def _make(random: Random, folder: Path) -> Path:
    path = folder / "input.txt"
    path.write_text(str(random.random()))
    return path


def _hang(path: Path) -> None:
    while True:
        pass


def _fill(path: Path) -> None:
    attempt(lambda: np.ones((400 << 20) // 8).sum(), path.name)


def _refuse(text: str):
    def use(path: Path) -> None:
        def read() -> None:
            raise BadInput(text)

        attempt(read, path.name)

    return use


def _wrong(path: Path) -> None:
    raise Wrong("an answer that is wrong")


SUBJECTS = (
    Subject("good", _make, _refuse("input.txt: damaged.")),
    Subject("nameless", _make, _refuse("damaged.")),
    Subject("several lines", _make, _refuse("input.txt:\ndamaged.")),
    Subject("traceback", _make, lambda path: attempt(lambda: 1 / 0, path.name)),
    Subject("wrong", _make, _wrong),
    Subject("hangs", _make, _hang),
    Subject("fills", _make, _fill),
    Subject("ends", _make, lambda path: os._exit(3)),
)
