"""The samples on disk: ``data/speakers/SLUG/NNN.wav``, 16 kHz mono PCM16, each with a note ``NNN.json`` beside it.

They are the source of every voiceprint. The note holds the person's name as it was typed, so that even a lost database
can be made again from the folder alone. Where they lie, how they are written, moved and deleted is known here alone.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from utils import BadInput, atomic_write, slug, write_wav


@dataclass(frozen=True)
class Note:
    """What is written down beside a sample, as JSON."""

    name: str
    """The person's name, as it was typed."""
    recorded_at: str
    """Time of recording: ISO 8601, with the zone."""
    device: str = ""
    """Microphone, or what else the sound came from."""
    position: str = ""
    """"near", "back" or "soft"; empty for what was taken from a file."""
    sentence: str = ""
    """The prompt that was read; empty if there was none."""
    source: str = ""
    """Name of the file that the sample was taken from; empty for a microphone."""
    source_sha256: str = ""
    """SHA-256 of what was taken: taken once, it is not taken again."""
    quality: dict[str, object] = field(default_factory=dict)
    """The sample's figures: ``quality_figures`` of app.enrolment.quality."""


def samples_dir(data: Path, name: str) -> Path:
    """The folder of a person's recordings, which may not exist."""
    return data / "speakers" / slug(name)


def sample_file(data: Path, path: Path) -> str:
    """A recording's path relative to the data folder, with "/", as the database keeps it."""
    return path.relative_to(data).as_posix()


def save_sample(data: Path, samples: np.ndarray, note: Note) -> Path:
    """Write a sample (n,) and its note under the next free number. Returns the path of the wav.

    Nothing is ever overwritten, and after an error nothing of it is left. Raises OSError, such as for a full disk.
    """
    folder = samples_dir(data, note.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # biometric data: for its owner's eyes
    wav, claim = _claim_number(folder)
    try:
        write_wav(wav, samples)
        _write_note(claim, asdict(note))
    except BaseException:
        for path in (wav, claim):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # if it is empty
        raise
    return wav


def discard_sample(wav: Path) -> None:
    """Take back a recording that is in no voiceprint yet: the wav and its note, if they are there."""
    for path in (wav, wav.with_suffix(".json")):
        path.unlink(missing_ok=True)


def samples_of(data: Path, name: str) -> list[Path]:
    """A person's recordings, in the order of their numbers; empty if there are none."""
    return sorted(samples_dir(data, name).glob("[0-9]*.wav"))


def recorded_people(data: Path, enrolled: Iterable[str] = ()) -> dict[str, list[Path]]:
    """Name -> recordings of everybody with samples on disk, in alphabetical order.

    Names come from the notes, or, should these be lost, from ``enrolled``: the names that the database knows.
    """
    by_slug = {slug(name): name for name in enrolled}
    people = {}
    for folder in sorted((data / "speakers").glob("[!.]*/")):
        wavs = sorted(folder.glob("[0-9]*.wav"))
        if not wavs:
            continue
        name = by_slug.get(folder.name) or _name_in(folder)
        if name is not None:
            people[name] = wavs
    return dict(sorted(people.items(), key=lambda item: item[0].casefold()))


def read_note(wav: Path) -> Note | None:
    """The note beside a recording; None if it is missing or damaged."""
    try:
        values = json.loads(wav.with_suffix(".json").read_text(encoding="utf-8"))
        note = Note(**{key: value for key, value in values.items() if key in Note.__dataclass_fields__})
        return note if isinstance(note.name, str) and isinstance(note.quality, dict) else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def rename_samples(data: Path, old: str, new: str) -> None:
    """Move a person's recordings, if there are any, to the folder of another name, which their notes then hold.

    All of it or nothing. The new folder must not exist. Raises OSError.
    """
    source, target = samples_dir(data, old), samples_dir(data, new)
    if not source.exists():
        return
    try:
        _write_name(source, new)
        source.rename(target)
    except BaseException:
        with contextlib.suppress(OSError):
            _write_name(source, old)
        raise


@contextlib.contextmanager
def set_aside(*paths: Path) -> Iterator[None]:
    """Hide files of a person, or the whole folder, from everybody while the block runs, and delete them after it.

    If the block fails they are put back. Paths that do not exist are passed over. A program that is killed in the
    block leaves nothing that could enrol the person again; ``finish_deletions`` removes what is left then.
    """
    found = [path for path in paths if path.exists()]
    if not found:
        yield
        return
    folder = found[0] if found[0].is_dir() else found[0].parent
    hidden = folder.with_name(f".deleted-{uuid.uuid4().hex}")
    hidden.mkdir(mode=0o700)
    try:
        for path in found:
            path.rename(hidden / path.name)
        yield
    except BaseException:
        for path in found:
            if (hidden / path.name).exists():
                (hidden / path.name).rename(path)
        hidden.rmdir()
        raise
    shutil.rmtree(hidden)


def finish_deletions(data: Path) -> None:
    """Delete what deletions that were cut off have left."""
    for left in (data / "speakers").glob(".deleted-*"):
        shutil.rmtree(left)


def _write_name(folder: Path, name: str) -> None:
    """Put a person's name into the notes beside the recordings in a folder."""
    for path in folder.glob("*.json"):
        try:
            note = {**json.loads(path.read_text(encoding="utf-8")), "name": name}
        except (ValueError, TypeError):  # damaged, or a number taken by a sample that is just being written
            continue
        _write_note(path, note)


def _write_note(path: Path, note: dict[str, object]) -> None:
    with atomic_write(path) as file:
        file.write((json.dumps(note, indent=2, ensure_ascii=False) + "\n").encode())


def _name_in(folder: Path) -> str | None:
    """The name in a folder's notes that belongs to the folder."""
    for path in sorted(folder.glob("[0-9]*.json")):
        note = read_note(path)
        with contextlib.suppress(BadInput):
            if note and slug(note.name) == folder.name:
                return note.name
    return None


def _claim_number(folder: Path) -> tuple[Path, Path]:
    """The next number's wav and note; the note exists then, empty, so that no other process takes the number."""
    numbers = [int(path.stem) for path in folder.glob("[0-9]*.*") if path.stem.isdecimal()]
    number = max(numbers, default=0) + 1
    while True:
        note = folder / f"{number:03d}.json"
        try:
            note.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return note.with_suffix(".wav"), note
