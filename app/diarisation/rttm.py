"""Who spoke when, in NIST's format.

``SPEAKER <file> <channel> <start> <duration> <NA> <NA> <name> <NA> <NA>``, a line for each turn, times in seconds. The
channel is 1 where one was heard.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from app.diarisation.timeline import Turn
from app.scoring.labels import Label, read_label
from utils import BadInput, atomic_write


def rttm(turns: Iterable[Turn], file_id: str) -> str:
    """Turns as RTTM: one SPEAKER line each. A space becomes "_", for the format has none; see ``label_token``."""
    file = _file_token(file_id)
    return "".join(
        f"SPEAKER {file} {turn.channel} {turn.start_s:.3f} {turn.duration_s:.3f} <NA> <NA>"
        f" {label_token(turn.label)} <NA> <NA>\n"
        for turn in turns
    )


def write_rttm(path: str | os.PathLike, turns: Iterable[Turn], file_id: str) -> None:
    """Write turns as RTTM, atomically."""
    with atomic_write(path) as out:
        out.write(rttm(turns, file_id).encode())


LATEST_S = 1e9
"""No recording is as long: thirty years."""
LONGEST_TOKEN = 5000
"""Characters: a name has 120, and each may become twelve."""


def read_rttm(path: str | os.PathLike) -> list[Turn]:
    """The SPEAKER lines of an RTTM file, in order of their start. Raises BadInput, naming the line, if one is not."""
    turns = []
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
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
            if not (0 <= start_s < LATEST_S and 0 <= duration_s < LATEST_S):  # NaN is not
                raise ValueError("no time")
            if len(fields[7]) > LONGEST_TOKEN:
                raise ValueError("no name")
            turns.append(Turn(start_s, start_s + duration_s, read_token(fields[7]), _channel(fields[2])))
        except (IndexError, ValueError):
            raise BadInput(f"{path}, line {number}: not an RTTM line.") from None
    return sorted(turns, key=lambda turn: turn.start_s)


def _channel(field: str) -> int:
    """The number of a channel, from 1 on. Other programs write "0", "A" or "<NA>" where there is one."""
    return max(1, int(field)) if field.isascii() and field.isdecimal() and len(field) <= 4 else 1


def label_token(label: str) -> str:
    """A label as a field of RTTM, another one for each: a space becomes "_", and what the format or this rule would
    take for something else, such as "_" itself, the percent signs of its UTF-8 bytes ("%5F")."""
    if label == "<NA>" or label.isspace():
        return quote(label, safe="")
    return "".join(_field(c) for c in label) or "_"


def _field(c: str) -> str:
    if c == " ":
        return "_"
    return c if c.isprintable() and c not in "_%" else "".join(f"%{byte:02X}" for byte in c.encode())


def read_token(token: str) -> Label:
    """The label that was written as a field of RTTM."""
    return read_label(unquote(token.replace("_", " ")))


def _file_token(text: str) -> str:
    """The name of what was heard: white space becomes "_", and nothing becomes "_", too."""
    return "_".join(text.split()) or "_"
