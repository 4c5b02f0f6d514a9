"""A small data folder with three people, what can be done to it, and what must hold whatever happens meanwhile.

Recordings and embeddings are seeded noise: here only their bytes matter, which can be looked for on the disk.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.enrolment import build
from app.scoring.vectors import unit
from app.sealing.unlocking import home_of
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, delete_sample, remove_person, rename_person
from app.voiceprints.recordings import Note, read_content, read_note, recorded_people, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput

MODEL = ("model", "a" * 64)
BUSY_S = 0.3
"""How long an operation waits for another one that is just writing."""


class StandInEncoder:
    """What building asks of a model, for recordings that are noise."""

    model_id, sha256 = MODEL


def sound_of(name: str, number: int) -> np.ndarray:
    """A tenth of a second (1600,) that is like no other."""
    seed = int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4], "little")
    return np.random.default_rng(seed).uniform(-0.5, 0.5, 1600).astype(np.float32)


def embedded(name: str, number: int, file: str) -> EmbeddedSample:
    seed = int.from_bytes(hashlib.sha256(f"vector {name} {number}".encode()).digest()[:4], "little")
    vectors = np.random.default_rng(seed).standard_normal((3, 192))
    return EmbeddedSample(file, unit(vectors).astype(np.float32), [2.0] * 3)


def secrets_of(name: str) -> list[bytes]:
    """Bytes that must be nowhere once a person of the household is deleted."""
    sounds = [np.round(sound_of(name, number) * 32768).astype("<i2").tobytes()[200:264] for number in (1, 2)]
    return sounds + [embedded(name, number, "").vectors.astype("<f4").tobytes()[:64] for number in (1, 2)]


def make_household(data: Path) -> None:
    """Ana and Ben, recorded and built, and Cal, who is recorded only."""
    with VoiceprintStore(data) as store:
        for name in ("Ana", "Ben", "Cal"):
            record(store, name, built=name != "Cal")


def record(store: VoiceprintStore, name: str, *, built: bool, first: int = 1) -> None:
    with PendingSamples(store.data, name) as pending:
        for number in (first, first + 1):
            pending.add(sound_of(name, number), Note(name, "2026-01-01"))

        def rows(_: object, person, files: list[str]) -> None:
            for number, file in enumerate(files, first):
                store.add_sample(person.name, *MODEL, embedded(name, number, file))

        pending.commit(store, rows if built else None)


def rebuild(store: VoiceprintStore, name: str) -> None:
    """What ``build_voiceprint.py NAME`` does, but for the network."""

    def embed(data: Path, _: object, wav: Path) -> EmbeddedSample:
        return embedded(name, int(wav.stem), sample_file(data, wav))

    original, build.embed_recording = build.embed_recording, embed
    try:
        began = store.find(name)
        build.build_person(store, StandInEncoder(), name, samples_of(store.data, name), print, began)
    finally:
        build.embed_recording = original


def undo(store: VoiceprintStore, name: str) -> None:
    remove_person(store, name).restore(store)


def undone_too_late(store: VoiceprintStore, name: str) -> None:
    remove_person(store, name).erase(store)


OPERATIONS: dict[str, Callable[[VoiceprintStore], object]] = {
    "rename": lambda store: rename_person(store, "Ana", "Zoe"),
    "rename of somebody not built": lambda store: rename_person(store, "Cal", "Kim"),
    "delete": lambda store: delete_person(store, "Ana"),
    "delete of somebody not built": lambda store: delete_person(store, "Cal"),
    "delete of a sample": lambda store: delete_sample(store, "Ana", sample_of(store, "Ana")),
    "remove and erase": lambda store: undone_too_late(store, "Ana"),
    "remove and undo": lambda store: undo(store, "Ana"),
    "enrol": lambda store: record(store, "Dee", built=True),
    "record": lambda store: record(store, "Dee", built=False),
    "add": lambda store: record(store, "Ana", built=True, first=3),
    "build": lambda store: rebuild(store, "Cal"),
    "rebuild": lambda store: rebuild(store, "Ana"),
    "create": lambda store: store.create("Eve"),
}
"""Every way to change a data folder, as window, server and command lines do it."""


def sample_of(store: VoiceprintStore, name: str) -> str:
    if wavs := samples_of(store.data, name):
        return sample_file(store.data, wavs[0])
    raise BadInput(f"{name} has no recording.")


def open_and(data: Path, operation: Callable[[VoiceprintStore], object]) -> None:
    """Do something as a program that has just started."""
    forget_sweeps()
    with VoiceprintStore(data, busy_timeout_s=BUSY_S) as store:
        operation(store)


def state_of(data: Path) -> dict[str, tuple]:
    """What the next program to start finds: name -> (sounds on disk, files in the voiceprint), as text."""
    forget_sweeps()
    with VoiceprintStore(data) as store:
        people = store.people()
        found = {}
        for name in people:
            sounds = [hashlib.sha256(read_content(wav)).hexdigest()[:8] for wav in samples_of(data, name)]
            found[name] = (tuple(sorted(sounds)), len(store.samples(name, MODEL[1])))
    return found


def problems_in(data: Path) -> list[str]:
    """What is wrong with a data folder that a program has opened after whatever happened."""
    found = []
    forget_sweeps()
    with VoiceprintStore(data) as store:
        people = store.people()
        for name in people:
            wavs = samples_of(data, name)
            files = {sample_file(data, wav) for wav in wavs}
            for sample in store.samples(name, MODEL[1]):
                if sample.file not in files:
                    found.append(f"{name}'s voiceprint is of {sample.file}, which is not there")
            for wav in wavs:
                note = read_note(wav)
                if note is None or note.name != name:
                    found.append(f"{wav.name} of {name} has the note {note}")
        if set(recorded_people(data, people)) - set(people):
            found.append("recordings of somebody who is in no list")
        if orders := store.read("SELECT kind, what FROM orders"):
            found.append(f"orders are left: {orders}")
        if store.read("SELECT 1 FROM people WHERE removed IS NOT NULL"):
            found.append("a removed person has a row")
    speakers = home_of(data) / "speakers"
    left = [path.name for path in speakers.rglob("*") if path.name.startswith(".")]
    empty = [path.name for path in speakers.rglob("*.*") if path.is_file() and not path.stat().st_size]
    if left or empty:
        found.append(f"left on disk: {left + empty}")
    for name in ("Ana", "Cal"):
        if not any(person in people for person in {"Ana": ("Ana", "Zoe"), "Cal": ("Cal", "Kim")}[name]):
            content = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
            if any(secret in content for secret in secrets_of(name)):
                found.append(f"bytes of {name}, who is deleted, are on the disk")
    return found


def describe(state: dict[str, tuple]) -> str:
    return json.dumps({name: [len(sounds), samples] for name, (sounds, samples) in state.items()})
