"""One encrypted file that takes people to another machine: the format.

    b"HEARDPP1"   magic and version
    19 bytes      scrypt: salt (16), log2 of N, r, p
    the rest      a sealed file (app/sealing/sealed_file.py) under the key that scrypt makes of a passphrase:
                  4 bytes, big-endian: length of a JSON object; the object; then, sample for sample in its order,
                  the recording (WAV) and its embeddings (float32, little-endian), each as long as the object says

Nothing in it is compressed: a file cannot grow when it is read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np

from app.sealing.passphrase import Scrypt
from app.sealing.sealed_file import NotAuthentic, SealedReader, SealedWriter
from app.voiceprints.enrolled import Consent
from app.voiceprints.looks.colours import GENDERS, MOST_COLOURS, Appearance
from app.voiceprints.recordings import Note
from utils import BadInput, atomic_write, clean_name

MAGIC = b"HEARDPP1"
FORMAT, VERSION = "heard people", 1
CONTEXT = "people"
MOST_BYTES_OF_WORDS = 16 << 20
MOST_BYTES_OF_SOUND = 64 << 20
MOST_PEOPLE = 10_000
MOST_SAMPLES = 10_000
MOST_SEGMENTS = 10_000
MOST_DIMENSIONS = 4096
LONGEST_TEXT = 2_000
UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Embedded:
    """What one model made of a sample."""

    model_id: str
    model_sha256: str
    vectors: np.ndarray
    """(k, D) float32 of unit length, one for each segment of speech."""
    segment_s: list[float]


@dataclass(frozen=True)
class SampleOut:
    """A sample to write. ``sound`` is asked for when it is written, and gives the bytes that are said here."""

    note: Note | None
    sound_bytes: int
    sound: Callable[[], bytes]
    embedded: list[Embedded]


@dataclass(frozen=True)
class SampleIn:
    """A sample that was read."""

    note: Note
    sound: bytes
    """A WAV file, not looked at yet; empty without recordings."""
    embedded: list[Embedded]


def write_people(
    path: Path,
    passphrase: str,
    people: dict[str, list[SampleOut]],
    scrypt: Scrypt | None = None,
    consents: Mapping[str, Consent] = MappingProxyType({}),
    looks: Mapping[str, Appearance] = MappingProxyType({}),
) -> None:
    """Write people, what they allowed and how they look, atomically, for the owner's eyes. Raises OSError, and what
    ``SampleOut.sound`` raises."""
    scrypt = scrypt or Scrypt.fresh()
    key = scrypt.key(passphrase)
    words = {
        "format": FORMAT,
        "version": VERSION,
        "people": [
            {
                "name": name,
                "samples": [_in_words(sample) for sample in samples],
                **({"consent": asdict(consents[name])} if name in consents else {}),
                **({"looks": asdict(looks[name])} if name in looks else {}),
            }
            for name, samples in people.items()
        ],
    }
    text = json.dumps(words, ensure_ascii=False).encode()
    with atomic_write(path) as file:
        file.write(MAGIC + scrypt.salt + bytes([scrypt.log2_n, scrypt.r, scrypt.p]))
        writer = SealedWriter(file, key, CONTEXT)
        writer.write(len(text).to_bytes(4, "big") + text)
        for sample in (sample for samples in people.values() for sample in samples):
            sound = sample.sound() if sample.sound_bytes else b""
            if len(sound) != sample.sound_bytes:
                raise BadInput(f"{path}: a recording changed while it was written; nothing was kept, try again.")
            writer.write(sound)
            for embedded in sample.embedded:
                writer.write(embedded.vectors.astype("<f4").tobytes())
        writer.finish()


def read_people(path: Path, passphrase: str) -> Iterator[tuple[str, Iterable[SampleIn], Consent | None, Appearance]]:
    """Each person's name, samples, consent and appearance. The samples must be taken in this order; memory holds one.

    Only when the last one was taken is it sure that the file is whole. Raises BadInput for what is not such a file, was
    changed, or is larger than can be, NotAuthentic for another passphrase.
    """
    with open(path, "rb") as file:
        reader = _open(file, path, passphrase)
        for person in _people(reader, path):
            about = _consent(person.get("consent")), _looks(person.get("looks"))
            yield person["name"], _samples(reader, person["samples"], path), *about
        if reader.read(1):
            raise _wrong(path)


def _open(file: BinaryIO, path: Path, passphrase: str) -> SealedReader:
    head = file.read(len(MAGIC) + 19)
    if not head.startswith(MAGIC):
        raise BadInput(f"{path}: not a file that `voices export` wrote, or of a newer version of this program.")
    salt, numbers = head[len(MAGIC) : -3], head[-3:]
    try:
        log2_n, r, p = numbers
        scrypt = Scrypt.from_json({"salt": salt.hex(), "log2_n": log2_n, "r": r, "p": p})
    except ValueError:
        raise _wrong(path) from None
    return SealedReader(file, scrypt.key(passphrase), CONTEXT, path)


def _people(reader: SealedReader, path: Path) -> list[dict]:
    try:
        length = int.from_bytes(_exactly(reader, 4, path), "big")
    except NotAuthentic:
        raise NotAuthentic(f"{path}: this is not its passphrase, or the file is damaged.") from None
    if length > MOST_BYTES_OF_WORDS:
        raise _wrong(path)
    try:
        words = json.loads(_exactly(reader, length, path))
        if words["format"] != FORMAT:
            raise ValueError("another format")
        if words["version"] != VERSION:
            raise BadInput(f"{path} was written by a newer version of this program; update it to read the file.")
        people = words["people"]
        names = [person["name"] for person in people]
        samples = sum(len(person["samples"]) for person in people)
        if not all(map(_can_be, names)) or len(set(names)) < len(names):
            raise ValueError("names that cannot be")
        if not 1 <= len(people) <= MOST_PEOPLE or samples > MOST_SAMPLES:
            raise ValueError("too many")
        return people
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _wrong(path) from None


def _consent(said: object) -> Consent | None:
    """What the file says was allowed; nothing, if that is not what it should be."""
    match said:
        case {"may_keep": bool(may_keep), "answered_on": str(day)}:
            with contextlib.suppress(ValueError):
                return Consent(may_keep, date.fromisoformat(day).isoformat())
    return None


def _looks(said: object) -> Appearance:
    """How the file says that somebody is shown; nothing of it that is not what it should be."""
    said = said if isinstance(said, dict) else {}
    colour, gender = said.get("colour"), said.get("gender")
    known = type(colour) is int and 0 <= colour < MOST_COLOURS
    return Appearance(colour if known else None, gender if gender in GENDERS else None)


def _can_be(name: str) -> bool:
    try:
        return clean_name(name) == name
    except BadInput:
        return False


def _samples(reader: SealedReader, words: list[dict], path: Path) -> Iterator[SampleIn]:
    for said in words:
        try:
            sizes = _sizes(said)
            note = _note(said["note"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _wrong(path) from None
        sound = _exactly(reader, said["sound_bytes"], path)
        embedded = []
        for one, (segments, dimensions) in zip(said["embedded"], sizes, strict=True):
            raw = _exactly(reader, 4 * segments * dimensions, path)
            vectors = np.frombuffer(raw, "<f4").astype(np.float32).reshape(segments, dimensions)
            if not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < UNIT_TOLERANCE):  # NaN is not less, either
                raise BadInput(f"{path}: holds a voiceprint that is none; export it again.")
            embedded.append(Embedded(one["model_id"], one["model_sha256"], vectors, one["segment_s"]))
        yield SampleIn(note, sound, embedded)


def _sizes(said: dict) -> list[tuple[int, int]]:
    """(segments, dimensions) of each of a sample's embeddings, once all that is said of it is possible."""
    if type(said["sound_bytes"]) is not int or not 0 <= said["sound_bytes"] <= MOST_BYTES_OF_SOUND:
        raise ValueError("no size of a recording")
    sizes = []
    for one in said["embedded"]:
        dimensions, seconds = one["dimension"], one["segment_s"]
        texts = (one["model_id"], one["model_sha256"])
        if any(not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT for text in texts):
            raise ValueError("no model")
        if type(dimensions) is not int or not 1 <= dimensions <= MOST_DIMENSIONS:
            raise ValueError("no size of a vector")
        if not 1 <= len(seconds) <= MOST_SEGMENTS or any(type(s) is not float or not 0 < s < 1e6 for s in seconds):
            raise ValueError("no seconds of speech")
        sizes.append((len(seconds), dimensions))
    if len(sizes) > 100:
        raise ValueError("too many models")
    return sizes


