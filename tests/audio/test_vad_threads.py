"""Voice activity detection stays in the thread that asks for it, and the network keeps its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from utils import ROOT

SCRIPT = """
import os
import numpy as np
if "torch" in os.environ["ORDER"]:
    import torch
from app.audio.vad import SpeechDetector
threads = lambda: len(os.listdir("/proc/self/task"))
noise = np.random.default_rng(0).standard_normal(51200).astype(np.float32) / 10
before = threads()
SpeechDetector().process(noise)
print("threads of the detector:", threads() - before)
print("limit left behind:", os.environ.get("OMP_THREAD_LIMIT"))
import torch
torch.set_num_threads(2)
before = threads()
torch.sin(torch.ones(4_000_000))
print("threads of torch:", threads() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted in /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing starts threads here")
@pytest.mark.parametrize("order", ["alone", "behind torch"])
@pytest.mark.parametrize("limit", [None, "7"])
def test_detection_starts_no_threads_and_takes_none_from_torch(limit, order, monkeypatch):
    monkeypatch.setenv("ORDER", order)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    if limit:
        monkeypatch.setenv("OMP_THREAD_LIMIT", limit)
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True)
    said = dict(line.split(": ") for line in done.stdout.splitlines())
    assert said == {"threads of the detector": "0", "limit left behind": str(limit), "threads of torch": "1"}, (
        done.stderr
    )
