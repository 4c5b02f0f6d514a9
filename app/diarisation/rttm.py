"""Who spoke when, in NIST's format.

``SPEAKER <file> 1 <start> <duration> <NA> <NA> <name> <NA> <NA>``, a line for each turn, times in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from app.diarisation.timeline import Turn
from utils import BadInput, atomic_write


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
    """Text as a field of RTTM: white space becomes "_", and nothing becomes "_", too."""
    return "_".join(text.split()) or "_"
