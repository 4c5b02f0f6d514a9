"""Who spoke when, in NIST's format.

``SPEAKER <file> <channel> <start> <duration> <NA> <NA> <name> <NA> <NA>``, a line for each turn, times in seconds. The
channel is 1 where one was heard.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from app.corpus.text import check_text, text_lines
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


KINDS = {"SPEAKER", "SPKR-INFO", "SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH"}
KINDS |= {"FILLER", "EDIT", "IP", "SU", "CB", "A/P"}
"""How the lines of an RTTM begin (NIST, "RT-09 Evaluation Plan", appendix A); of these SPEAKER is read."""
NAMED = 5
"""How many recordings a message names."""


def read_rttm(path: str | os.PathLike, recording: str | None = None) -> list[Turn]:
    """The turns of one recording of an RTTM file, in order of their start.

    ``recording``: its name in the file. Without one it is the only one there is, or else the one that is called as the
    file is. Raises BadInput, naming the line, for what is no RTTM, and if there are others and not this one.
    """
    turns = read_recordings(path)
    if recording is None and len(turns) < 2:
        return next(iter(turns.values()), [])
    wanted = Path(path).stem if recording is None else recording
    for name, found in turns.items():
        if name in (wanted, _file_token(wanted)):
            return found
    named = ", ".join(list(turns)[:NAMED]) + ", ..." * (len(turns) > NAMED)
    how = "keep the lines of one of them, or name the file as it" if recording is None else f"none is {recording!r}"
    raise BadInput(f"{path}: holds the turns of {len(turns)} recordings ({named}); {how}.")


def read_recordings(path: str | os.PathLike) -> dict[str, list[Turn]]:
    """The turns of each recording of an RTTM file by its name, in order of their start.

    Comments (";;") and lines of other kinds are passed over. Raises BadInput, naming the line, for one that is none.
    """
    turns: dict[str, list[Turn]] = {}
    for number, line in text_lines(check_text(path, "RTTM file")):
        fields = line.split()
        if not fields or line.startswith((";", "#")):
            continue
        try:
            if (kind := fields[0].upper()) not in KINDS:
                raise ValueError("no kind of line")
            if kind == "SPEAKER":
                turns.setdefault(fields[1], []).append(_turn(fields))
        except (IndexError, ValueError):
            raise BadInput(f'{path}, line {number}: not an RTTM line; "{EXAMPLE}" is.') from None
    return {name: sorted(found, key=lambda turn: turn.start_s) for name, found in turns.items()}


EXAMPLE = "SPEAKER talk 1 0.50 2.25 <NA> <NA> Ana <NA> <NA>"


def _turn(fields: list[str]) -> Turn:
    """The turn of a SPEAKER line. Raises IndexError or ValueError for what is none."""
    start_s, duration_s = float(fields[3]), float(fields[4])
    if not (0 <= start_s < LATEST_S and 0 <= duration_s < LATEST_S):  # NaN is not
        raise ValueError("no time")
    name = " ".join(fields[7:-2]) if len(fields) > 10 else fields[7]  # blanks in a name, which others write as they are
    if len(name) > LONGEST_TOKEN:
        raise ValueError("no name")
    return Turn(start_s, start_s + duration_s, read_token(name), _channel(fields[2]))


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
