"""Exports read back: the turns of JSON and CSV as this program writes them, and of anybody's RTTM."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.corpus.headings import END, FILE, SPEAKER, START, read_number
from app.corpus.lists import open_list
from app.corpus.rows import Cells, Kind
from app.diarisation.rttm import LATEST_S, read_rttm
from app.diarisation.timeline import Turn
from app.exports.document import Document
from app.exports.json_document import VERSION
from app.scoring.certainty import Certainty
from app.scoring.labels import read_label
from utils import BadInput, parse_json

LARGEST_BYTES = 64 << 20
"""A larger file is none of ours: some 300,000 turns."""
LONGEST_NAME = 2000
"""Characters: a name has 120, and each may be spelt out."""
TABLE = Kind(
    "timeline in CSV as this program writes it",
    (START, END, SPEAKER),
    (FILE,),
    wanted="a heading needs the columns start_s, end_s and speaker",
    ours=True,
)
GENDERS = {"female": "female", "male": "male", "": None, None: None}


def read_export(path: str | os.PathLike) -> Document:
    """What was exported to a file, by its ending (.json, .csv, .rttm). CSV and RTTM do not say the model, and RTTM
    nothing but turns. Raises BadInput, in one line, for a file that holds none, and OSError."""
    path = Path(path)
    if path.suffix.lower() == ".rttm":
        turns = [replace(turn, end_s=round(turn.end_s, 6)) for turn in read_rttm(path)]  # a sum: 0.768 and 3.744
        return Document(turns, path.stem)
    if path.suffix.lower() not in (".json", ".csv"):
        raise BadInput(f"{path}: only .json, .csv and .rttm can be read back.")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadInput(f"{path}: too large to be an export of this program.")
        return _table(path) if path.suffix.lower() == ".csv" else document_of_json(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file.") from None


def document_of_json(content: bytes, what: str) -> Document:
    """The document of ``to_json``. ``what`` it is, for the BadInput that is raised if it is not."""
    try:
        found = parse_json(content)
        version = found.get("version", VERSION)
        if type(version) is not int or version > VERSION:
            raise BadInput(f"{what}: of a newer version of Heard ({version!s:.20}); this one reads {VERSION}.")
        model, duration_s = found.get("model") or {}, found.get("duration_s")
        return Document(
            [_turn(row) for row in found["turns"]],
            _text(found.get("file", "audio")),
            None if duration_s is None else _seconds(duration_s),
            None if model.get("id") is None else _text(model["id"]),
            None if model.get("sha256") is None else _text(model["sha256"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise BadInput(f"{what}: not a timeline in JSON as this program writes it.") from None


def _table(path: Path) -> Document:
    """The document of ``to_csv``, also as a spreadsheet saves it again: with semicolons or tabs, commas in numbers."""
    listed = open_list(path, TABLE)
    turns, file = [], ""
    for number, cells, error in listed.rows():
        try:
            if error or listed.is_json:
                raise ValueError("no row of a table")
            turns.append(_turn(_values(cells)))
        except (ValueError, KeyError, OverflowError):
            raise BadInput(f"{path}, line {number}: not a turn of a {TABLE.what}.") from None
        file = file or cells.get(FILE, "")
    return Document(turns, file or "audio")


def _values(cells: Cells) -> dict[str, object]:
    """The values that ``to_json`` has of a turn. Raises ValueError or KeyError for a row that lacks some."""
    times = {"start_s": read_number(cells[START]), "end_s": read_number(cells[END])}
    confidence = cells.get("confidence")
    return {**cells, **times, "label": cells[SPEAKER], "confidence": read_number(confidence) if confidence else None}


def _turn(row: Mapping) -> Turn:
    start_s, end_s = _seconds(row["start_s"]), _seconds(row["end_s"])
    if not start_s < end_s:
        raise ValueError("no time")
    confidence = row.get("confidence")
    confidence = None if confidence in (None, "") else float(confidence)
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError("no probability")
    channel = int(row.get("channel") or 1)
    if not 1 <= channel <= 10_000:
        raise ValueError("no channel")
    label = read_label(_text(row["label"] if "label" in row else row["speaker"]))
    corrected = row.get("corrected") in (True, "yes")
    certainty = None if row.get("certainty") in (None, "") else Certainty(row["certainty"])
    return Turn(start_s, end_s, label, channel, confidence, certainty, GENDERS[row.get("gender")], corrected)


def _seconds(value: object) -> float:
    seconds = float(value)
    if isinstance(value, bool) or not (math.isfinite(seconds) and 0 <= seconds < LATEST_S):
        raise ValueError("no time")
    return seconds


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise ValueError("no text")
    return value
