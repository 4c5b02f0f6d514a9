"""The samples on disk: ``data/speakers/SLUG/NNN.wav``, 16 kHz mono PCM16, each with a note ``NNN.json`` beside it.

They are the source of every voiceprint. The note holds the person's name as it was typed, so that even a lost database
can be made again from the folder alone. Where they lie, how they are written, moved and deleted is known here alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path

import numpy as np

from app.audio.reading.reader import audio_duration_s, read_audio
from app.sealing.private_files import read_private, write_private
from app.sealing.sealed_file import NotAuthentic, opaque_name
from app.sealing.unlocking import home_of, is_sealed, key_of, sealed_home_of
from utils import BadInput, parse_json, slug


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


@dataclass(frozen=True, order=True)
class Condition:
    """What a sample was recorded with, and on which day: a voice differs from one to the other."""

    day: str = ""
    """Such as "2026-01-31"; empty if nobody knows."""
    device: str = ""
    """A microphone's name, or ``FILE``; empty if nobody knows."""


FILE = "file"
"""The device of what was taken from a file."""


def condition_of(note: Note | None) -> Condition:
    """The condition that a note tells of."""
    if note is None:
        return Condition()
    try:
        day = date.fromisoformat(note.recorded_at[:10]).isoformat()
    except ValueError:
        day = ""
    return Condition(day, " ".join(note.device.split()) or (FILE if note.source else ""))


def samples_dir(data: Path, name: str) -> Path:
    """The folder of a person's recordings, which may not exist. In a sealed folder it does not tell the name."""
    home = home_of(data)
    return home / "speakers" / folder_name(home, name)


def folder_name(home: Path, name: str) -> str:
    """What the folder of a person is called. Raises BadInput for a name that cannot be."""
    return opaque_name(key_of(home), slug(name)) if is_sealed(home) else slug(name)


def sample_file(data: Path, path: Path) -> str:
    """A recording's path relative to the data folder, with "/", as the database keeps it."""
    return path.relative_to(home_of(data)).as_posix()


def read_recording(wav: Path) -> np.ndarray:
    """The sound of a person's recording (n,) float32 at 16 kHz. Raises BadInput, in one line, like ``read_audio``."""
    return read_audio(wav, content=_sealed_content(wav))


def recording_s(wav: Path) -> float:
    """Length of a person's recording in seconds. Raises BadInput."""
    return audio_duration_s(wav, content=_sealed_content(wav))


def read_content(wav: Path) -> bytes:
    """A person's recording as a WAV file's bytes. Raises BadInput."""
    try:
        return read_private(wav)
    except OSError as error:
        raise BadInput(f"{wav}: {error.strerror}.") from None


def _sealed_content(wav: Path) -> bytes | None:
    """What is in a sealed recording; None where the file can be read as it lies there."""
    return read_content(wav) if sealed_home_of(wav) else None


def write_content(wav: Path, content: bytes, note: Note) -> None:
    """Write a sample, as it is in its file (16 kHz mono PCM16 WAV), and then its note. After an error nothing of it is
    left. Raises OSError."""
    try:
        write_private(wav, content)
        write_note(wav.with_suffix(".json"), note)
    except BaseException:
        discard_sample(wav)
        raise


def discard_sample(wav: Path) -> None:
    """Delete a recording that is nobody's yet: the wav and its note, if they are there."""
    for path in (wav, wav.with_suffix(".json")):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def last_number(paths: Iterable[str]) -> int:
    """The highest number among paths of recordings and notes; 0 without any."""
    stems = (Path(path).stem for path in paths)
    return max((int(stem) for stem in stems if stem.isdecimal()), default=0)


def samples_of(data: Path, name: str) -> list[Path]:
    """A person's recordings, in the order of their numbers; empty if there are none."""
    return sorted(samples_dir(data, name).glob("[0-9]*.wav"))


def recorded_people(data: Path, enrolled: Iterable[str] = ()) -> dict[str, list[Path]]:
    """Name -> recordings of everybody with samples on disk, in alphabetical order.

    Names come from the notes, or, should these be lost, from ``enrolled``: the names that the database knows.
    """
    home = home_of(data)
    by_folder = {folder_name(home, name): name for name in enrolled}
    people = {}
    for folder in sorted((home / "speakers").glob("[!.]*/")):
        wavs = sorted(folder.glob("[0-9]*.wav"))
        if not wavs:
            continue
        name = by_folder.get(folder.name) or name_in(folder)
        if name is not None:
            people[name] = wavs
    return dict(sorted(people.items(), key=lambda item: item[0].casefold()))


def read_note(wav: Path) -> Note | None:
    """The note beside a recording; None if it is missing or damaged. What is of another kind than it should be in it
    is left out."""
    try:
        values = parse_json(read_private(wav.with_suffix(".json")))
    except (OSError, ValueError, NotAuthentic):
        return None
    if not isinstance(values, dict) or not isinstance(values.get("name"), str):
        return None
    texts = {field.name: values.get(field.name) for field in fields(Note) if field.name != "quality"}
    quality = values.get("quality")
    return Note(
        **{key: value if isinstance(value, str) else "" for key, value in texts.items()},
        quality={k: v for k, v in quality.items() if _is_figure(v)} if isinstance(quality, dict) else {},
    )


def _is_figure(value: object) -> bool:
    """Whether something is a number, or what stands for one that could not be measured."""
    return value is None or (isinstance(value, int | float) and abs(value) < 1e9)  # NaN is not


def write_name(place: Path, name: str) -> None:
    """Put a person's name into the notes beside the recordings in a folder, or into one note; a recording has none."""
    for path in place.glob("*.json") if place.is_dir() else [place][: place.suffix == ".json"]:
        try:
            note = {**parse_json(read_private(path)), "name": name}
        except (ValueError, TypeError, NotAuthentic):  # damaged, or a number taken by a sample that is being written
            continue
        _write_json(path, note)


def write_note(path: Path, note: Note) -> None:
    """Write the note beside a recording, atomically. Raises OSError."""
    _write_json(path, asdict(note))


def _write_json(path: Path, note: dict[str, object]) -> None:
    write_private(path, (json.dumps(note, indent=2, ensure_ascii=False) + "\n").encode())


def name_in(folder: Path) -> str | None:
    """The name in a folder's notes that belongs to the folder."""
    for path in sorted(folder.glob("[0-9]*.json")):
        note = read_note(path)
        with contextlib.suppress(BadInput):
            if note and folder_name(folder.parent.parent, note.name) == folder.name:
                return note.name
    return None
