"""What there is of a person: the recordings, with what their notes say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.scoring.labels import person
from app.voiceprints.enrolled import Consent, days_of_devices
from app.voiceprints.offers import Offer, offers_of
from app.voiceprints.recordings import read_note, recording_s, sample_file, samples_of
from app.voiceprints.store import VoiceprintStore
from app.window.engine.context import EngineContext
from utils import BadInput


@dataclass(frozen=True)
class Recording:
    path: Path
    file: str
    """The path relative to the data folder."""
    seconds: float
    recorded_at: str
    """ISO 8601; empty if nobody knows."""
    position: str
    device: str


@dataclass(frozen=True)
class PersonNow:
    """Somebody as the store has them at this moment."""

    name: str
    recordings: tuple[Recording, ...] = ()
    devices: Mapping[str, list[str]] = field(default_factory=dict)
    """What the voiceprint is of: device -> days."""
    consent: Consent | None = None
    offers: tuple[Offer, ...] = ()
    gender: str | None = None
    """What is to be said of the voice, by hand; None leaves it to the model."""


def person_now(name: str) -> Callable[[EngineContext], PersonNow]:
    """A question to the engine: what is there of the person of this name, which may be another by now?

    The name is empty if there is nobody any more.
    """

    def question(context: EngineContext) -> PersonNow:
        context.enrolled_people()
        known = context.names.id_of(name) is not None
        now = context.names.now(person(name)).name
        if now is None or not (known or samples_of(context.data, now)):
            return PersonNow("")
        with VoiceprintStore(context.data) as store:
            row = next((one for one in store.overview() if one.name == now), None)
            offers = tuple(offers_of(store, now))
        devices = days_of_devices(row.conditions) if row else {}
        consent, gender = (row.consent, row.gender) if row else (None, None)
        return PersonNow(now, tuple(_recordings_of(context.data, now)), devices, consent, offers, gender)

    return question


def _recordings_of(data: Path, name: str) -> list[Recording]:
    found = []
    for path in samples_of(data, name):
        note = read_note(path)
        try:
            seconds = recording_s(path)
        except BadInput:
            seconds = 0.0
        at = (note.recorded_at, note.position, note.device or note.source) if note else ("", "", "")
        found.append(Recording(path, sample_file(data, path), seconds, *at))
    return found
