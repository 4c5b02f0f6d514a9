"""The model that ships: whole, small, described, and as good on real people as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.corpus.manifest import read_clips
from app.embedding.encoder import Encoder
from app.embedding.load import load_encoder
from app.evaluation.pairs import embed_clips, measure_pairs
from app.scoring.cohort import similarities
from app.scoring.metrics import all_pairs, equal_error_rate
from utils import BUNDLED, file_sha256

WEIGHTS = BUNDLED / "models" / "embedded.safetensors"


@pytest.fixture(scope="module")
def card() -> dict:
    return json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))


def test_size_and_hash(card: dict):
    assert WEIGHTS.stat().st_size < 8_000_000
    assert card["sha256"] == file_sha256(WEIGHTS)


def test_the_card_says_what_the_program_and_people_need(card: dict):
    assert card["name"] == "embedded"
    assert 0 < card["threshold"] < 1
    assert 0 < card["margin"] < 0.3
    even_odds = -card["calibration"]["offset"] / card["calibration"]["scale"]
    assert 0 < even_odds < card["threshold"]  # 1 % false accepts asks for more than even odds
    assert 0.5 <= card["gender"]["abstain"] < 1
    assert all(entry["licence"] and entry["credit"] for entry in card["data"])
    assert len(card["data"]) >= 6
    assert card["figures"]["command"].startswith("python -m app evaluate --pairs dev.csv")


def test_real_voices(card: dict, encoder: Encoder, speech_dir: Path):
    """All pairs of the 100 LibriSpeech test-other utterances: at most 3 % EER, and what the card says."""
    clips = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == "librispeech-test-other"]
    embeddings = embed_clips(clips, encoder.embed)
    assert embeddings.shape == (100, 192)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(np.ones(100), abs=1e-5)
    found = measure_pairs(clips, embeddings, card["threshold"], encoder.cohort)
    assert found["trials"] == 4950
    assert found["eer"] <= 0.03
    rows = card["figures"]["rows"]
    stated = next(row for row in rows if row["corpus"] == "librispeech-test-other" and not row["crop_s"])
    assert found["eer"] == pytest.approx(stated["eer"], abs=0.002)  # another processor may swap two close pairs


def test_integers_lose_nothing_on_real_voices(encoder: Encoder, speech_dir: Path):
    """The int8 form loses less than 0.2 % EER, absolute: else it is not shipped."""
    int8 = load_encoder("embedded-int8")
    for corpus, crop_s in (("librispeech-test-other", 0.0), ("librispeech-test-other", 3.0), ("speechocean", 3.0)):
        clips = [clip for clip in read_clips(speech_dir / "dev.csv") if clip.corpus == corpus]
        speakers, eer = np.array([clip.speaker for clip in clips]), []
        for model in (encoder, int8):
            embeddings = embed_clips(clips, model.embed, crop_s)
            scores = similarities(embeddings, embeddings, model.cohort)
            eer.append(equal_error_rate(*all_pairs(scores, speakers))[0])
        assert eer[1] - eer[0] < 0.002, f"{corpus}, {crop_s} s: {eer}"


def test_the_golden_embedding():
    """Front end, network and weights together give what they gave when the model was made."""
    from tools.golden_embedding import GOLDEN, golden

    noted, now = json.loads(GOLDEN.read_text()), golden()
    assert now["sha256"] == noted["sha256"], "a new model: python -m tools.golden_embedding"
    assert np.dot(now["embedding"], noted["embedding"]) == pytest.approx(1, abs=1e-4)
