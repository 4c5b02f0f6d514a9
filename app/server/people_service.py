"""People and their samples as the API shows and changes them: the work behind ``people.py``, in worker threads."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from app.audio.vad import SpeechDetector, keep_speech, speech_segments
from app.enrolment.add_sample import add_recording
from app.enrolment.build import embed_sample
from app.enrolment.quality import Problem, Quality, judge, measure, quality_figures
from app.enrolment.speaker_check import KNOWN_SAMPLES, Voices
from app.scoring.gallery import Gallery
from app.server.errors import ApiError
from app.server.schemas import Person, ProblemInfo, SampleAdded, SampleInfo
from app.server.service import Engine
from app.server.uploads import duration_s, read
from app.voiceprints.recordings import Note, read_note, recorded_people, samples_of
from app.voiceprints.store import VoiceprintStore
from utils import SAMPLE_RATE, BadInput, HeardError, clean_name, read_audio, slug


def people(engine: Engine) -> list[Person]:
    """Everybody who is enrolled, recorded, or just created, in alphabetical order."""
    known = set(engine.gallery().people)
    with engine.store() as store:
        enrolled = {person.name: person for person in store.overview()}
        created = store.people()
        recorded = recorded_people(store.data, created)
    views = []
    for name in sorted({*created, *recorded}, key=str.casefold):
        person = enrolled.get(name)
        views.append(
            Person(
                id=slug(name),
                name=name,
                recordings=len(recorded.get(name, [])),
                speech_s=round(person.speech_s, 2) if person else 0.0,
                enrolled_at=person.enrolled_at if person else None,
                models=[model for model in person.models if model] if person else [],
                known=name in known,
            )
        )
    return views


def find(store: VoiceprintStore, person: str) -> str:
    """The name of the person with this id or, if none has it, with this name. Raises ApiError 404."""
    created = store.people()
    names = [*created, *recorded_people(store.data, created)]
    with contextlib.suppress(BadInput):
        wanted = clean_name(person)
        for name in (*(name for name in names if slug(name) == person), *(name for name in names if name == wanted)):
            return name
    raise ApiError(404, "no_such_person", "nobody here is called that.")


def view(engine: Engine, name: str) -> Person:
    """One person. Raises ApiError 404."""
    for person in people(engine):
        if person.name == name:
            return person
    raise ApiError(404, "no_such_person", "nobody here is called that.")


def get(engine: Engine, person: str) -> Person:
    with engine.store() as store:
        name = find(store, person)
    return view(engine, name)


def create(engine: Engine, name: str) -> Person:
    """Raises ApiError 409 for a name in use, BadInput for one that cannot be."""
    name = clean_name(name)
    with engine.writing, engine.store() as store:
        _refuse_taken(store, name)
        store.create(name)
        return view(engine, name)  # before somebody else can delete them


def rename(engine: Engine, person: str, new: str) -> Person:
    new = clean_name(new)
    with engine.writing, engine.store() as store:
        name = find(store, person)
        if new != name:
            _refuse_taken(store, new)
            store.rename(name, new)
        return view(engine, new)


def delete(engine: Engine, person: str) -> None:
    """Voiceprint and recordings, for good."""
    with engine.writing, engine.store() as store:
        store.delete(find(store, person))


def _refuse_taken(store: VoiceprintStore, name: str) -> None:
    names = set(store.people())
    names |= set(recorded_people(store.data, names))
    if name in names or name in {slug(other) for other in names}:  # an id must not lead to another person
        raise ApiError(409, "name_taken", "somebody here is called that already; choose another name.")


# ---------------------------------------------------------------------------- samples


def samples(engine: Engine, person: str) -> list[SampleInfo]:
    with engine.store() as store:
        name = find(store, person)
        used = {sample.file for sample in store.samples(name, engine.encoder.sha256)}
        return [_sample_info(store, wav, used) for wav in samples_of(store.data, name)]


def delete_sample(engine: Engine, person: str, sample: str) -> None:
    """Recording, note and embeddings, for good. Raises ApiError 404."""
    with engine.writing, engine.store() as store:
        name = find(store, person)
        for wav in samples_of(store.data, name):
            if wav.stem == sample:
                store.delete_sample(name, _relative(store, wav))
                return
    raise ApiError(404, "no_such_sample", "there is no such sample.")


def add_sample(
    engine: Engine, person: str, file: BinaryIO, source: str, *, device: str, position: str, accept_flawed: bool
) -> SampleAdded:
    """Judge an upload as the recorder judges what it records, keep it, and make the voiceprint anew.

    Raises ApiError: like ``sound.read``; 404; 409 for a file that was taken before; 422 with the problems of a sample
    that is not good enough, and could not be accepted all the same or was not.
    """
    sound = _sound(file, engine)
    return keep_sample(engine, person, sound, source, device=device, position=position, accept_flawed=accept_flawed)


def keep_sample(
    engine: Engine,
    person: str,
    sound: np.ndarray,
    source: str,
    *,
    device: str = "",
    position: str = "",
    accept_flawed: bool = False,
) -> SampleAdded:
    """The same of sound (n,) at 16 kHz."""
    speech = keep_speech(sound)
    digest = hashlib.sha256(sound.tobytes()).hexdigest()
    with engine.store() as store:
        name = find(store, person)
        recordings = samples_of(store.data, name)
    if any(note and note.source_sha256 == digest for note in map(read_note, recordings)):
        raise ApiError(409, "sample_taken", "this recording is among the samples already.")
    quality = replace(
        measure(sound, SpeechDetector().process(sound)), voice=_voices(engine, name, recordings).check(speech)
    )
    problems = judge(quality)
    if any(not problem.usable for problem in problems) or (problems and not accept_flawed):
        raise _poor(problems, quality)
    ready = embed_sample(engine.encoder, speech, "the upload")
    note = Note(
        name=name,
        recorded_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        device=_plain(device),
        position=position,
        source=_plain(source),
        source_sha256=digest,
        quality=quality_figures(quality),
    )
    with engine.writing, engine.store() as store:
        if find(store, person) != name:  # another one has that name by now
            raise ApiError(409, "name_taken", "this person was renamed meanwhile.")
        used = {sample.file for sample in store.samples(name, engine.encoder.sha256)}
        for other in samples_of(store.data, name):  # recorded elsewhere, and not in the voiceprint yet
            if _relative(store, other) not in used:
                _build(engine, store, name, other)
        sample = add_recording(store, engine.encoder, sound, note, ready)
        info = _sample_info(store, store.data / sample.file, {sample.file})
        return SampleAdded(sample=info, problems=_shown(problems), person=view(engine, name))


def _sound(file: BinaryIO, engine: Engine) -> np.ndarray:
    """The upload as it is, or, of a long one, its first speech."""
    sound = read(file, engine.config.max_audio_s)
    if duration_s(sound) <= engine.config.max_sample_s:
        return sound
    return first_speech_of(sound, engine.config.max_sample_s)


def first_speech_of(sound: np.ndarray, most_s: float) -> np.ndarray:
    """The stretch (m,) of a long recording that begins with its first speech, at most ``most_s``."""
    segments = speech_segments(sound)
    start = max(0, round((segments[0][0] - 0.2) * SAMPLE_RATE)) if segments else 0
    return sound[start : start + round(most_s * SAMPLE_RATE)]


def _voices(engine: Engine, name: str, recordings: list[Path]) -> Voices:
    """Everybody else, and what is kept of this person."""
    known = engine.gallery()
    others = [index for index, other in enumerate(known.names) if other != name]
    names = tuple(known.names[index] for index in others)
    voices = Voices(engine.encoder, Gallery(names, known.vectors[others], known.cohort))
    for path in recordings[-KNOWN_SAMPLES:]:
        with contextlib.suppress(HeardError):  # a damaged one is no reason to refuse this one
            voices.keep(keep_speech(read_audio(path)))
    return voices


def _build(engine: Engine, store: VoiceprintStore, name: str, wav: Path) -> None:
    with contextlib.suppress(BadInput):  # without enough speech: it is listed as not used
        sample = embed_sample(engine.encoder, keep_speech(read_audio(wav)), _relative(store, wav))
        store.add_sample(name, engine.encoder.model_id, engine.encoder.sha256, sample)


def _poor(problems: list[Problem], quality: Quality) -> ApiError:
    details = {
        "problems": [problem.model_dump() for problem in _shown(problems)],
        "quality": quality_figures(quality),
        "usable": all(problem.usable for problem in problems),
    }
    return ApiError(422, "poor_sample", " ".join(problem.text for problem in problems), details)


def _shown(problems: list[Problem]) -> list[ProblemInfo]:
    return [ProblemInfo(fault=p.fault.value, text=p.text, usable=p.usable) for p in problems]


def _sample_info(store: VoiceprintStore, wav: Path, used: set[str]) -> SampleInfo:
    note = read_note(wav)
    return SampleInfo(
        id=wav.stem,
        recorded_at=note.recorded_at if note else None,
        device=note.device if note else "",
        position=note.position if note else "",
        source=note.source if note else "",
        quality={k: v for k, v in note.quality.items() if v is None or isinstance(v, bool | int | float)}
        if note
        else {},
        used=_relative(store, wav) in used,
    )


def _relative(store: VoiceprintStore, wav: Path) -> str:
    return wav.relative_to(store.data).as_posix()


def _plain(text: str) -> str:
    """A client's word for a file or a device, as a short text that is nothing but a text."""
    name = text.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in name if c.isprintable())[:120]
