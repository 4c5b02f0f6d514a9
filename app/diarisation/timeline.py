"""Who spoke when: the turns heard so far, and RTTM files of them.

RTTM is NIST's format: ``SPEAKER <file> 1 <start> <duration> <NA> <NA> <name> <NA> <NA>``, times in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.scoring.identification import UNKNOWN
from utils import BadInput, atomic_write


@dataclass(frozen=True)
class Turn:
    """One person's uninterrupted speech."""

    start_s: float
    end_s: float
    label: str

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class Timeline:
    """Grows while one listens. What is still ``going_on`` is stated anew each time; the rest may change its label."""

    shortest_unknown_s = 0.3
    """Shorter sounds that got no name are left out: a cough, a click."""

    def __init__(self) -> None:
        self._over: list[tuple[float, float, str | None, float]] = []  # start_s, end_s, label, of which turn
        self._going_on: list[tuple[float, float, str | None]] = []

    def add(self, turn_s: float, pieces: Iterable[tuple[float, float]], label: str | None) -> None:
        """A turn that is over, by the moment at which it began, and its ``pieces`` (start_s, end_s) of speech."""
        self._over += [(start_s, end_s, label, turn_s) for start_s, end_s in pieces]

    def going_on(self, turns: Iterable[tuple[Sequence[tuple[float, float]], str | None]]) -> None:
        """The turns that are not over yet, as they now look: (pieces, label). ``label`` None: not known yet."""
        self._going_on = [(start_s, end_s, label) for pieces, label in turns for start_s, end_s in pieces]

    def relabel(self, labels: Mapping[float, str | None]) -> None:
        """Hindsight: other labels for turns that are over, by the moment at which they began."""
        self._over = [(*piece[:2], labels.get(piece[3], piece[2]), piece[3]) for piece in self._over]

    def turns(self) -> list[Turn]:
        """All turns so far in order of time; neighbours of one label with no pause between them are one."""
        joined: list[Turn] = []
        for start_s, end_s, label in [*(piece[:3] for piece in self._over), *self._going_on]:
            if label is None:
                if end_s - start_s < self.shortest_unknown_s:
                    continue
                label = UNKNOWN
            if joined and joined[-1].label == label and start_s - joined[-1].end_s < 0.05:
                joined[-1] = Turn(joined[-1].start_s, end_s, label)
            else:
                joined.append(Turn(start_s, end_s, label))
        return joined


def rttm(turns: Iterable[Turn], file_id: str) -> str:
    """Turns as RTTM. White space in names and in ``file_id`` becomes "_": the format has none."""
    file = rttm_token(file_id)
    return "".join(
        f"SPEAKER {file} 1 {turn.start_s:.3f} {turn.duration_s:.3f} <NA> <NA> {rttm_token(turn.label)} <NA> <NA>\n"
        for turn in turns
    )


def write_rttm(path: str | os.PathLike, turns: Iterable[Turn], file_id: str) -> None:
    """Write turns as RTTM, atomically."""
    with atomic_write(path) as out:
        out.write(rttm(turns, file_id).encode())


def read_rttm(path: str | os.PathLike) -> list[Turn]:
    """The SPEAKER lines of an RTTM file, in order of their start. Raises BadInput, naming the line, if one is not."""
    turns = []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not an RTTM file.") from None
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start_s, duration_s = float(fields[3]), float(fields[4])
            turns.append(Turn(start_s, start_s + duration_s, fields[7]))
        except (IndexError, ValueError):
            raise BadInput(f"{path}, line {number}: not an RTTM line.") from None
    return sorted(turns, key=lambda turn: turn.start_s)


def rttm_token(text: str) -> str:
    return "_".join(text.split()) or "_"
