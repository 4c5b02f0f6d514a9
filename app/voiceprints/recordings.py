"""The samples on disk: ``data/speakers/SLUG/NNN.wav``, 16 kHz mono PCM16, each with a note ``NNN.json`` beside it.

They are the source of every voiceprint. The note holds the person's name as it was typed, so that even a lost database
can be made again from the folder alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from app.voiceprints.store import VoiceprintStore
from utils import BadInput, atomic_write, slug, write_wav


@dataclass(frozen=True)
class Note:
    """What is written down beside a sample."""

    name: str
    recorded_at: str
    """ISO 8601, with the zone."""
    device: str = ""
    position: str = ""
    """"near", "back", "soft", or "" for what was taken from a file."""
    sentence: str = ""
    source: str = ""
    """Name of the file that it was taken from, and its SHA-256: taken once, it is not taken again."""
    source_sha256: str = ""
    quality: dict[str, object] = field(default_factory=dict)


def save_sample(data: Path, samples: np.ndarray, note: Note) -> Path:
    """Write a sample (n,) and its note under the next free number. Returns the path of the wav.

    Nothing is ever overwritten, and after an error nothing of it is left. Raises OSError, such as for a full disk.
    """
    folder = VoiceprintStore(data).samples_dir(note.name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # biometric data: for its owner's eyes
    wav, claim = _claim_number(folder)
    try:
        write_wav(wav, samples)
        with atomic_write(claim) as file:
            file.write((json.dumps(asdict(note), indent=2, ensure_ascii=False) + "\n").encode())
    except BaseException:
        for path in (wav, claim):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # if it is empty
        raise
    return wav


def samples_of(data: Path, name: str) -> list[Path]:
    """A person's recordings, in the order of their numbers; empty if there are none."""
    return sorted(VoiceprintStore(data).samples_dir(name).glob("[0-9]*.wav"))


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
