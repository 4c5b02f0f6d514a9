"""A network as it is evaluated."""

from __future__ import annotations

from app.embedding.encoder import Encoder
from app.evaluation.speaker_models import SpeakerModel


def test_the_program_s_own_encoder(encoder: Encoder):
    model = SpeakerModel.of_encoder(encoder)
    assert model.name == encoder.model_id
    assert model.threshold == encoder.card["threshold"]
    assert model.cohort is encoder.cohort is not None
    assert model.rule is not None


def test_without_normalisation_the_threshold_goes_too(encoder: Encoder):
    """The card's threshold and rule are for normalised scores."""
    model = SpeakerModel.of_encoder(encoder)
    plain = model.without_norm()
    assert (plain.cohort, plain.threshold, plain.rule) == (None, None, None)
    assert plain.embed == model.embed
    assert plain.without_norm() is plain
