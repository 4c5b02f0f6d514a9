from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.corpus.manifest import read_clips
from app.training.corpus import Corpus, Speaker, draw_weights, hold_out, load_corpus
from utils import SAMPLE_RATE, BadInput


def toy_corpus() -> Corpus:
    """Speaker A: clips of 1000 tens and 500 elevens; B: one clip of 300 twenties; C, D of another corpus."""
    samples = np.repeat(np.array([10, 11, 20, 30, 40], np.int16), [1000, 500, 300, 2000, 400])
    return Corpus(
        samples,
        [
            Speaker("A", "x", "f", True, 0, (1000, 500)),
            Speaker("B", "x", "m", True, 1500, (300,)),
            Speaker("C", "y", "", False, 1800, (2000,)),
            Speaker("D", "y", "", True, 3800, (400,)),
        ],
    )


def test_decoded_once_and_true_to_the_files(voices: Path, tmp_path: Path):
    corpus = load_corpus(voices, tmp_path)
    assert len(corpus) == 18
    assert corpus.seconds == 108
    whole = read_audio(voices.parent / "7.wav")
    speaker = next(s for s in corpus.speakers if s.name == "s07")
    stored = corpus.samples[speaker.start : speaker.start + 6 * SAMPLE_RATE] / 32768
    assert np.abs(stored - whole).max() < 1e-4
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = load_corpus(voices, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == files
    assert again.speakers == corpus.speakers


def test_what_was_decoded_before_clips_had_names_is_found(voices: Path, tmp_path: Path):
    """The cache's key is of what is decoded, as it always was."""
    load_corpus(voices, tmp_path)
    clips = sorted(read_clips(voices), key=lambda c: (c.speaker, c.path, c.start_s))
    said = [(c.path, c.speaker, c.corpus, c.gender, c.age, c.start_s, c.end_s) for c in clips]
    key = hashlib.sha256(repr(said).encode()).hexdigest()[:16]
    assert {path.name for path in tmp_path.iterdir()} == {f"{key}.int16", f"{key}.json"}


def test_a_changed_table_is_decoded_anew(voices: Path, tmp_path: Path):
    table = tmp_path / "two.csv"
    table.write_text("\n".join(voices.read_text().splitlines()[:4]))
    assert len(load_corpus(table, tmp_path / "cache", voices.parent)) == 1
    table.write_text("\n".join(voices.read_text().splitlines()[:7]))
    assert len(load_corpus(table, tmp_path / "cache", voices.parent)) == 2


def test_a_missing_file_is_named_and_leaves_no_cache(tmp_path: Path):
    table = tmp_path / "t.csv"
    table.write_text("file,speaker\nnowhere.wav,x\n")
    with pytest.raises(BadInput, match=r"nowhere\.wav"):
        load_corpus(table, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_crops_are_of_the_right_voice_and_length():
    corpus, rng = toy_corpus(), np.random.default_rng(0)
    for speaker, values in enumerate(({10, 11}, {20}, {30}, {40})):
        for length in (100, 400, 1200, 5000):
            crop = corpus.crop(speaker, length, rng)
            assert crop.shape == (length,)
            assert crop.dtype == np.float32
            assert set(np.unique(np.round(crop * 32768).astype(int))) <= values


def test_a_short_clip_is_joined_with_others_of_the_same_person():
    crop = toy_corpus().crop(0, 1500, np.random.default_rng(0))
    assert set(np.unique(np.round(crop * 32768).astype(int))) == {10, 11}


def test_every_moment_is_as_likely():
    corpus, rng = toy_corpus(), np.random.default_rng(0)
    first = [round(float(corpus.crop(0, 10, rng)[0]) * 32768) == 10 for _ in range(3000)]
    assert 0.63 < np.mean(first) < 0.70  # 1000 of 1500 samples


def test_pieces_do_not_overlap_and_spread():
    samples = np.arange(1000, dtype=np.int16)
    corpus = Corpus(samples, [Speaker("A", "", "", True, 100, (500, 400))])
    pieces = corpus.pieces(0, 200, limit=3)
    starts = [round(float(piece[0]) * 32768) for piece in pieces]
    assert starts == [100, 500, 700]  # the first, the last, and one between: of 4 that fit
    assert all(len(piece) == 200 for piece in pieces)
    assert corpus.pieces(0, 901, limit=3) == []


def test_hold_out_parts_the_speakers():
    training, aside = hold_out(toy_corpus(), {"x": 1, "y": 1})
    assert [s.name for s in aside.speakers] == ["A", "C"]
    assert [s.name for s in training.speakers] == ["B", "D"]
    assert set(training.crop(1, 50, np.random.default_rng(0)) * 32768) == {40}


@pytest.mark.parametrize("counts", [{"x": 2}, {"z": 1}])
def test_hold_out_of_too_many(counts: dict[str, int]):
    with pytest.raises(BadInput, match="holdout"):
        hold_out(toy_corpus(), counts)


def test_draw_weights():
    corpus = toy_corpus()
    assert draw_weights(corpus, {}) == pytest.approx([0.25] * 4)
    assert draw_weights(corpus, {"x": 3, "y": 1}) == pytest.approx([0.75 / 2, 0.75 / 2, 0.25 / 2, 0.25 / 2])
    with pytest.raises(BadInput, match="'y'"):
        draw_weights(corpus, {"x": 1})
