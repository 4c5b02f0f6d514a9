"""A small data folder with three people, what can be done to it, and what must hold whatever happens meanwhile.

Recordings and embeddings are seeded noise: here only their bytes matter, which can be looked for on the disk. Whatever
is not somebody's recording, offer or voiceprint at the end must not be there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from app.enrolment import build
from app.scoring.vectors import unit
from app.sealing.unlocking import home_of
from app.voiceprints.ledger import forget_sweeps
from app.voiceprints.offers import (
    Offer,
    accept_offer,
    answer_consent,
    consent_of,
    dismiss_offer,
    keep_offer,
    offers_of,
    unaccept_offer,
    unlearn_offer,
)
from app.voiceprints.pending import PendingSamples
from app.voiceprints.people import delete_person, delete_sample, remove_person, rename_person
from app.voiceprints.recordings import (
    Note,
    condition_of,
    read_content,
    read_note,
    recorded_people,
    sample_file,
    samples_of,
)
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from utils import BadInput

MODEL = ("model", "a" * 64)
BUSY_S = 0.3
"""How long an operation waits for another one that is just writing."""


class StandInEncoder:
    """What building asks of a model, for recordings that are noise."""

    model_id, sha256 = MODEL


@cache
def sound_of(name: str, number: int) -> np.ndarray:
    """A tenth of a second (1600,) that is like no other."""
    seed = int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4], "little")
    return np.random.default_rng(seed).uniform(-0.5, 0.5, 1600).astype(np.float32)


def embedded(name: str, number: int, file: str) -> EmbeddedSample:
    seed = int.from_bytes(hashlib.sha256(f"vector {name} {number}".encode()).digest()[:4], "little")
    vectors = np.random.default_rng(seed).standard_normal((3, 192))
    return EmbeddedSample(file, unit(vectors).astype(np.float32), [2.0] * 3)


NAMES = ("Ana", "Ben", "Cal", "Dee", "Eve", "Fay")
"""Whose sounds there may be anywhere; Zoe and Kim are other names of two of them."""
OFFERED, NEWER, BETTER = 9, 10, 11
"""Sounds that are offered: one that is there, one of another day, one for the first one's place."""
NUMBERS = (1, 2, 3, 4, OFFERED, NEWER, BETTER)


@cache
def sound_bytes(name: str, number: int) -> bytes:
    """A piece of a recording as it lies in its file."""
    return np.round(sound_of(name, number) * 32768).astype("<i2").tobytes()[200:264]


@cache
def vector_bytes(name: str, number: int) -> bytes:
    """A piece of what a model made of it, as it lies in the database."""
    return embedded(name, number, "").vectors.astype("<f4").tobytes()[:64]


def secrets_of(name: str) -> list[bytes]:
    """Bytes that can be read nowhere in a sealed folder."""
    return [secret(name, number) for number in NUMBERS for secret in (sound_bytes, vector_bytes)]


def make_household(data: Path) -> None:
    """Ana and Ben, recorded and built, and Cal, who is recorded only. Ana has an offer."""
    with VoiceprintStore(data) as store:
        for name in ("Ana", "Ben", "Cal"):
            record(store, name, built=name != "Cal")
        answer_consent(store, "Ana", may_keep=True)
        offer(store, OFFERED, "2026-02-01")


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


def offer(store: VoiceprintStore, number: int, day: str, speech_s: float = 5.0) -> None:
    if (ana := store.find("Ana")) is None:
        raise BadInput("nobody is called Ana.")
    keep_offer(store, ana.id, sound_of("Ana", number), Note("Ana", day, device="headset"), speech_s)


def the_offer(store: VoiceprintStore) -> Offer:
    for found in offers_of(store, "Ana"):
        return found
    raise BadInput("nothing is offered.")


def accept(store: VoiceprintStore) -> Offer:
    found = the_offer(store)
    accept_offer(store, found.id, *MODEL, embedded("Ana", OFFERED, ""))
    return found


Step = Callable[[], object]
"""What happens between the two steps of an operation: nothing, a death, or all of another one."""


def undo(store: VoiceprintStore, name: str, between: Step = lambda: None) -> None:
    removal = remove_person(store, name)
    between()
    removal.restore(store)


def dismiss_and_undo(store: VoiceprintStore, between: Step = lambda: None) -> None:
    removal = dismiss_offer(store, the_offer(store).id, undoable=True)
    between()
    removal.restore(store)


def accept_and_undo(store: VoiceprintStore, between: Step = lambda: None) -> None:
    found = accept(store)
    between()
    unaccept_offer(store, found)


def undone_too_late(store: VoiceprintStore, name: str) -> None:
    remove_person(store, name).erase(store)


def unlearn(store: VoiceprintStore) -> None:
    if removal := unlearn_offer(store, the_offer(store).id):
        removal.erase(store)


