"""Lists of pairs of files: with a label they are trials, without one they are to be compared."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.corpus.headings import ENROL, LABEL, TEST, fold, is_label, read_label
from app.corpus.lists import open_list
from app.corpus.rows import Cells, Kind, TextList
from utils import BadInput


class Pair(NamedTuple):
    """Two files, and what a list says of them."""

    label: bool | None
    """Whether one person speaks in both; None in a list that does not say so."""
    enrol: str
    test: str
    columns: Cells
    """The cells of columns that play no role, by folded name."""


@dataclass(frozen=True)
class PairList:
    """Pairs that can be read again and again, each time from the disk."""

    listed: TextList

    @property
    def columns(self) -> tuple[str, ...]:
        """As the heading writes them; none without a heading."""
        return self.listed.columns

    def __iter__(self) -> Iterator[Pair]:
        """The pairs in order. Raises BadInput, naming the line, for one that is none."""
        labelled = LABEL in self.listed.kind.needed
        for number, cells, error in self.listed.rows():
            enrol, test = cells.get(ENROL), cells.get(TEST)
            label = read_label(cells.get(LABEL, ""))
            if error or not enrol or not test or (labelled and label is None):
                raise BadInput(f"{self.listed.path}, line {number}: {error or self._complaint(cells)}.")
            yield Pair(label, enrol, test, cells)

    def _complaint(self, cells: Cells) -> str:
        missing = [name for name, role in (("first", ENROL), ("second", TEST)) if not cells.get(role)]
        if missing:
            return f"the row has no {' and no '.join(missing)} file"
        return (
            f"{cells.get(LABEL, '')!r} does not say whether they are of one person; 1 or 0 does, or target or nontarget"
        )


def open_trials(path: str | os.PathLike) -> PairList:
    """A list of trials, in any of the forms of docs/lists.md. Raises BadInput if its first line is none of them."""
    wanted = '"1 a.wav b.wav" is one, or "a.wav b.wav target"; a heading needs the columns target, enrol and test'
    return PairList(open_list(path, Kind("list of trials", (LABEL, ENROL, TEST), plain=_trial, wanted=wanted)))


def open_pairs(path: str | os.PathLike) -> PairList:
    """A list of pairs, with or without labels, in any of the forms of docs/lists.md. Raises BadInput as above."""
    wanted = '"a.wav b.wav" is one (commas part names with spaces); a heading needs the columns enrol and test'
    return PairList(open_list(path, Kind("list of pairs", (ENROL, TEST), (LABEL,), plain=_pair, wanted=wanted)))


def column_of(columns: Sequence[str], name: str) -> str | None:
    """The folded name of the column that is called ``name``, in any case; None if there is none."""
    return fold(name) if fold(name) in map(fold, columns) else None


def _trial(words: Sequence[str]) -> Cells | None:
    """VoxCeleb's "1 a b", or Kaldi's "a b target". A line whose both ends may be the label is neither."""
    if len(words) != 3 or is_label(words[0]) == is_label(words[2]) or not all(words):
        return None
    label, enrol, test = words if is_label(words[0]) else (words[2], words[0], words[1])
    return {LABEL: label, ENROL: enrol, TEST: test}


def _pair(words: Sequence[str]) -> Cells | None:
    if len(words) == 2 and all(words):
        return {ENROL: words[0], TEST: words[1]}
    return _trial(words)
