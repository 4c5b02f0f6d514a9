"""Speech that is there already becomes a person's sample: of an unknown voice of a session, or a turn of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.audio.vad import detect_speech
from app.enrolment.build import embed_sample
from app.enrolment.quality import measure, quality_figures
from app.names import new_name
from app.voiceprints.pending import PendingSamples
from app.voiceprints.recordings import Note, read_note, sample_file, samples_of
from app.voiceprints.store import EmbeddedSample, Person, VoiceprintStore
from utils import BadInput, clean_name

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


class SampleTaken(BadInput):
    """The person has a sample of the same source."""


def is_taken(recordings: Sequence[Path], source_sha256: str) -> bool:
    """Whether one of these recordings is of this source; "" is no source."""
    notes = map(read_note, recordings) if source_sha256 else ()
    return any(note and note.source_sha256 == source_sha256 for note in notes)


def enrol_speech(
    data: Path, encoder: Encoder, name: str, samples: np.ndarray, device: str = "", source: str = ""
) -> EmbeddedSample:
    """Add sound (n,) float32 at 16 kHz to the recordings in ``data`` and the voiceprint of ``name``, who may be new.

    ``device``, ``source``: the microphone, or the file, that the sound is from, for the sample's note. Returns the
    sample. Raises BadInput for less than a second of speech or a name that cannot be, HeardError and OSError if it
    cannot be written: then nothing is kept.
    """
    name = clean_name(name)
    with VoiceprintStore(data) as store:
        if name not in store.people():
            new_name(name)
    sound = detect_speech(samples)
    ready = embed_sample(encoder, sound.speech(), "what was heard")
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    note = Note(name, now, device=device, source=source, quality=quality_figures(measure(sound)))
    with VoiceprintStore(data) as store:
        return add_recording(store, encoder, samples, note, ready)


def add_recording(
    store: VoiceprintStore,
    encoder: Encoder,
    samples: np.ndarray,
    note: Note,
    embedded: EmbeddedSample,
    others: Sequence[EmbeddedSample] = (),
    began: Person | None = None,
) -> EmbeddedSample:
    """Keep sound (n,) as a recording of the person in ``note``, and add ``embedded``, made of it, to the voiceprint.

    ``others``: earlier recordings of the person that come into the voiceprint with it, if they are still there.
    ``began``: who had the name when the work began; by default, whoever has it now. Returns the sample with its file.
    Raises SampleTaken if there is one of the same source, store.Gone if the person is deleted meanwhile, HeardError and
    OSError if it cannot be written: then nothing is kept.
    """

    def add_rows(_: object, person: Person, files: list[str]) -> None:
        if is_taken(samples_of(store.data, person.name), note.source_sha256):
            raise SampleTaken("this recording is among the samples already.")
        there = [other for other in others if (store.data / other.file).exists()]
        for sample in (*there, replace(embedded, file=files[0])):
            store.add_sample(person.name, encoder.model_id, encoder.sha256, sample)

    with PendingSamples(store.data, note.name, began) as pending:
        pending.add(samples, note)
        (path,) = pending.commit(store, add_rows)
    return replace(embedded, file=sample_file(store.data, path))
