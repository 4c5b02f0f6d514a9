from __future__ import annotations

import json

import numpy as np
import pytest

from app.commands.verify import run
from utils import BadInput, write_wav


@pytest.mark.parametrize(("a", "b", "same"), [("Ana/01", "Ana/02", True), ("Ana/01", "Ben/01", False)])
def test_two_files(a, b, same, demo_dir, capsys):
    assert run([*(str(demo_dir / "enrolment" / f"{name}.flac") for name in (a, b)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is same
    assert (said["score"] >= said["threshold"]) is same
    assert (said["probability"] > 0.5) is same
    assert min(said["speech_s"]) > 3


def test_a_threshold_of_ones_own_and_text(demo_dir, capsys):
    files = [str(demo_dir / "enrolment" / "Ana" / f"{n}.flac") for n in ("01", "02")]
    assert run([*files, "--threshold", "0.99"]) == 0
    assert "not the same person, or not surely: score" in capsys.readouterr().out


def test_too_little_speech(tmp_path, demo_dir):
    write_wav(tmp_path / "silence.wav", np.zeros(32000))
    with pytest.raises(BadInput, match=r"silence\.wav: 0\.0 s of speech are too little"):
        run([str(tmp_path / "silence.wav"), str(demo_dir / "enrolment" / "Ana" / "01.flac")])