IN_TWO_STEPS: dict[str, Callable[[VoiceprintStore, Step], object]] = {
    "remove and undo": lambda store, between: undo(store, "Ana", between),
    "dismiss and undo": dismiss_and_undo,
    "accept and undo": accept_and_undo,
}
OPERATIONS: dict[str, Callable[[VoiceprintStore], object]] = {
    "rename": lambda store: rename_person(store, "Ana", "Zoe"),
    "rename of somebody not built": lambda store: rename_person(store, "Cal", "Kim"),
    "delete": lambda store: delete_person(store, "Ana"),
    "delete of somebody not built": lambda store: delete_person(store, "Cal"),
    "delete of a sample": lambda store: delete_sample(store, "Ana", sample_of(store, "Ana")),
    "remove and erase": lambda store: undone_too_late(store, "Ana"),
    "enrol": lambda store: record(store, "Dee", built=True),
    "record": lambda store: record(store, "Dee", built=False),
    "add": lambda store: record(store, "Ana", built=True, first=3),
    "build": lambda store: rebuild(store, "Cal"),
    "rebuild": lambda store: rebuild(store, "Ana"),
    "create": lambda store: store.create("Eve"),
    "allow": lambda store: answer_consent(store, "Ben", may_keep=True),
    "withdraw": lambda store: answer_consent(store, "Ana", may_keep=False),
    "offer": lambda store: offer(store, NEWER, "2026-02-02"),
    "offer something better": lambda store: offer(store, BETTER, "2026-02-01", 9.0),
    "accept": accept,
    "dismiss": lambda store: dismiss_offer(store, the_offer(store).id),
    "unlearn": unlearn,
    **{name: partial(act, between=lambda: None) for name, act in IN_TWO_STEPS.items()},
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
    """What the next program to start finds: name -> (sounds on disk, what they were recorded with, files in the
    voiceprint, consent, offers), as text."""
    forget_sweeps()
    with VoiceprintStore(data) as store:
        found = {}
        for name in store.people():
            sounds = [(mark_of(wav), condition_of(read_note(wav))) for wav in samples_of(data, name)]
            samples = store.samples(name, MODEL[1])
            consent, offers = consent_of(store, name), [(mark_of(o.path), o.condition) for o in offers_of(store, name)]
            built = sorted(str(sample.condition) for sample in samples)
            found[name] = (sorted(map(str, sounds)), built, consent and consent.may_keep, sorted(map(str, offers)))
    return found


def mark_of(wav: Path) -> str:
    return hashlib.sha256(read_content(wav)).hexdigest()[:8]


def problems_in(data: Path) -> list[str]:
    """What is wrong with a data folder that a program has opened after whatever happened."""
    found = []
    forget_sweeps()
    with VoiceprintStore(data) as store:
        people = store.people()
        kept = list(offers_of(store))
        for name in people:
            wavs = samples_of(data, name)
            files = {sample_file(data, wav) for wav in wavs}
            for sample in store.samples(name, MODEL[1]):
                if sample.file not in files:
                    found.append(f"{name}'s voiceprint is of {sample.file}, which is not there")
            for wav in (*wavs, *(one.path for one in kept if one.name == name)):
                note = read_note(wav)
                if not wav.exists() or note is None or note.name != name:
                    found.append(f"{wav.name} of {name} is there or not: {wav.exists()}; its note is {note}")
            consent = consent_of(store, name)
            if any(one.name == name for one in kept) and not (consent and consent.may_keep):
                found.append(f"{name} has offers and did not allow them")
        if set(recorded_people(data, people)) - set(people):
            found.append("recordings of somebody who is in no list")
        if orders := store.read("SELECT kind, what FROM orders"):
            found.append(f"orders are left: {orders}")
        for table in ("people", "samples", "offers"):
            if store.read(f"SELECT 1 FROM {table} WHERE removed IS NOT NULL"):
                found.append(f"something removed has a row in {table}")
        vectors = b"".join(vector for (vector,) in store.read("SELECT vector FROM embeddings"))
        recordings = [wav for name in people for wav in samples_of(data, name)] + [one.path for one in kept]
        sounds = b"".join(read_content(wav) for wav in recordings if wav.exists())
    speakers = home_of(data) / "speakers"
    left = [path.name for path in speakers.rglob("*") if path.name.startswith(".")]
    empty = [path.name for path in speakers.rglob("*.*") if path.is_file() and not path.stat().st_size]
    known = {path for wav in recordings for path in (wav, wav.with_suffix(".json"))}
    others = [path.name for path in speakers.rglob("*") if path.is_file() and path not in known]
    if left or empty or others:
        found.append(f"left on disk: {left + empty + others}")
    content = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    for name in NAMES:
        for number in NUMBERS:
            for secret, there in ((sound_bytes, sounds), (vector_bytes, vectors)):
                if secret(name, number) in content and secret(name, number) not in there:
                    found.append(
                        f"bytes of {name} ({secret.__name__}, {number}), who has them no more, are on the disk"
                    )
    return found
