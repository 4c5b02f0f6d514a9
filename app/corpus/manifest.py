"""Clips from wherever they are listed: lists of every form, Kaldi's folders and trees of folders."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.corpus.clips import Clip
from app.corpus.find import locate, western
from app.corpus.headings import DURATION, END, FILE, SPEAKER, START, fold, read_number
from app.corpus.kaldi import is_kaldi, read_utterances
from app.corpus.left_out import LeftOut
from app.corpus.lists import has_audio_suffix, looks_like_a_path, open_list
from app.corpus.rows import Cells, Kind, TextList
from utils import AUDIO_SUFFIXES, UNREADABLE_SUFFIXES, BadInput

LONGEST_SPEAKER = 1000
"""Characters: in an array of labels each takes as much room as the longest."""

UNREADABLE = "looks like sound, but such files are not read: convert it to wav"


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
    """A list of any of the forms of docs/lists.md, a Kaldi folder, or a tree of a folder per speaker.

    Of a list corpus, gender, age, session, device, start, end and duration are used where present. Relative paths start
    at ``audio_root``, or beside the manifest, or in ``clips/`` beside it, where Common Voice keeps its files. If
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
    root = _Root(audio_root or path.parent, confined)
    listed = open_list(path, _kind(root, path_column, speaker_column))
    folded = {fold(name) for name in listed.columns}
    if not audio_root and {"clientid", "path"} <= folded and (path.parent / "clips").is_dir():
        root = _Root(path.parent / "clips", confined)
    return Manifest(path, partial(_list_clips, listed, root))


def read_clips(
    source: str | os.PathLike, audio_root: str | os.PathLike | None = None, left_out: list[LeftOut] | None = None
) -> list[Clip]:
    """All clips of a manifest, for what needs the speaker of each and cannot go on without one of them.

    Paths may lead out of ``audio_root``. The clips of a tree are in the order of their paths; a VoxCeleb download
    (``id10001/VIDEO/00001.wav``) is one. Raises BadInput for a manifest without clips, and for a clip that cannot be
    used or has no speaker, naming its line; with ``left_out`` such clips are added there.
    """
    manifest = open_manifest(source, audio_root, confined=False)
    if manifest.path.is_dir() and not is_kaldi(manifest.path):
        found = list(manifest)
        if left_out is not None:
            left_out += [LeftOut(clip.name, "not in a folder of its speaker") for clip in found if not clip.speaker]
            left_out += [LeftOut(clip.name, clip.error) for clip in found if clip.speaker and clip.error]
        usable = (clip for clip in found if clip.speaker and not clip.error)
        if clips := sorted(usable, key=lambda clip: Path(clip.path)):
            return clips
        raise BadInput(f"{source}: no sub-folders with audio in them (one per speaker are needed).")
    clips = []
    for line, clip in manifest.read():
        if error := clip.error or ("" if clip.speaker else "the row names no speaker"):
            if left_out is None:
                raise BadInput(f"{line}: {error}.")
            left_out.append(LeftOut(f"line {line.rpartition(' ')[2]}", error))
            continue
        clips.append(replace(clip, path=str(Path(clip.path))))
    if not clips and not left_out:
        raise BadInput(f"{source}: no clips in it.")
    return clips


def audio_files(folder: str | os.PathLike, suffixes: frozenset[str] = AUDIO_SUFFIXES) -> Iterator[Path]:
    """The audio files of a tree: those of a folder by name, then those of its sub-folders. Hidden ones are left out.

    ``suffixes``: in lower case, of the files that count.
    """
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:
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
        path, speaker = locate(self.folder, name), western(speaker)
        if not error and "\0" in name:
            error = "not a path"
        elif not error and len(speaker) > LONGEST_SPEAKER:
            error = f"a speaker called by {len(speaker)} characters"
        elif not error and self.confined:  # as written: a link inside the folder may lead anywhere
            folder, place = os.path.abspath(self.folder), os.path.abspath(path)
            if os.path.commonpath([folder, place]) != folder:
                error = "outside --audio-root"
        return Clip(path, speaker, name=name, error=error, **facts)


