"""Clips: stretches of somebody's speech in files, read from a table or from folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.corpus.tables import PATH_COLUMNS, SPEAKER_COLUMNS, open_table
from utils import AUDIO_SUFFIXES, BadInput


@dataclass(frozen=True)
class Clip:
    """One stretch of one person's voice in a file."""

    path: str
    speaker: str
    corpus: str = ""
    gender: str = ""
    """"m", "f" or empty."""
    age: float | None = None
    """Years; None where it is not known."""
    start_s: float = 0.0
    end_s: float | None = None
    """None: to the end of the file."""

    @property
    def adult(self) -> bool:
        """True from 15 years on, and where the age is not given."""
        return self.age is None or self.age >= 15


def read_clips(table: str | os.PathLike, audio_root: str | os.PathLike | None = None) -> list[Clip]:
    """The clips of a csv or tsv with a path and a speaker column, or of a folder with one sub-folder per speaker.

    Other columns that are used where present: corpus, gender, age, start_s, end_s. A VoxCeleb download
    (``id10001/VIDEO/00001.wav``) is such a folder. Relative paths start at ``audio_root``, or beside the table.
    Raises BadInput for a table that cannot be used, naming the line.
    """
    table = Path(table)
    if table.is_dir():
        return _folder_clips(table)
    root = Path(audio_root) if audio_root else table.parent
    opened = open_table(table)
    path_column, speaker_column = opened.column(PATH_COLUMNS), opened.column(SPEAKER_COLUMNS)
    clips = []
    for number, row in opened.rows():
        try:
            clips.append(_clip(row, root, path_column, speaker_column))
        except ValueError as error:
            raise BadInput(f"{table}, line {number}: {error}.") from None
    if not clips:
        raise BadInput(f"{table}: no clips in it.")
    return clips


def _clip(row: dict[str, str], root: Path, path_column: str, speaker_column: str) -> Clip:
    path, speaker = row[path_column], row[speaker_column]
    if not path or not speaker:
        raise ValueError("no file or no speaker")
    start, end = float(row.get("start_s") or 0), float(row["end_s"]) if row.get("end_s") else None
    if start < 0 or (end is not None and end <= start):
        raise ValueError(f"end_s must come after start_s, and start_s must not be negative ({start}, {end})")
    gender = (row.get("gender") or "").strip().lower()[:1]
    return Clip(
        path=str(root / path),
        speaker=speaker,
        corpus=row.get("corpus") or "",
        gender=gender if gender in ("m", "f") else "",
        age=_age(row.get("age")),
        start_s=start,
        end_s=end,
    )


def _age(text: str | None) -> float | None:
    """Years; Common Voice's decades ("twenties") and the like are adults whose age is not given."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _folder_clips(folder: Path) -> list[Clip]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    clips = [Clip(str(path), path.relative_to(folder).parts[0]) for path in files if path.parent != folder]
    if not clips:
        raise BadInput(f"{folder}: no sub-folders with audio in them (one per speaker are needed).")
    return clips
