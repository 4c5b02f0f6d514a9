from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import memory_trim
from app.memory_trim import trim_memory

ROOT = Path(__file__).resolve().parents[1]
EMBED = """
import sys, threading
import numpy as np
from app import memory_trim
from app.benchmarks.memory import resident_mb
from app.embedding.load import load_encoder

every_s, encoder, before = float(sys.argv[1]), load_encoder("embedded", compute="cpu"), None

def embed(seed):
    rng = np.random.default_rng(seed)
    for _ in range(30):
        encoder.embed(rng.standard_normal(int(rng.integers(8_000, 160_000))).astype(np.float32))

before = resident_mb()
for turn in range(3):
    threads = [threading.Thread(target=embed, args=(turn * 3 + number,)) for number in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    memory_trim.EVERY_S = every_s
    memory_trim.trim_memory()
print(resident_mb() - before)
"""


@pytest.fixture(autouse=True)
def due(monkeypatch):
    monkeypatch.setattr(memory_trim, "_last_s", -1e9)
    memory_trim._malloc_trim.cache_clear()
    yield
    memory_trim._malloc_trim.cache_clear()


def on_glibc() -> bool:
    try:
        return sys.platform.startswith("linux") and "glibc" in (os.confstr("CS_GNU_LIBC_VERSION") or "")
    except ValueError:
        return False


@pytest.mark.skipif(not on_glibc(), reason="the C library is not glibc: nothing is trimmed")
def test_embeddings_of_all_lengths_leave_less_behind():
    grown = {}
    for every_s in (0, 1e9):
        command = [sys.executable, "-c", EMBED, str(every_s)]
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240, check=True)
        grown[every_s] = float(done.stdout)
    assert grown[0] < 0.6 * grown[1e9], grown


@pytest.mark.skipif(not on_glibc(), reason="the C library is not glibc: nothing is trimmed")
def test_once_a_minute_whoever_asks():
    assert trim_memory() is True
    assert trim_memory() is False


@pytest.mark.parametrize("missing", ["name", "version", "library", "system"])
def test_another_c_library_is_left_alone(monkeypatch, missing):
    def unknown(_: str) -> str:
        raise ValueError("unrecognized configuration name")  # as musl's Python says

    match missing:
        case "name":
            monkeypatch.setattr(os, "confstr", unknown, raising=False)
        case "version":
            monkeypatch.setattr(os, "confstr", lambda _: None, raising=False)
        case "library":
            monkeypatch.setattr(os, "confstr", lambda _: "glibc 2.36", raising=False)
            monkeypatch.setattr(memory_trim.ctypes, "CDLL", lambda _: object())
        case "system":
            monkeypatch.setattr(sys, "platform", "win32")
    assert trim_memory() is False