def _kind(root: _Root, path_column: str | None, speaker_column: str | None) -> Kind:
    return Kind(
        "table of clips",
        (FILE, SPEAKER),
        (START, END, DURATION),
        plain=_plain,
        whole=lambda line: " " in line and looks_like_a_path(line) and os.path.isfile(locate(root.folder, line)),
        wanted='"Ana a.wav" is one, or "a.wav,Ana", or a file alone; for more, begin with a heading such as'
        " file,speaker,start_s,end_s",
        asked={FILE: (path_column, "--path-column"), SPEAKER: (speaker_column, "--speaker-column")},
        one_column=True,
    )


def _plain(words: Sequence[str]) -> Cells | None:
    """A line without a heading: a file, or a file and its speaker in any order, told by the file's ending."""
    if len(words) == 1 and looks_like_a_path(words[0]):
        return {FILE: words[0]}
    if len(words) != 2 or not all(words):
        return None
    for is_file in (has_audio_suffix, looks_like_a_path):
        files = [word for word in words if is_file(word)]
        if len(files) == 1:
            speaker = words[1] if files[0] is words[0] else words[0]
            return {FILE: files[0], SPEAKER: speaker}
    return None


def _list_clips(listed: TextList, root: _Root) -> Iterator[tuple[str, Clip]]:
    starts = listed.is_json or listed.kind.place(START, listed.columns) is not None
    for number, cells, error in listed.rows():
        line = f"{listed.path}, line {number}"
        name, speaker = cells.get(FILE, ""), cells.get(SPEAKER, "")
        if not name:
            yield line, Clip("", speaker, name=f"(line {number})", error=error or "the row names no file")
            continue
        # Of a table that says nothing of a start, the duration tells the length of the file.
        duration = cells.get(DURATION, "") if starts else ""
        start_s, end_s, wrong = _times(cells.get(START, ""), cells.get(END, ""), duration)
        yield (
            line,
            root.clip(
                name,
                speaker,
                error or wrong,
                corpus=cells.get("corpus", ""),
                gender=_gender(cells.get("gender", "")),
                age=_age(cells.get("age", "")),
                session=cells.get("session", ""),
                device=cells.get("device", ""),
                start_s=start_s,
                end_s=end_s,
            ),
        )


def _tree_clips(folder: Path) -> Iterator[tuple[str, Clip]]:
    """The speaker is the first folder on the way to a file, "" without one."""
    for file in audio_files(folder, AUDIO_SUFFIXES | UNREADABLE_SUFFIXES):
        name = file.relative_to(folder)
        error = UNREADABLE if file.suffix.lower() in UNREADABLE_SUFFIXES else ""
        yield (
            str(file),
            Clip(str(file), name.parts[0] if len(name.parts) > 1 else "", name=name.as_posix(), error=error),
        )


def _kaldi_clips(folder: Path, root: _Root) -> Iterator[tuple[str, Clip]]:
    for utterance in read_utterances(folder):
        if not utterance.wav:
            name, error = f"(segment {utterance.name})", "not a recording of wav.scp and times"
            if not utterance.is_segment:
                name, error = f"({utterance.name})", "the line names no file"
            yield utterance.line, Clip("", utterance.speaker, name=name, error=error)
            continue
        start_s, end_s, error = _times(utterance.start, utterance.end)
        if not error and utterance.is_command:
            error = "a command, not a file: it is not run"
        yield utterance.line, root.clip(utterance.wav, utterance.speaker, error, start_s=start_s, end_s=end_s)


def _times(start: str, end: str, duration: str = "") -> tuple[float, float | None, str]:
    """(start_s, end_s, "") of the cells of a row, or (0, None, what is wrong with them)."""
    try:
        start_s, end_s = read_number(start or "0"), read_number(end) if end else None
        if duration:
            after_s = round(start_s + read_number(duration), 6)
            if end_s is not None and not abs(end_s - after_s) < 0.02:
                return 0.0, None, f"end and duration do not agree ({end!r}, {duration!r})"
            end_s = after_s if end_s is None else end_s
    except ValueError:
        return 0.0, None, f"start_s and end_s are seconds, not {start!r} and {end or duration!r}"
    if not math.isfinite(start_s) or start_s < 0 or (end_s is not None and not start_s < end_s < math.inf):
        return 0.0, None, f"end_s must come after start_s, and start_s not before 0 ({start!r}, {end or duration!r})"
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
