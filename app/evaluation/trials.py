"""Lists of trials: which files are compared, and what is known of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from app.corpus.lists import read_words
from app.corpus.tables import Table, open_table
from utils import BadInput

WHAT = "list of trials"
LABELS = {"1": True, "target": True, "true": True, "same": True}
LABELS |= {"0": False, "nontarget": False, "false": False, "different": False}
LABEL_COLUMNS = ("target", "label", "same")
ENROL_COLUMNS = ("enrol", "enroll", "enrolment", "file_a", "path_a", "a")
TEST_COLUMNS = ("test", "file_b", "path_b", "b")
CONDITION = "condition"


@dataclass(frozen=True)
class Trial:
    """Two files, and whether one person speaks in both."""

    target: bool
    enrol: str
    test: str
    conditions: tuple[tuple[str, str], ...] = ()
    """(column, value) pairs: what a csv says about the trial."""


def read_trials(path: str | os.PathLike, conditions: Sequence[str] = ()) -> list[Trial]:
    """The trials of a list in VoxCeleb's format, or of a csv or tsv with columns of these names.

    VoxCeleb's lines are "1 a.wav b.wav" for the same speaker and 0 for different ones; commas or tabs part names with
    spaces, empty lines are skipped. A csv has a column for each of ``LABEL_COLUMNS`` (1, 0, target, nontarget ...),
    ``ENROL_COLUMNS`` and ``TEST_COLUMNS``; of the others the ``conditions`` are read, and a column named "condition" if
    none is asked for. Raises BadInput naming the line that is no trial, or the column that is missing.
    """
    path = Path(path)
    if path.suffix.lower() in {".csv", ".tsv"}:
        trials = _from_table(open_table(path, WHAT), conditions)
    else:
        lines = read_words(path, WHAT)
        if conditions:
            raise BadInput(f"{path}: only a .csv or .tsv of trials has columns, such as {conditions[0]}.")
        trials = [_from_words(words, f"{path}, line {number}") for number, words in lines]
    if not trials:
        raise BadInput(f"{path}: no trials in it.")
    return trials


def files_of(trials: Iterable[Trial]) -> set[str]:
    """Every file of a list, as the list names it."""
    return {name for trial in trials for name in (trial.enrol, trial.test)}


def _from_words(words: list[str], line: str) -> Trial:
    match words:
        case [("0" | "1") as label, enrol, test]:
            return Trial(label == "1", enrol, test)
    raise BadInput(f'{line}: not a trial; "1 a.wav b.wav" or "0 a.wav b.wav" is.')


def _from_table(table: Table, conditions: Sequence[str]) -> list[Trial]:
    label, enrol, test = (
        next((name for name in names if name in table.columns), None)
        for names in (LABEL_COLUMNS, ENROL_COLUMNS, TEST_COLUMNS)
    )
    if not (label and enrol and test):
        raise BadInput(f"{table.path}: needs the columns target, enrol and test in its first line.")
    if missing := [name for name in conditions if name not in table.columns]:
        raise BadInput(f"{table.path}: has no column {missing[0]}; there are {', '.join(table.columns)}.")
    read = conditions or [name for name in table.columns if name == CONDITION]
    trials = []
    for number, row in table.rows():
        target = LABELS.get(row[label].strip().lower())
        if target is None or not row[enrol] or not row[test]:
            raise BadInput(f"{table.path}, line {number}: not a trial; target is 1 or 0, enrol and test are files.")
        trials.append(Trial(target, row[enrol], row[test], tuple((name, row[name]) for name in read)))
    return trials


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
