"""The bundled demo agrees with itself: the sound is where its RTTM says, and the script makes the same again."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.demo import agreement
from app.diarisation.timeline import Turn
from tools import make_demo
from utils import SAMPLE_RATE, file_sha256

ENROLLED = {"Ana", "Ben", "Colin"}
FRAME = SAMPLE_RATE // 100
FLOOR_DB = -50.0
"""10 ms louder than this are speech: the room's noise is at -60 dB, and never more than 6 dB above that."""


def read_turns(rttm: Path) -> list[tuple[str, float, float]]:
    """(name, start_s, end_s) of each line."""
    fields = [line.split() for line in rttm.read_text().splitlines()]
    assert all(len(f) == 10 and f[:3] == ["SPEAKER", "conversation", "1"] for f in fields)
    return [(f[7], float(f[3]), float(f[3]) + float(f[4])) for f in fields]


def loud(samples: np.ndarray) -> np.ndarray:
    """Which 10 ms frames are louder than the room."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12) > FLOOR_DB


@pytest.fixture(scope="module")
def conversation(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "conversation.flac")


@pytest.fixture(scope="module")
def turns(demo_dir) -> list[tuple[str, float, float]]:
    return read_turns(demo_dir / "conversation.rttm")


def test_every_turn_is_full_of_speech_and_every_gap_is_quiet(conversation, turns):
    gap_start = 0.0
    for _, start_s, end_s in turns:
        turn = loud(conversation[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)])
        assert turn.mean() > 0.7
        assert turn[:3].any()
        assert turn[-4:].any()
        assert not loud(conversation[round(gap_start * SAMPLE_RATE) : round(start_s * SAMPLE_RATE)]).any()
        gap_start = end_s
    assert not loud(conversation[round(gap_start * SAMPLE_RATE) :]).any()


def test_the_turns_are_those_of_a_conversation(conversation, turns):
    assert {name for name, _, _ in turns} == ENROLLED | {"Stranger"}
    assert 55 < len(conversation) / SAMPLE_RATE < 75
    ends = [0.0, *(end_s for _, _, end_s in turns)]
    for (_, start_s, end_s), before_s in zip(turns, ends, strict=False):
        assert 1.5 <= end_s - start_s <= 6.0
        assert 0.2 <= start_s - before_s <= 1.0
    assert all(a[0] != b[0] for a, b in itertools.pairwise(turns))
    assert turns[-1][2] < len(conversation) / SAMPLE_RATE


def test_enrolment_has_enough_speech_of_each_person(demo_dir):
    assert {folder.name for folder in (demo_dir / "enrolment").iterdir()} == ENROLLED
    for name in ENROLLED:
        recordings = sorted((demo_dir / "enrolment" / name).glob("*.flac"))
        speech_s = sum(loud(read_audio(path)).sum() * 0.01 for path in recordings)
        assert len(recordings) >= 4
        assert 15 < speech_s < 30


def test_nobody_enrols_with_words_of_the_conversation():
    said = {text for _, text in make_demo.CONVERSATION}
    for sentences in make_demo.ENROLMENT.values():
        assert not said & set(sentences)


def test_files_are_small_16_khz_mono_without_clipping_or_digital_silence(demo_dir):
    files = [path for path in demo_dir.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_800_000
    for path in (path for path in files if path.suffix == ".flac"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_16")
        samples = read_audio(path)
        assert np.abs(samples).max() < 0.99
        assert np.diff(np.flatnonzero(samples)).max() < SAMPLE_RATE // 50  # never 20 ms of exact zeros


def test_agreement_counts_right_wrong_and_missed():
    reference = [Turn(0, 4, "Ana"), Turn(5, 7, "Stranger")]
    said = [Turn(0, 3, "Ana"), Turn(3, 3.5, "Ben"), Turn(5, 6, "unknown"), Turn(6, 7, "Ben")]
    result = agreement(reference, said, unknown=["Stranger"])
    assert result["speech_s"] == pytest.approx(6)
    assert result["right_s"] == pytest.approx(4)
    assert result["wrong_s"] == pytest.approx(1.5)
    assert result["missed_s"] == pytest.approx(0.5)
    assert result["right"] == pytest.approx(4 / 6)


needs_flite = pytest.mark.skipif(not shutil.which("flite"), reason="flite is not installed: sudo apt-get install flite")


@needs_flite
def test_the_script_makes_the_bundled_demo(demo_dir, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_demo", "--out", str(tmp_path)])
    make_demo.main()
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(demo_dir) for path in demo_dir.rglob("*") if path.suffix in {".flac", ".rttm"}}
    assert (tmp_path / "conversation.rttm").read_text() == (demo_dir / "conversation.rttm").read_text()
    for path in (path for path in made if path.suffix == ".flac"):
        # not byte for byte: another processor or version of flite may round differently
        bundled, again = read_audio(demo_dir / path), read_audio(tmp_path / path)
        assert len(bundled) == len(again)
        assert np.corrcoef(bundled, again)[0, 1] > 0.99


@needs_flite
def test_the_script_makes_the_same_bytes_every_time(tmp_path):
    for name in ("first.flac", "second.flac"):
        samples, _ = make_demo.place(make_demo.CONVERSATION[3:8], np.random.default_rng(make_demo.SEED))
        make_demo.write_flac(tmp_path / name, samples)
    assert file_sha256(tmp_path / "first.flac") == file_sha256(tmp_path / "second.flac")
