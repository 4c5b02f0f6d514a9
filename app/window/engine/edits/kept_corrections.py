"""The corrections of a file, kept in the data folder: ``corrections/SHA256.json``, found again by the file's bytes.

People stand in them by their ids, so that a new name follows and a deleted person's name is not there to be read.
A name that was typed and is nobody's stands as it is, until somebody has it.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Sequence
from pathlib import Path

from app.diarisation.timeline import Turn
from app.scoring.labels import UNKNOWN, Label, person
from app.sealing.private_files import read_private, write_private
from app.sealing.unlocking import home_of
from app.window.engine.edits.corrections import MIXED
from app.window.engine.name_book import NameBook
from utils import BadInput, clean_name, make_private_dir

FOLDER = "corrections"
LARGEST_BYTES = 5_000_000
"""A larger file is none of ours: some 50,000 corrections."""


def corrections_path(data: Path, sha256: str) -> Path:
    """Where the corrections of the file with these bytes are kept, in the sealed part if the folder is sealed."""
    return data / FOLDER / f"{sha256}.json"


def load_corrections(path: Path, names: NameBook) -> list[Turn]:
    """The corrections kept at ``path``, oldest first; none if there are none. People have names that ``names`` knows,
    now or before; who was deleted earlier is unknown. Raises BadInput, in one line, for a damaged file, and OSError.
    """
    return [Turn(start_s, end_s, _label(who, names), channel) for start_s, end_s, channel, who in _read(path)]


def save_corrections(path: Path, given: Sequence[Turn], names: NameBook) -> None:
    """Keep corrections, for their owner's eyes; none: forget them. Whole or not at all. Raises OSError."""
    _write(path, [(turn.start_s, turn.end_s, turn.channel, _who(turn.label, names)) for turn in given])


def follow_people(data: Path, names: NameBook) -> None:
    """Typed names that are somebody's by now become that person's id, in all that is kept. Raises OSError."""
    for path in sorted((home_of(data) / FOLDER).glob("*.json")):
        try:
            rows = _read(path)
        except BadInput:  # it is said when its file is opened
            continue
        now = [(*place, _who(who, names) if isinstance(who, Label) else who) for *place, who in rows]
        if now != rows:
            _write(path, now)


_Row = tuple[float, float, int, int | Label]
"""(start_s, end_s, channel or ``MIXED``, a person's id or a label)"""
VERSION = 2
"""In a file of version 1 the mixed channels and channel 1 are not told apart."""


def _who(label: Label, names: NameBook) -> int | Label:
    number = names.id_of(label.name)
    return label if number is None else number


def _label(who: int | Label, names: NameBook) -> Label:
    if isinstance(who, Label):
        return names.now(who)
    name = names.last_name_of(who)
    return UNKNOWN if name is None else person(name)


def _place(path: Path) -> Path:
    """Where ``corrections_path`` is now: the folder may have been sealed, or unsealed, since it was asked for."""
    return home_of(path.parent.parent) / FOLDER / path.name


def _read(path: Path) -> list[_Row]:
    path = _place(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadInput(_damaged(path))
        document = json.loads(read_private(path).decode("utf-8"))
        rows = [_row(row) for row in document["corrections"]]
        if document.get("version") == 1:
            rows += [(start_s, end_s, 1, who) for start_s, end_s, channel, who in rows if channel == MIXED]
        return rows
    except FileNotFoundError:
        return []
    except (ValueError, OverflowError, TypeError, KeyError, AttributeError, RecursionError, BadInput):
        raise BadInput(_damaged(path)) from None


def _row(row: dict) -> _Row:
    start_s, end_s = float(row["start_s"]), float(row["end_s"])
    if not (math.isfinite(start_s) and math.isfinite(end_s) and 0 <= start_s < end_s):
        raise ValueError
    channel = operator.index(row.get("channel", MIXED))
    if "person" in row:
        return start_s, end_s, channel, operator.index(row["person"])
    return start_s, end_s, channel, person(clean_name(row["name"])) if row["name"] is not None else UNKNOWN


def _write(path: Path, rows: Sequence[_Row]) -> None:
    path = _place(path)
    if not rows:
        path.unlink(missing_ok=True)
        return
    make_private_dir(path.parent.parent)
    make_private_dir(path.parent)
    document = {
        "version": VERSION,
        "corrections": [
            {
                "start_s": start_s,
                "end_s": end_s,
                **({"channel": channel} if channel != MIXED else {}),
                **({"name": who.name} if isinstance(who, Label) else {"person": who}),
            }
            for start_s, end_s, channel, who in rows
        ],
    }
    write_private(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def _damaged(path: Path) -> str:
    return (
        f"{path}: the corrections kept of this file are damaged and were passed over; the next correction begins anew."
    )