def _note(said: dict | None) -> Note:
    """A note whose texts are texts, and not long. The name in it is the person's, whatever it says."""
    said = said or {}
    texts = {key: said.get(key, "") for key in Note.__dataclass_fields__ if key not in ("name", "quality")}
    quality = said.get("quality", {})
    figures = {key: value for key, value in quality.items() if value is None or isinstance(value, bool | int | float)}
    if any(not isinstance(text, str) or len(text) > LONGEST_TEXT for text in texts.values()) or len(figures) > 100:
        raise ValueError("no note")
    return Note(name="", quality=figures, **texts)


def _in_words(sample: SampleOut) -> dict[str, object]:
    return {
        "note": asdict(sample.note) if sample.note else None,
        "sound_bytes": sample.sound_bytes,
        "embedded": [
            {
                "model_id": one.model_id,
                "model_sha256": one.model_sha256,
                "dimension": one.vectors.shape[1],
                "segment_s": [float(seconds) for seconds in one.segment_s],
            }
            for one in sample.embedded
        ],
    }


def _exactly(reader: SealedReader, count: int, path: Path) -> bytes:
    data = reader.read(count)
    if len(data) < count:
        raise _wrong(path)
    return data


def _wrong(path: str | os.PathLike) -> BadInput:
    return BadInput(f"{path}: damaged, or not written by `voices export`; export it again.")
