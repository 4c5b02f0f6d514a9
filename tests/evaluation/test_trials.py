from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.trials import (
    Trial,
    embed_clips,
    measure,
    measure_gender,
    measure_pairs,
    read_trials,
    record_figures,
    score_trials,
)
from app.training.corpus import Clip
from utils import SAMPLE_RATE, BadInput, write_wav


def spectrum(samples: np.ndarray) -> np.ndarray:
    """A stand-in for a network that is right about tones: where the energy lies."""
    power = np.abs(np.fft.rfft(samples, 4000)) ** 2
    return (power / np.linalg.norm(power)).astype(np.float32)


def tone(folder: Path, name: str, frequency: float, seconds: float = 1.0) -> str:
    time_s = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    write_wav(folder / name, 0.5 * np.sin(2 * np.pi * frequency * time_s))
    return str(folder / name)


def test_read_trials(tmp_path: Path):
    path = tmp_path / "trials.txt"
    path.write_text("1 a/1.wav a/2.wav\n\n0 a/1.wav b/1.wav\n")
    assert read_trials(path) == [Trial(True, "a/1.wav", "a/2.wav"), Trial(False, "a/1.wav", "b/1.wav")]


@pytest.mark.parametrize(
    ("text", "complaint"), [("", "no trials"), ("1 a b\n2 a b\n", "line 2"), ("1 a\n", "line 1"), ("1 a b c", "line 1")]
)
def test_bad_trials(tmp_path: Path, text: str, complaint: str):
    path = tmp_path / "trials.txt"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint):
        read_trials(path)


def test_no_trials_file(tmp_path: Path):
    with pytest.raises(BadInput, match="no such list"):
        read_trials(tmp_path / "none.txt")
    with pytest.raises(BadInput, match="no such list"):
        read_trials(tmp_path)


def test_scores_are_cosines_and_each_file_is_embedded_once(tmp_path: Path):
    tone(tmp_path, "a.wav", 400), tone(tmp_path, "b.wav", 400, 2), tone(tmp_path, "c.wav", 2000)
    trials = [Trial(True, "a.wav", "b.wav"), Trial(False, "a.wav", "c.wav"), Trial(False, "c.wav", "b.wav")]
    seen = []

    def embed(samples: np.ndarray) -> np.ndarray:
        seen.append(len(samples))
        return spectrum(samples)

    scores = score_trials(trials, tmp_path, embed)
    assert scores[0] > 0.99
    assert scores[1:] == pytest.approx([0, 0], abs=1e-3)
    assert sorted(seen) == [16000, 16000, 32000]


def test_a_file_that_is_missing_or_too_short_is_named(tmp_path: Path):
    tone(tmp_path, "a.wav", 400)
    with pytest.raises(BadInput, match=r"gone\.wav"):
        score_trials([Trial(True, "a.wav", "gone.wav")], tmp_path, spectrum)

    def fussy(samples: np.ndarray) -> np.ndarray:
        raise BadInput("too short for a voice.")

    with pytest.raises(BadInput, match=r"a\.wav: too short"):
        score_trials([Trial(True, "a.wav", "a.wav")], tmp_path, fussy)


def test_clips_are_cut_from_the_middle(tmp_path: Path):
    path = tmp_path / "x.wav"
    write_wav(path, np.repeat([0.1, 0.2, 0.3, 0.4, 0.5], SAMPLE_RATE))
    clips = [Clip(str(path), "x"), Clip(str(path), "x", start_s=2, end_s=3)]

    def ends(samples: np.ndarray) -> np.ndarray:
        return np.array([samples[0], samples[-1], len(samples) / SAMPLE_RATE])

    assert embed_clips(clips, ends) == pytest.approx(np.array([[0.1, 0.5, 5], [0.3, 0.3, 1]]), abs=1e-3)
    assert embed_clips(clips, ends, 3.0) == pytest.approx(np.array([[0.2, 0.4, 3], [0.3, 0.3, 1]]), abs=1e-3)


def test_measure_by_hand():
    result = measure(np.array([0.9, 0.8, 0.7, 0.2]), np.array([0.1, 0.0, 0.3, 0.75]))
    assert result["eer"] == 0.25
    assert result["trials"] == 8
    assert result["accuracy"] == 0.75
    assert result["f1"] == 0.75
    assert set(result["min_dcf"]) == {"0.01", "0.05"}
    assert 0.3 < result["threshold"] <= 0.7


def test_gender_counts_only_clips_of_known_gender():
    clips = [Clip("1", "a", gender="f"), Clip("2", "b", gender="m"), Clip("3", "c", gender="m"), Clip("4", "d")]
    said = {0: ("female", 0.9), 1: ("female", 0.9), 2: (None, 0.6), 3: ("male", 0.9)}

    def tell(embedding: np.ndarray) -> tuple[str | None, float]:
        return said[int(embedding[0])]

    embeddings = np.arange(4)[:, None]
    assert measure_gender(clips, embeddings, tell) == {"clips": 3, "answered": 2 / 3, "right": 0.5}
    assert measure_gender(clips[2:3], embeddings[2:3], tell) == {"clips": 1, "answered": 0, "right": None}
    assert measure_gender(clips[3:], embeddings[3:], tell) is None


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
