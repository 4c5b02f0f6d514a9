"""Enrolment from audio files: a folder with one sub-folder per person, in any format that is read.

A voiceprint is remade from sound when the model changes. So the speech of such files is kept the way recordings are,
at 16 kHz in the data folder. Only speech is kept, with a moment before and after, and only as much as helps: the first
minute of a file, three minutes of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.audio.vad import DetectedSpeech, first_speech
from app.corpus.manifest import audio_files
from app.enrolment.quality import measure, quality_figures
from app.names import new_name
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, read_note, samples_of
from utils import UNREADABLE_SUFFIXES, BadInput, file_sha256

SHOWN = 5
"""Files that are named of those that were passed over."""


@dataclass(frozen=True)
class ImportConfig:
    """How much is taken of a file and of a person. All in seconds."""

    file_speech_s: float = 60.0
    """Speech taken from one file: its first."""
    person_speech_s: float = 180.0
    """Speech taken of one person in all."""
    margin_s: float = 0.2
    """Sound kept before and after speech: voices start and end below what counts as speech."""
    searched_s: float = 1200.0
    """Beginning of a file in which speech is looked for."""
    least_speech_s: float = 1.0
    """A file with less speech is not taken."""
    channel: int | None = None
    """The only channel that is heard of files, from 1; None mixes all."""


def files_by_person(tree: Path, on_bad: Callable[[str], None] = lambda line: None) -> dict[str, list[Path]]:
    """Find each person's audio files: name -> files in the sub-folder of that name, however deep, sorted.

    Hidden files and folders are passed over. ``on_bad`` gets a line about a sub-folder whose name cannot be a person's.
    Raises BadInput if ``tree`` is no folder, or has no sub-folder with audio in it.
    """
    if not tree.is_dir():
        raise BadInput(f"{tree}: no such folder." if not tree.exists() else f"{tree}: this is not a folder.")
    people: dict[str, list[Path]] = {}
    for folder in sorted(path for path in tree.iterdir() if path.is_dir() and not path.name.startswith(".")):
        files = sorted(path for path in audio_files(folder) if path.is_file())
        if not files:
            continue
        try:
            people.setdefault(new_name(folder.name), []).extend(files)
        except BadInput as error:
            on_bad(f"{folder}: {error}")
    if odd := list(audio_files(tree, UNREADABLE_SUFFIXES)):
        names = ", ".join(path.relative_to(tree).as_posix() for path in odd[:SHOWN]) + (", ..." if odd[SHOWN:] else "")
        files = "1 file looks" if len(odd) == 1 else f"{len(odd)} files look"
        on_bad(f"{tree}: {files} like sound, but such are not read; convert to wav: {names}.")
    if not people:
        raise BadInput(f"{tree}: no audio in sub-folders; it needs one folder per person, named like the person.")
    return people


def import_person(
    pending: PendingSamples,
    files: Iterable[Path],
    *,
    config: ImportConfig = ImportConfig(),
    on_bad: Callable[[str], None] = lambda line: None,
    on_odd: Callable[[str], None] = lambda line: None,
) -> int:
    """Let the speech of a person's audio files wait with ``pending``. Returns how many samples are new.

    A file that was taken before, by its content, is not taken again. ``on_bad`` gets a line about each file that cannot
    be used, ``on_odd`` about each that is odd but used: it breaks off, say. Raises OSError, such as for a full disk.
    """
    notes = [read_note(wav) for wav in (*samples_of(pending.data, pending.name), *pending.waiting)]
    taken = {note.source_sha256 for note in notes if note and note.source_sha256}
    speech_s = sum(float(note.quality.get("speech_s") or 0.0) for note in notes if note and note.source_sha256)
    new = 0
    for path in files:
        if speech_s >= config.person_speech_s:
            break
        try:
            digest = file_sha256(path)
            if digest in taken:
                continue
            sound = take_speech(path, config)
            quality = measure(sound)
        except BadInput as error:
            on_bad(str(error))
            continue
        except OSError as error:
            on_bad(f"{path}: {error.strerror}.")
            continue
        for phrase in sound.notices:
            on_odd(f"{path}: {phrase}.")
        note = Note(
            name=pending.name,
            recorded_at=datetime.fromtimestamp(path.stat().st_mtime).astimezone().isoformat(timespec="seconds"),
            source=path.name,
            source_sha256=digest,
            quality=quality_figures(quality),
        )
        pending.add(sound.samples, note)
        taken.add(digest)
        speech_s += quality.speech_s
        new += 1
    return new


def take_speech(path: Path, config: ImportConfig = ImportConfig()) -> DetectedSpeech:
    """Take the first speech of a file, without its longer pauses. Memory does not grow with the file.

    Raises BadInput if it cannot be read or holds too little speech.
    """
    sound = first_speech(
        path,
        speech_s=config.file_speech_s,
        searched_s=config.searched_s,
        margin_s=config.margin_s,
        channel=config.channel,
    )
    speech_s = measure(sound).speech_s
    if speech_s < config.least_speech_s:
        raise BadInput(f"{path}: only {speech_s:.1f} s of speech; at least {config.least_speech_s:.0f} s are needed.")
    return sound
