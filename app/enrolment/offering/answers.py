"""An offer is accepted: its recording becomes one of the person's samples, and the voiceprint is of it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.audio.vad import keep_speech
from app.enrolment.build import embed_sample, missing_samples
from app.voiceprints.offers import accept_offer, find_offer
from app.voiceprints.recordings import read_recording
from app.voiceprints.store import EmbeddedSample, VoiceprintStore

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder


def accept(store: VoiceprintStore, encoder: Encoder, number: int) -> EmbeddedSample:
    """Add an offer to the person's samples. Returns the sample, with its file.

    Raises offers.NoSuchOffer, BadInput if the recording cannot be used, HeardError if it cannot be written; then
    nothing changes.
    """
    offer = find_offer(store, number)
    embedded = embed_sample(encoder, keep_speech(read_recording(offer.path)), "what is offered")
    missing = missing_samples(store, encoder, offer.name)  # recorded elsewhere, not in the voiceprint yet
    with store.transaction():
        for sample in missing:
            if (store.data / sample.file).exists():
                store.add_sample(offer.name, encoder.model_id, encoder.sha256, sample)
        return accept_offer(store, number, encoder.model_id, encoder.sha256, embedded)
