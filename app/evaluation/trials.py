"""Lists of trials: which files are compared, and what is known of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from app.corpus.pairs import column_of, open_trials
from utils import BadInput

CONDITION = "condition"


@dataclass(frozen=True)
class Trial:
    """Two files, and whether one person speaks in both."""

    target: bool
    enrol: str
    test: str
    conditions: tuple[tuple[str, str], ...] = ()
    """(column, value) pairs: what a heading calls, and the list says, about the trial."""


def read_trials(path: str | os.PathLike, conditions: Sequence[str] = ()) -> list[Trial]:
    """The trials of a list in any of the forms of docs/lists.md: VoxCeleb's, Kaldi's, or with a heading.

    Of other columns the ``conditions`` are read, and a column named "condition" if none is asked for. Raises BadInput
    naming the line that is no trial, or the column that is missing.
    """
    listed = open_trials(path)
    asked = {name: column_of(listed.columns, name) for name in conditions or (CONDITION,)}
    if conditions and not listed.columns:
        raise BadInput(f"{path}: only a list with a heading has columns, such as {conditions[0]}.")
    if conditions and (missing := [name for name, column in asked.items() if column is None]):
        raise BadInput(f"{path}: has no column {missing[0]}; there are {', '.join(listed.columns)}.")
    read = {name: column for name, column in asked.items() if column is not None}
    trials = [
        Trial(pair.label, pair.enrol, pair.test, tuple((name, pair.columns.get(read[name], "")) for name in read))
        for pair in listed
    ]
    if not trials:
        raise BadInput(f"{path}: no trials in it.")
    return trials


def files_of(trials: Iterable[Trial]) -> set[str]:
    """Every file of a list, as the list names it."""
    return {name for trial in trials for name in (trial.enrol, trial.test)}


@dataclass(frozen=True)
class Speakers:
    """Who speaks in the files of a list, as numbers from 0. A list does not say so outright."""

    of_file: dict[str, int]
    """File -> number of its speaker."""
    by_folder: bool
    """Whether folders name the speakers, as in VoxCeleb; else same-speaker trials link the files of a speaker."""

    def __len__(self) -> int:
        return 1 + max(self.of_file.values())

    def sides(self, trials: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray]:
        """The speakers of the two sides of each trial, (n,) each."""
        enrol = np.array([self.of_file[trial.enrol] for trial in trials])
        return enrol, np.array([self.of_file[trial.test] for trial in trials])


def find_speakers(trials: Sequence[Trial]) -> Speakers:
    """Find the speakers of a list.

    If at some depth the folders agree in every same-speaker trial and differ in every other one, they are the speakers
    (VoxCeleb's "id10270/x6uYqmx31kE/00001.wav": the first one). Else a speaker is whatever same-speaker trials join,
    which may take one person for several.
    """
    files = {file: PurePosixPath(file.replace("\\", "/")).parts[:-1] for t in trials for file in (t.enrol, t.test)}
    for depth in range(1, min(map(len, files.values())) + 1):
        if all((files[t.enrol][:depth] == files[t.test][:depth]) is t.target for t in trials):
            folders = {folder: i for i, folder in enumerate(dict.fromkeys(parts[:depth] for parts in files.values()))}
            return Speakers({file: folders[parts[:depth]] for file, parts in files.items()}, by_folder=True)
    return Speakers(_linked(trials), by_folder=False)


def _linked(trials: Sequence[Trial]) -> dict[str, int]:
    """File -> number of its group, where same-speaker trials join files (union-find)."""
    parent = {file: file for trial in trials for file in (trial.enrol, trial.test)}

    def root(file: str) -> str:
        while parent[file] != file:
            parent[file] = parent[parent[file]]
            file = parent[file]
        return file

    for trial in trials:
        if trial.target:
            parent[root(trial.enrol)] = root(trial.test)
    roots = {file: root(file) for file in parent}
    number = {name: i for i, name in enumerate(dict.fromkeys(roots.values()))}
    return {file: number[name] for file, name in roots.items()}
