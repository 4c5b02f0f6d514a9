"""What is to be extracted: tables, Common Voice's lists, Kaldi's folders and folder trees, all as rows."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.corpus.tables import PATH_COLUMNS, SPEAKER_COLUMNS, Table, open_table
from utils import AUDIO_SUFFIXES, BadInput


@dataclass(frozen=True)
class Row:
    """A stretch of a file, and who speaks in it."""

    path: str
    """As the manifest names it."""
    speaker: str
    """Empty where it is not known."""
    start_s: float = 0.0
    end_s: float | None = None
    """None: to the end of the file."""
    file: str = ""
    """Where it lies."""
    error: str = ""
    """Why nothing can be extracted, if that is known without opening the file."""
    repeat: int = 0
    """How many rows before this one name the same stretch of the same file."""


@dataclass(frozen=True)
class Manifest:
    """Rows that can be read again and again, each time from the disk: they are never all in memory."""

    path: Path
    read: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.read()


def open_manifest(
    path: str | os.PathLike,
    audio_root: str | os.PathLike | None = None,
    path_column: str | None = None,
    speaker_column: str | None = None,
) -> Manifest:
    """A csv or tsv, a Kaldi folder (``wav.scp``, ``utt2spk``, perhaps ``segments``), or a tree of a folder per speaker.

    Of a table the columns start_s and end_s are used where present. Relative paths start at ``audio_root``, or beside
    the manifest, or in ``clips/`` beside it, where Common Voice keeps its files. With ``audio_root`` a path that leads
    out of it is an error of its row. Raises BadInput for what is no manifest.
    """
    path = Path(path)
    if path.name == "wav.scp" or (path.is_dir() and (path / "wav.scp").is_file()):
        folder = path if path.is_dir() else path.parent
        return Manifest(path, partial(_kaldi_rows, folder, _Root(audio_root or folder, audio_root is not None)))
    if path.is_dir():
        return Manifest(path, lambda: tree_rows(path))
    table = open_table(path)
    columns = (
        table.column(PATH_COLUMNS, path_column, "--path-column"),
        table.column(SPEAKER_COLUMNS, speaker_column, "--speaker-column"),
    )
    clips = path.parent / "clips"
    beside = clips if columns == ("path", "client_id") and clips.is_dir() else path.parent
    return Manifest(path, partial(_table_rows, table, *columns, _Root(audio_root or beside, audio_root is not None)))


@dataclass(frozen=True)
class _Root:
    """Where relative paths start; ``closed``: and where all of them have to stay."""

    folder: str | os.PathLike
    closed: bool

    def row(self, path: str, speaker: str, start_s: float = 0.0, end_s: float | None = None, error: str = "") -> Row:
        file = os.path.join(self.folder, path)
        if not error and "\0" in path:
            error = "not a path"
        elif not error and self.closed:  # as written: a link inside the folder may lead anywhere
            folder, place = os.path.abspath(self.folder), os.path.abspath(file)
            if os.path.commonpath([folder, place]) != folder:
                error = "outside --audio-root"
        return Row(path, speaker, start_s, end_s, file, error)


def _table_rows(table: Table, path_column: str, speaker_column: str, root: _Root) -> Iterator[Row]:
    for number, cells in table.rows():
        path, speaker = cells[path_column], cells[speaker_column]
        if not path:
            yield Row(f"(line {number})", speaker, error="the row names no file")
            continue
        start_s, end_s, error = _times(cells.get("start_s", ""), cells.get("end_s", ""))
        yield root.row(path, speaker, start_s, end_s, error)


def _times(start: str, end: str) -> tuple[float, float | None, str]:
    """(start_s, end_s, "") of two cells, or (0, None, what is wrong with them)."""
    try:
        start_s, end_s = float(start or 0), float(end) if end else None
    except ValueError:
        return 0.0, None, f"start_s and end_s are seconds, not {start!r} and {end!r}"
    if not math.isfinite(start_s) or start_s < 0 or (end_s is not None and not start_s < end_s < math.inf):
        return 0.0, None, f"end_s must come after start_s, and start_s not before 0 ({start!r}, {end!r})"
    return start_s, end_s, ""


def tree_rows(folder: str | os.PathLike) -> Iterator[Row]:
    """The audio files of a tree in order of their names; the speaker is the first folder on the way, "" without one."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or os.path.splitext(name)[1].lower() not in AUDIO_SUFFIXES:
                continue
            file = os.path.join(place, name)
            path = Path(os.path.relpath(file, folder))
            yield Row(path.as_posix(), path.parts[0] if len(path.parts) > 1 else "", file=file)


def _kaldi_rows(folder: Path, root: _Root) -> Iterator[Row]:
    speakers = dict(_pairs(folder / "utt2spk"))
    segments = folder / "segments"
    if not segments.is_file():
        for utterance, wav in _pairs(folder / "wav.scp"):
            yield root.row(wav, speakers.get(utterance, ""), error=_command(wav))
        return
    wavs = dict(_pairs(folder / "wav.scp"))
    for utterance, rest in _pairs(segments):
        recording, *times = rest.split()
        if len(times) != 2 or recording not in wavs:
            yield Row(
                f"(segment {utterance})", speakers.get(utterance, ""), error="not a recording of wav.scp and times"
            )
            continue
        start_s, end_s, error = _times(times[0], "" if times[1] == "-1" else times[1])
        wav = wavs[recording]
        yield root.row(wav, speakers.get(utterance, ""), start_s, end_s, error or _command(wav))


def _command(wav: str) -> str:
    return "a command, not a file: it is not run" if wav.endswith("|") else ""


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """(first word, the rest) of each line of one of Kaldi's files. Raises BadInput if it is not there."""
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            for line in file:
                first, _, rest = line.strip().partition(" " if "\t" not in line else "\t")
                if rest:
                    yield first, rest.strip()
    except FileNotFoundError:
        raise BadInput(f"{path}: is missing; a Kaldi folder has wav.scp and utt2spk.") from None
