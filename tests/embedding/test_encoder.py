from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.embedding.torch_cpu import has_fast_bfloat16
from utils import BUNDLED, BadInput, HeardError, read_card, write_card


@pytest.fixture(scope="module")
def voices(demo_dir):
    return {
        folder.name: [read_audio(path) for path in sorted(folder.glob("*.flac"))[:2]]
        for folder in sorted((demo_dir / "enrolment").iterdir())
        if folder.is_dir()
    }


def test_embeddings_have_unit_length_and_know_voices(encoder, voices):
    embedded = {name: encoder.embed_batch(samples) for name, samples in voices.items()}
    for vectors in embedded.values():
        assert vectors.shape == (2, encoder.dim)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    for name, (first, second) in embedded.items():
        others = [other[1] for other_name, other in embedded.items() if other_name != name]
        assert first @ second > max(first @ other for other in others)


def test_a_batch_of_lengths_is_the_same_as_one_by_one(encoder, voices):
    signals = [sample[: 16000 + 4000 * i] for i, sample in enumerate(s for pair in voices.values() for s in pair)]
    signals.append(signals[0])
    batch = encoder.embed_batch(signals)
    for signal, vector in zip(signals, batch, strict=True):
        assert encoder.embed(signal) == pytest.approx(vector, abs=1e-5)


def test_gain_does_not_matter(encoder, voices):
    signal = next(iter(voices.values()))[0]
    assert encoder.embed(signal) @ encoder.embed(signal * 0.1) > 0.999


def test_nothing_to_embed_and_too_short(encoder):
    assert encoder.embed_batch([]).shape == (0, encoder.dim)
    with pytest.raises(BadInput, match="too short"):
        encoder.embed(np.zeros(1000, np.float32))


def test_gender_of_the_demo_voices(encoder, voices):
    if not encoder.knows_gender:
        pytest.skip("this model has no gender head")
    for name, samples in voices.items():
        label, sure = encoder.gender(encoder.embed(samples[0]))
        assert label in (None, "female" if name == "Ana" else "male")
        assert 0.5 <= sure <= 1


def test_bfloat16_moves_embeddings_by_next_to_nothing(encoder, voices):
    brief = load_encoder(compute="cpu", precision="bfloat16")
    assert (encoder.precision, brief.precision) == ("float32", "bfloat16")
    for samples in voices.values():
        assert np.sum(encoder.embed_batch(samples) * brief.embed_batch(samples), axis=1).min() > 0.9999


def test_automatic_precision_goes_by_the_processor():
    wanted = "bfloat16" if has_fast_bfloat16() else "float32"
    assert load_encoder(compute="cpu", precision="auto").precision == wanted


def test_an_unknown_precision_and_one_for_another_model_are_refused():
    with pytest.raises(BadInput, match="auto, float32, bfloat16"):
        load_encoder(precision="half")
    with pytest.raises(BadInput, match="leave --precision out"):
        load_encoder("embedded-int8", precision="bfloat16")


def test_an_unknown_device_is_refused():
    with pytest.raises(BadInput, match="auto, cpu, cuda, mps"):
        load_encoder("embedded", compute="abacus")


@pytest.mark.parametrize(
    ("field", "value"), [("threshold", "NaN"), ("margin", "Infinity"), ("calibration", '{"scale": NaN, "offset": 0}')]
)
def test_a_card_whose_numbers_are_not_finite_is_refused_by_name(field, value, tmp_path):
    copy = Path(shutil.copy(BUNDLED / "models" / "embedded.safetensors", tmp_path / "own.safetensors"))
    card = read_card(BUNDLED / "models" / "embedded.safetensors") | {field: json.loads(value)}
    card.pop("thresholds") if field == "threshold" else None
    write_card(copy, card)
    for options in ({}, {"precision": "float32", "large_batches": True}):
        with pytest.raises(HeardError, match=r"own\.json: not a usable model card .* is no number"):
            load_encoder(str(copy), compute="cpu", **options)


def test_a_gender_that_is_no_number_is_not_said(encoder):
    assert encoder.gender(np.full(encoder.dim, np.nan, np.float32)) == (None, 0.0)


def test_sound_that_overflows_is_like_nobody_and_spoils_no_other(encoder: Encoder):
    sound = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    alone = encoder.embed(sound)
    vectors = encoder.embed_batch([sound, sound * np.float32(1e30), sound])
    assert not vectors[1].any()
    np.testing.assert_allclose(vectors[[0, 2]], [alone, alone], atol=1e-5)
