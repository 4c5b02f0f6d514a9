"""``python -m app plot``: each kind of picture, from a command line to a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.cli.plot import run
from utils import ROOT, BadInput, write_wav


def pixels(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    return imread(path)


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [f"1 a b {score:.3f}" for score in rng.normal(0.7, 0.1, 100)]
    lines += [f"0 a b {score:.3f}" for score in rng.normal(0.1, 0.2, 300)]
    (tmp_path / "one.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "one.txt"


@pytest.mark.parametrize("kind", ["features", "attention"])
def test_a_recording(kind: str, demo_dir: Path, tmp_path: Path):
    out = tmp_path / "x.png"
    assert run([kind, str(demo_dir / "enrolment" / "Ana" / "01.flac"), "--end-s", "2", "--out", str(out)]) == 0
    picture = pixels(out)
    assert picture.shape[1] == 1600
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 100  # a heat map, not an empty page


def test_of_a_long_recording_a_minute_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_wav(tmp_path / "long.wav", 0.1 * np.random.default_rng(0).standard_normal(16_000 * 70))
    file, out = str(tmp_path / "long.wav"), tmp_path / "x.svg"
    assert run(["features", file, "--start-s", "5", "--out", str(out)]) == 0
    assert "only 5 to 65 s are drawn" in capsys.readouterr().err
    assert "long.wav, 5 to 65 s" in out.read_text()
    with pytest.raises(BadInput, match=r"70\.0 s long"):
        run(["features", file, "--start-s", "80", "--out", str(out)])


def test_scores_and_det_of_what_evaluate_wrote(scored: Path, tmp_path: Path):
    assert run(["scores", str(scored), "--threshold", "0.5", "--out", str(tmp_path / "s.svg")]) == 0
    assert "threshold 0.500" in (tmp_path / "s.svg").read_text()
    other = tmp_path / "other" / "one.txt"
    other.parent.mkdir()
    other.write_text(scored.read_text())
    assert run(["det", str(scored), str(other), "--out", str(tmp_path / "d.svg")]) == 0
    assert "other/one.txt: EER" in (tmp_path / "d.svg").read_text()  # two of one name: the whole paths tell them apart


def test_the_models_own_threshold_is_drawn(scored: Path, tmp_path: Path, encoder):
    assert run(["scores", str(scored), "--out", str(tmp_path / "s.svg")]) == 0
    assert f"threshold {encoder.card['threshold']:.3f}" in (tmp_path / "s.svg").read_text()


def test_a_table_of_clips_as_picture_and_page(demo_dir: Path, tmp_path: Path):
    out = [tmp_path / name for name in ("t.png", "t.html")]
    assert run(["tsne", str(demo_dir / "enrolment"), "--out", *map(str, out)]) == 0
    assert pixels(out[0]).size > 1e6
    assert "Ana" in out[1].read_text()


def test_what_extract_wrote(tmp_path: Path):
    np.save(tmp_path / "embeddings.npy", np.eye(40, 192, dtype=np.float32))
    np.save(tmp_path / "labels.npy", np.repeat(["a", "b"], 20))
    assert run(["tsne", str(tmp_path), "--most", "30", "--out", str(tmp_path / "t.html")]) == 0
    assert "30 of 40 embeddings of 2 speakers" in (tmp_path / "t.html").read_text()


def test_a_mistake_is_one_line_before_any_work(tmp_path: Path):
    command = [sys.executable, "-m", "app", "plot", "det", "none.txt", "--out", str(tmp_path / "d.gif")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == f"heard: {tmp_path}/d.gif: a picture is one of .png, .svg, .pdf.\n"
