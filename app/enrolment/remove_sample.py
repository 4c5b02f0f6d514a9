"""One recording of a person goes, and the voiceprint is of the rest: for the window and the server alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.enrolment.build import missing_samples
from app.voiceprints.people import delete_sample
from app.voiceprints.recordings import sample_file, samples_of
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, clean_name

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


class LastSample(BadInput):
    """No other recording of the person can be used: removing this one would be deleting them."""


def remove_sample(
    store: VoiceprintStore, encoder: Encoder, name: str, file: str, *, even_the_last: bool = False
) -> None:
    """Remove a recording of a person for good, and make their voiceprint of the rest. All of it or nothing.

    ``file``: as in ``EmbeddedSample``. Recording, note and embeddings are deleted, and the database's log is emptied.
    Recordings of the rest that ``encoder`` has not embedded yet are embedded. ``even_the_last``: the person may be
    left without any. Raises LastSample, BadInput if there is no such sample, and HeardError or OSError if it cannot be
    written.
    """
    embedded = {sample.file for sample in store.samples(name, encoder.sha256)}
    rest = {sample_file(store.data, wav) for wav in samples_of(store.data, name)} - {file}
    missing = missing_samples(store, encoder, name, leave_out={file})
    if not (missing or rest & embedded or even_the_last):
        raise LastSample(f"{clean_name(name)} has no other recording that can be used.")

    def add_missing() -> None:
        for sample in missing:
            store.add_sample(name, encoder.model_id, encoder.sha256, sample)

    delete_sample(store, name, file, add_missing if missing else None)
