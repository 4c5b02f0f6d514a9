"""A model that is not here yet, chosen in the window: progress, cancel, and taken up again."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from app.embedding.model_files import LARGE, SPEECHBRAIN
from app.window import strings
from utils import ROOT


@pytest.mark.parametrize("model", [SPEECHBRAIN, LARGE])
def test_a_download_is_shown_cancelled_and_taken_up_again(tmp_path, model: str):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.downloading", tmp_path, model],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    title, detail, progress, button = seen["began"]
    assert (title, button) == (strings.DOWNLOADING, strings.CANCEL)
    assert "of 83 MB" in detail.replace(strings.NO_BREAK, " ")
    assert 0.1 < progress < 1
    kept, title, progress = seen["cancelled"]
    assert (title, progress) == (strings.STOPPED, None)
    assert seen["later"] == kept > 0  # nothing comes any more, and what came is kept
    assert seen["again"] >= kept / 83.5e6
    assert seen["asked"] == [f"bytes={kept}-"]
    assert (seen["model"], seen["left"], seen["ended"]) == (model, [], True)
