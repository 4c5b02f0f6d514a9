"""Clips from wherever they are listed: tables, Common Voice's lists, Kaldi's folders and trees of folders."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.corpus.clips import Clip
from app.corpus.kaldi import is_kaldi, read_utterances
from app.corpus.tables import Table, open_table
from utils import AUDIO_SUFFIXES, BadInput

PATH_COLUMNS = ("file", "path", "filename", "audio", "wav")
LONGEST_SPEAKER = 1000
"""Characters: in an array of labels each takes as much room as the longest."""
SPEAKER_COLUMNS = ("speaker", "client_id", "speaker_id", "spk", "label")


@dataclass(frozen=True)
class Manifest:
    """Clips that can be read again and again, each time from the disk: they are never all in memory."""

    path: Path
    read: Callable[[], Iterator[tuple[str, Clip]]]
    """(where it is listed, for people; clip) of each clip. What is wrong with a clip is its ``error``."""

    def __iter__(self) -> Iterator[Clip]:
        return (clip for _, clip in self.read())


def open_manifest(
    path: str | os.PathLike,
    audio_root: str | os.PathLike | None = None,
    path_column: str | None = None,
    speaker_column: str | None = None,
    *,
    confined: bool = True,
) -> Manifest:
    """A csv or tsv, a Kaldi folder (``wav.scp``, ``utt2spk``, perhaps ``segments``), or a tree of a folder per speaker.

    Of a table the columns corpus, gender, age, start_s and end_s are used where present. Relative paths start at
    ``audio_root``, or beside the manifest, or in ``clips/`` beside it, where Common Voice keeps its files. If
    ``confined``, a path that leads out of ``audio_root`` is an error of its clip. Raises BadInput for what is no
    manifest.
    """
    path = Path(path)
    confined = confined and audio_root is not None
    if is_kaldi(path):
        folder = path if path.is_dir() else path.parent
        return Manifest(path, partial(_kaldi_clips, folder, _Root(audio_root or folder, confined)))
    if path.is_dir():
        return Manifest(path, partial(_tree_clips, path))
    table = open_table(path, "table of clips", tabs_quoted=False)
    columns = (
        table.column(PATH_COLUMNS, path_column, "--path-column"),
        table.column(SPEAKER_COLUMNS, speaker_column, "--speaker-column"),
    )
    clips = path.parent / "clips"
    beside = clips if columns == ("path", "client_id") and clips.is_dir() else path.parent
    return Manifest(path, partial(_table_clips, table, *columns, _Root(audio_root or beside, confined)))


def read_clips(source: str | os.PathLike, audio_root: str | os.PathLike | None = None) -> list[Clip]:
    """All clips of a manifest, for what needs the speaker of each and cannot go on without one of them.

    Paths may lead out of ``audio_root``. The clips of a tree are in the order of their paths; a VoxCeleb download
    (``id10001/VIDEO/00001.wav``) is one. Raises BadInput for a manifest without clips, and for a clip that cannot be
    used or has no speaker, naming its line.
    """
    manifest = open_manifest(source, audio_root, confined=False)
    if manifest.path.is_dir() and not is_kaldi(manifest.path):
        if clips := sorted((clip for clip in manifest if clip.speaker), key=lambda clip: Path(clip.path)):
            return clips
        raise BadInput(f"{source}: no sub-folders with audio in them (one per speaker are needed).")
    clips = []
    for line, clip in manifest.read():
        if error := clip.error or ("" if clip.speaker else "the row names no speaker"):
            raise BadInput(f"{line}: {error}.")
        clips.append(replace(clip, path=str(Path(clip.path))))
    if not clips:
        raise BadInput(f"{source}: no clips in it.")
    return clips


def audio_files(folder: str | os.PathLike) -> Iterator[Path]:
    """The audio files of a tree: those of a folder by name, then those of its sub-folders. Hidden ones are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in AUDIO_SUFFIXES:
                yield Path(place, name)


def recordings_in(folder: str | os.PathLike) -> list[Path]:
    """The audio files right in a folder, by name; none in its sub-folders."""
    return sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)


@dataclass(frozen=True)
class _Root:
    """Where relative paths start; ``confined``: and where all of them have to stay."""

    folder: str | os.PathLike
    confined: bool

    def clip(self, name: str, speaker: str, error: str = "", **facts) -> Clip:
        """The clip of the file that a list calls ``name``."""
        path = os.path.join(self.folder, name)
        if not error and "\0" in name:
            error = "not a path"
        elif not error and len(speaker) > LONGEST_SPEAKER:
            error = f"a speaker called by {len(speaker)} characters"
        elif not error and self.confined:  # as written: a link inside the folder may lead anywhere
            folder, place = os.path.abspath(self.folder), os.path.abspath(path)
            if os.path.commonpath([folder, place]) != folder:
                error = "outside --audio-root"
        return Clip(path, speaker, name=name, error=error, **facts)


def _table_clips(table: Table, path_column: str, speaker_column: str, root: _Root) -> Iterator[tuple[str, Clip]]:
    for number, cells in table.rows():
        line = f"{table.path}, line {number}"
        name, speaker = cells[path_column], cells[speaker_column]
        if not name:
            yield line, Clip("", speaker, name=f"(line {number})", error="the row names no file")
            continue
        start_s, end_s, error = _times(cells.get("start_s", ""), cells.get("end_s", ""))
        yield (
            line,
            root.clip(
                name,
                speaker,
                error,
                corpus=cells.get("corpus", ""),
                gender=_gender(cells.get("gender", "")),
                age=_age(cells.get("age", "")),
                start_s=start_s,
                end_s=end_s,
            ),
        )


def _tree_clips(folder: Path) -> Iterator[tuple[str, Clip]]:
    """The speaker is the first folder on the way to a file, "" without one."""
    for file in audio_files(folder):
        name = file.relative_to(folder)
        yield str(file), Clip(str(file), name.parts[0] if len(name.parts) > 1 else "", name=name.as_posix())


def _kaldi_clips(folder: Path, root: _Root) -> Iterator[tuple[str, Clip]]:
    for utterance in read_utterances(folder):
        if not utterance.wav:
            error = "not a recording of wav.scp and times"
            yield utterance.line, Clip("", utterance.speaker, name=f"(segment {utterance.name})", error=error)
            continue
        start_s, end_s, error = _times(utterance.start, utterance.end)
        if not error and utterance.is_command:
            error = "a command, not a file: it is not run"
        yield utterance.line, root.clip(utterance.wav, utterance.speaker, error, start_s=start_s, end_s=end_s)


def _times(start: str, end: str) -> tuple[float, float | None, str]:
    """(start_s, end_s, "") of two cells, or (0, None, what is wrong with them)."""
    try:
        start_s, end_s = float(start or 0), float(end) if end else None
    except ValueError:
        return 0.0, None, f"start_s and end_s are seconds, not {start!r} and {end!r}"
    if not math.isfinite(start_s) or start_s < 0 or (end_s is not None and not start_s < end_s < math.inf):
        return 0.0, None, f"end_s must come after start_s, and start_s not before 0 ({start!r}, {end!r})"
    return start_s, end_s, ""


def _gender(text: str) -> str:
    letter = text.strip().lower()[:1]
    return letter if letter in ("m", "f") else ""


def _age(text: str) -> float | None:
    """Years; Common Voice's decades ("twenties") and the like are adults whose age is not given."""
    try:
        return float(text) if text else None
    except ValueError:
        return None
