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
from app.voiceprints.recordings import Note, sample_file
from app.voiceprints.store import EmbeddedSample, Person, VoiceprintStore
from utils import clean_name

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


def enrol_speech(data: Path, encoder: Encoder, name: str, samples: np.ndarray, device: str = "") -> EmbeddedSample:
    """Add sound (n,) float32 at 16 kHz to the recordings in ``data`` and the voiceprint of ``name``, who may be new.

    ``device``: where the sound is from, for the sample's note. Returns the sample. Raises BadInput for less than a
    second of speech or a name that cannot be, HeardError and OSError if it cannot be written: then nothing is kept.
    """
    name = clean_name(name)
    with VoiceprintStore(data) as store:
        if name not in store.people():
            new_name(name)
    sound = detect_speech(samples)
    ready = embed_sample(encoder, sound.speech(), "what was heard")
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    note = Note(name, now, device=device, quality=quality_figures(measure(sound)))
    with VoiceprintStore(data) as store:
        return add_recording(store, encoder, samples, note, ready)


def add_recording(
    store: VoiceprintStore,
    encoder: Encoder,
    samples: np.ndarray,
    note: Note,
    embedded: EmbeddedSample,
    others: Sequence[EmbeddedSample] = (),
) -> EmbeddedSample:
    """Keep sound (n,) as a recording of the person in ``note``, and add ``embedded``, made of it, to the voiceprint.

    ``others``: earlier recordings of the person that come into the voiceprint with it, if they are still there. Returns
    the sample with its file. Raises store.Gone if the person is deleted meanwhile, HeardError and OSError if it cannot
    be written: then nothing is kept.
    """

    def add_rows(_: object, person: Person, files: list[str]) -> None:
        there = [other for other in others if (store.data / other.file).exists()]
        for sample in (*there, replace(embedded, file=files[0])):
            store.add_sample(person.name, encoder.model_id, encoder.sha256, sample)

    with PendingSamples(store.data, note.name) as pending:
        pending.add(samples, note)
        (path,) = pending.commit(store, add_rows)
    return replace(embedded, file=sample_file(store.data, path))
