"""People and their samples as the API shows and changes them: the work behind ``people.py``, in worker threads."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from app.audio.vad import DetectedSpeech, detect_speech
from app.enrolment.add_sample import SampleTaken, add_recording, is_taken
from app.enrolment.build import embed_sample, missing_samples
from app.enrolment.name_unknown import Enrolled
from app.enrolment.quality import Problem, Quality, judge, measure, quality_figures
from app.enrolment.remove_sample import remove_sample
from app.enrolment.speaker_check import SpeakerCheck
from app.names import new_name, shown_name
from app.schemas import ConsentInfo, KnownOn, Person, ProblemInfo, Sample, SampleAdded
from app.server.errors import ApiError
from app.server.service import Service
from app.server.uploads import duration_s, read_upload
from app.voiceprints import people as voiceprints
from app.voiceprints.enrolled import days_of_devices
from app.voiceprints.people import NoSuchSample
from app.voiceprints.recordings import Note, read_note, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.voiceprints.store import Person as StoredPerson
from utils import BadInput, clean_name, slug, stored_name

LIVE = "live"
"""The device of what comes over a live connection, which does not say what it was recorded with."""


def list_people(service: Service) -> list[Person]:
    """Everybody who is enrolled, recorded, or just created, in alphabetical order."""
    with service.store() as store:
        return _everybody(service, store)


def _everybody(service: Service, store: VoiceprintStore) -> list[Person]:
    known = set(service.gallery().people)
    return [
        Person(
            id=slug(person.name),
            name=person.name,
            shown=shown_name(person.name),
            recordings=person.recordings,
            speech_s=round(person.speech_s, 2),
            enrolled_at=person.enrolled_at if person.samples else None,
            models=list(person.models),
            known=person.name in known,
            known_on=[KnownOn(device, days) for device, days in days_of_devices(person.conditions).items()],
            consent=person.consent and ConsentInfo(person.consent.may_keep, person.consent.answered_on),
            offers=person.offers,
            colour=person.colour,
        )
        for person in store.overview()
    ]


def find_name(store: VoiceprintStore, person: str) -> str:
    """The name of the person with this id or, if none has it, with this name. Raises ApiError 404.

    An id is made of a name: whoever has the name is meant, as it is when something is done.
    """
    names = store.people()
    wanted = stored_name(person)
    for name in (*(name for name in names if slug(name) == person), *(name for name in names if name == wanted)):
        return name
    raise _nobody()


def _nobody() -> ApiError:
    return ApiError(404, "no_such_person", "nobody here is called that.")


def get_person(service: Service, person: str) -> Person:
    with service.store() as store:
        return _person(service, store, find_name(store, person))


def _person(service: Service, store: VoiceprintStore, name: str) -> Person:
    """One person, as ``store`` sees them: in a transaction of it, what that has done so far. Raises ApiError 404."""
    for person in _everybody(service, store):
        if person.name == name:
            return person
    raise _nobody()


def create_person(service: Service, name: str) -> Person:
    """Raises ApiError 409 for a name in use, BadInput for one that cannot be."""
    name = new_name(name)
    with service.writing, service.store() as store, store.transaction():
        _refuse_taken(store, name)
        store.create(name)
        return _person(service, store, name)


def rename_person(service: Service, person: str, new: str) -> Person:
    """Raises ApiError 404, and 409 for a name in use; BadInput for one that cannot be."""
    with service.writing, service.store() as store:
        with store.transaction():
            name, new = find_name(store, person), clean_name(new)
            if new != name:
                _refuse_taken(store, new)
                voiceprints.rename_person(store, name, new)
        return _person(service, store, new)


def delete_person(service: Service, person: str) -> None:
    """Voiceprint and recordings, for good. Raises ApiError 404."""
    with service.writing, service.store() as store:
        name = find_name(store, person)
        try:
            voiceprints.delete_person(store, name)
        except BadInput:  # another program was faster
            raise _nobody() from None


def _refuse_taken(store: VoiceprintStore, name: str) -> None:
    names = store.people()
    if name in names or name in {slug(other) for other in names}:  # an id must not lead to another person
        raise ApiError(409, "name_taken", "somebody here is called that already; choose another name.")


# ---------------------------------------------------------------------------- samples


def list_samples(service: Service, person: str) -> list[Sample]:
    with service.store() as store:
        name = find_name(store, person)
        used = {sample.file for sample in store.samples(name, service.encoder.sha256)}
        return [_sample_info(store, wav, used) for wav in samples_of(store.data, name)]


def delete_sample(service: Service, person: str, sample: str) -> None:
    """Recording, note and embeddings, for good. Raises ApiError 404."""
    with service.store() as store:
        name = find_name(store, person)
        wav = next((wav for wav in samples_of(store.data, name) if wav.stem == sample), None)
        try:
            if wav:
                remove_sample(store, service.encoder, name, sample_file(store.data, wav), even_the_last=True)
                return
        except NoSuchSample:  # another program was faster
            pass
    raise ApiError(404, "no_such_sample", "there is no such sample.")


def add_sample(
    service: Service,
    person: str,
    file: BinaryIO,
    source: str,
    *,
    device: str,
    position: str,
    accept_flawed: bool,
    channel: int | None = None,
) -> SampleAdded:
    """Judge an upload as the recorder judges what it records, keep it, and make the voiceprint anew.

    Raises ApiError: like ``read_upload``; 404; 409 for a file that was taken before; 422 with the problems of a sample
    that is not good enough, and could not be accepted all the same or was not.
    """
    sound = _read_sample(file, service, channel)
    return add_sound(service, person, sound, source, device=device, position=position, accept_flawed=accept_flawed)


def add_sound(
    service: Service,
    person: str,
    sound: DetectedSpeech,
    source: str,
    *,
    device: str = "",
    position: str = "",
    accept_flawed: bool = False,
) -> SampleAdded:
    """The same of sound in which speech was looked for already."""
    with service.store() as store:
        began = store.find(find_name(store, person))
        if began is None:  # gone this very moment
            raise _nobody()
        note = Note(began.name, _now(), device=_plain_text(device), position=position, source=_plain_text(source))
        kept, problems = _keep(service, store, began, sound, note, accept_flawed)
        with store.transaction() as db:
            name = store.claim(db, began.name, began.id).name  # who may have been renamed meanwhile
        return SampleAdded(
            sample=_sample_info(store, store.data / kept.file, {kept.file}),
            problems=_problem_infos(problems),
            person=_person(service, store, name),
        )


def enrol_voice(service: Service, name: str, speech: np.ndarray) -> Enrolled:
    """Make speech (n,) at 16 kHz a sample of the person called ``name``, who may be new, in one step.

    Raises like ``add_sound``, and BadInput for a name that nobody can be given.
    """
    sound = detect_speech(speech)
    with service.store() as store:
        began = store.find(name)
        if began is None:
            name = new_name(name)
            _refuse_taken(store, name)
        _keep(service, store, began, sound, Note(name, _now(), device=LIVE), accept_flawed=True)
    return Enrolled(name, sound.seconds)


def _keep(
    service: Service,
    store: VoiceprintStore,
    began: StoredPerson | None,
    sound: DetectedSpeech,
    note: Note,
    accept_flawed: bool,
) -> tuple[EmbeddedSample, list[Problem]]:
    """Judge sound as a sample of ``began``, or of somebody new, and keep it. Returns it and what is wrong with it."""
    speech = sound.speech()
    digest = hashlib.sha256(sound.samples.tobytes()).hexdigest()
    recordings = samples_of(store.data, note.name)
    if is_taken(recordings, digest):
        raise _sample_taken()
    check = SpeakerCheck.of(service.encoder, service.gallery(), note.name, recordings)
    quality = replace(measure(sound), speaker_match=check.check(speech))
    problems = judge(quality)
    if any(not problem.usable for problem in problems) or (problems and not accept_flawed):
        raise _poor_sample(problems, quality)
    ready = embed_sample(service.encoder, speech, "the upload")
    others = missing_samples(store, service.encoder, note.name)  # recorded elsewhere, not in the voiceprint yet
    note = replace(note, source_sha256=digest, quality=quality_figures(quality))
    try:
        with service.writing:
            return add_recording(store, service.encoder, sound.samples, note, ready, others, began), problems
    except SampleTaken:
        raise _sample_taken() from None


def _sample_taken() -> ApiError:
    return ApiError(409, "sample_taken", "this recording is among the samples already.")


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def _read_sample(file: BinaryIO, service: Service, channel: int | None) -> DetectedSpeech:
    """The upload as it is or, of a long one, a stretch that begins shortly before its first speech."""
    sound = detect_speech(read_upload(file, service.config.max_audio_s, channel))
    most_s = service.config.max_sample_s
    return sound if duration_s(sound.samples) <= most_s else sound.from_first_speech(most_s)


def _poor_sample(problems: list[Problem], quality: Quality) -> ApiError:
    details = {
        "problems": [asdict(problem) for problem in _problem_infos(problems)],
        "quality": quality_figures(quality),
        "usable": all(problem.usable for problem in problems),
    }
    return ApiError(422, "poor_sample", " ".join(problem.text for problem in problems), details)


def _problem_infos(problems: list[Problem]) -> list[ProblemInfo]:
    return [ProblemInfo(fault=p.fault.value, text=p.text, usable=p.usable, who=p.who) for p in problems]


def _sample_info(store: VoiceprintStore, wav: Path, used: set[str]) -> Sample:
    note = read_note(wav)
    return Sample(
        id=wav.stem,
        recorded_at=note.recorded_at if note else None,
        device=note.device if note else "",
        position=note.position if note else "",
        source=note.source if note else "",
        quality={k: v for k, v in note.quality.items() if v is None or isinstance(v, bool | int | float)}
        if note
        else {},
        used=sample_file(store.data, wav) in used,
    )


def _plain_text(text: str) -> str:
    """A client's word for a file or a device, as a short text that is nothing but a text."""
    name = text.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable())[:120]
