from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.corpus.clips import Clip
from app.evaluation.pairs import embed_clips, measure_gender, measure_model, measure_pairs, noisy, record_figures
from app.evaluation.speaker_models import SpeakerModel
from utils import SAMPLE_RATE, BadInput, write_wav


def test_clips_are_cut_from_the_middle(tmp_path: Path):
    path = tmp_path / "x.wav"
    tone = np.sin(2 * np.pi * 400 * np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE)
    write_wav(path, np.repeat([0.1, 0.2, 0.3, 0.4, 0.5], SAMPLE_RATE) * tone)
    clips = [Clip(str(path), "x"), Clip(str(path), "x", start_s=2, end_s=3)]

    def ends(samples: np.ndarray) -> np.ndarray:
        return np.array([samples[:400].max(), samples[-400:].max(), len(samples) / SAMPLE_RATE])

    assert embed_clips(clips, ends) == pytest.approx(np.array([[0.1, 0.5, 5], [0.3, 0.3, 1]]), abs=1e-3)
    assert embed_clips(clips, ends, 3.0) == pytest.approx(np.array([[0.2, 0.4, 3], [0.3, 0.3, 1]]), abs=1e-3)


def test_gender_counts_only_clips_of_known_gender():
    clips = [Clip("1", "a", gender="f"), Clip("2", "b", gender="m"), Clip("3", "c", gender="m"), Clip("4", "d")]
    said = {0: ("female", 0.9), 1: ("female", 0.9), 2: (None, 0.6), 3: ("male", 0.9)}

    def classify(embedding: np.ndarray) -> tuple[str | None, float]:
        return said[int(embedding[0])]

    embeddings = np.arange(4)[:, None]
    assert measure_gender(clips, embeddings, classify) == {"clips": 3, "answered": 2 / 3, "right": 0.5}
    assert measure_gender(clips[2:3], embeddings[2:3], classify) == {"clips": 1, "answered": 0, "right": None}
    assert measure_gender(clips[3:], embeddings[3:], classify) is None


def test_figures_are_written_into_the_card(tmp_path: Path):
    card = tmp_path / "m.json"
    card.write_text('{"name": "m", "sha256": "x"}')
    record_figures(tmp_path / "m.safetensors", "say it", [{"eer": 0.123456, "nested": {"a": [1 / 3]}, "n": 5}])
    rows = [{"eer": 0.1235, "nested": {"a": [0.3333]}, "n": 5}]
    assert json.loads(card.read_text()) == {"name": "m", "sha256": "x", "figures": {"command": "say it", "rows": rows}}


def test_measure_pairs():
    clips = [Clip(f"{i}.wav", speaker) for i, speaker in enumerate("aabbcc")]
    embeddings = np.eye(3)[[0, 0, 1, 1, 2, 2]]
    result = measure_pairs(clips, embeddings, 0.5)
    assert result["eer"] == 0
    assert (result["trials"], result["clips"], result["speakers"]) == (15, 6, 3)
    assert result["eer_interval"] == [0, 0]
    assert result["at_default"] == {"threshold": 0.5, "false_accepts": 0, "false_rejects": 0}
    assert measure_pairs(clips, embeddings, 1.5)["at_default"]["false_rejects"] == 1
    with pytest.raises(BadInput, match="both"):
        measure_pairs(clips[:2], embeddings[:2], 0.5)


def test_adults_and_children_have_rows_of_their_own(tmp_path: Path):
    clips = []
    for i, (speaker, age) in enumerate((("a", 40), ("b", None), ("c", 9), ("d", 10))):
        for take in range(2):
            path = tmp_path / f"{speaker}{take}.wav"
            write_wav(path, np.full(SAMPLE_RATE, (i + 1) / 10))
            clips.append(Clip(str(path), speaker, gender="m", age=age))

    def embed(samples: np.ndarray) -> np.ndarray:
        who = round(10 * float(samples[0])) - 1
        return np.eye(4)[min(who, 2)]  # the two children sound alike

    row = measure_model(SpeakerModel("s", embed, gender=lambda voice: ("male", 0.9)), clips, 0.0)
    assert (row["speakers"], row["adults"]["speakers"], row["children"]["speakers"]) == (4, 2, 2)
    assert row["adults"]["eer"] == 0
    assert row["children"]["eer"] == pytest.approx(0.5)
    assert row["children"]["gender"]["clips"] == 4
    assert "adults" not in measure_model(SpeakerModel("s", embed), clips[:4], 0.0)


def test_a_clip_is_always_in_the_same_room():
    samples = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    changed = noisy(Clip("here/a.flac", "ana"), samples)
    assert changed.shape == samples.shape
    assert changed.dtype == np.float32
    assert np.array_equal(changed, noisy(Clip("elsewhere/a.flac", "ana"), samples))
    assert not np.allclose(changed, noisy(Clip("here/b.flac", "ana"), samples), atol=0.1)
    assert not np.allclose(changed, noisy(Clip("here/a.flac", "ana", start_s=1.0), samples), atol=0.1)


def test_noise_is_10_db_below_the_speech_in_its_room():
    """An impulse leaves the room's response; what is there before it is noise alone."""
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    samples[2 * SAMPLE_RATE] = 1.0
    levels = []
    for i in range(20):
        changed = noisy(Clip(f"{i}.flac", "ana"), samples)
        noise = np.mean(changed[: 2 * SAMPLE_RATE] ** 2)
        speech = np.mean(changed**2) - noise
        levels.append(10 * np.log10(speech / noise))
    assert np.mean(levels) == pytest.approx(10, abs=1.0)  # the noise swells: one half of it is louder than the other
