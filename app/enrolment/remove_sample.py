"""One recording of a person goes, and the voiceprint is of the rest: for the window and the server alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from app.enrolment.build import missing_samples
from app.voiceprints.people import delete_sample
from app.voiceprints.store import VoiceprintStore
from utils import BadInput, stored_name

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


Answer = TypeVar("Answer")


class LastSample(BadInput):
    """No other recording of the person can be used: removing this one would be deleting them."""


def remove_sample(
    store: VoiceprintStore,
    encoder: Encoder,
    name: str,
    file: str,
    *,
    even_the_last: bool = False,
    remove: Callable[[VoiceprintStore, str, str, Callable[[], None]], Answer] = delete_sample,
) -> Answer:
    """Remove a recording of a person, and make their voiceprint of the rest. All of it or nothing.

    ``file``: as in ``EmbeddedSample``. ``remove``: ``delete_sample``, which erases recording, note and embeddings, or
    ``people.remove_sample``, which can be undone; what it returns is returned. Recordings of the rest that ``encoder``
    has not embedded yet are embedded. ``even_the_last``: the person may be left without any. Raises LastSample,
    BadInput if there is no such sample, and HeardError if it cannot be written.
    """
    missing = missing_samples(store, encoder, name, leave_out={file})

    def add_missing() -> None:  # in the same transaction: what was there before may be gone
        for sample in missing:
            if (store.data / sample.file).exists():
                store.add_sample(name, encoder.model_id, encoder.sha256, sample)
        if not (even_the_last or store.samples(name, encoder.sha256)):
            raise LastSample(f"{stored_name(name)} has no other recording that can be used.")

    return remove(store, name, file, add_missing)
