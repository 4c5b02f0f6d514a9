"""What is deleted in the window is out of sight at once, comes back whole, and is erased when its undo is over."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.session import SessionOptions
from app.voiceprints.recordings import Note, samples_of
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from app.window.engine.edits.people import delete, end_undo, rename, undo
from app.window.engine.engine import Engine
from tests.support.stand_ins import save_sample
from utils import ROOT

SOUND = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)


@pytest.fixture
def data(tmp_path) -> Path:
    """Ana and Ben, with two recordings each, and voiceprints of a model that nobody has."""
    for name in ("Ana", "Ben"):
        for _ in range(2):
            save_sample(tmp_path, SOUND, Note(name, "2026-01-01T10:00:00+00:00"))
        with VoiceprintStore(tmp_path) as store:
            files = [f"{wav.relative_to(tmp_path).as_posix()}" for wav in samples_of(tmp_path, name)]
            samples = [EmbeddedSample(file, np.eye(1, 192, dtype=np.float32), [3.0]) for file in files]
            store.set_samples(name, "model", "0" * 64, samples)
    return tmp_path


@pytest.fixture
def do(make_engine, data):
    """do(job): have it done; its error, or nothing."""
    engine: Engine = make_engine(SessionOptions(data=data))

    def work(job) -> str:
        answer, done = engine.ask(job), threading.Event()
        engine.submit(lambda context: done.set())
        assert done.wait(60)
        return answer.error

    work.engine = engine
    return work


def seen(data: Path) -> dict[str, int]:
    """Name -> samples, as any other program sees them."""
    with VoiceprintStore(data) as store:
        return {person.name: person.samples for person in store.overview()}


def speech(data: Path) -> int:
    """How many recordings are on the disk, in sight or not."""
    return len(list(data.rglob("*.wav")))


def test_whoever_is_deleted_is_out_of_sight_and_comes_back_whole(do, data):
    assert do(delete("Ana")) == ""
    assert seen(data) == {"Ben": 2}
    assert samples_of(data, "Ana") == []
    assert do.engine.facts.deed.erases
    assert do(undo()) == ""
    assert seen(data) == {"Ana": 2, "Ben": 2}
    assert len(samples_of(data, "Ana")) == 2
    assert not do.engine.facts.owed


def test_the_end_of_the_undo_erases(do, data):
    do(delete("Ana"))
    assert speech(data) == 4
    do(end_undo())
    assert speech(data) == 2
    assert do(undo()) == "it is too late to undo that."
    assert seen(data) == {"Ben": 2}


def test_the_next_deed_erases_too(do, data):
    do(delete("Ana"))
    do(delete("Ben"))
    assert speech(data) == 2
    do(undo())
    assert seen(data) == {"Ben": 2}


def test_a_name_is_not_given_away_while_its_deletion_can_be_undone(do, data):
    do(delete("Ana"))
    assert "just being deleted" in do(rename("Ben", "Ana"))
    assert do(undo()) == ""
    assert seen(data) == {"Ana": 2, "Ben": 2}


def test_a_program_that_is_killed_leaves_nothing_that_was_deleted(data):
    killed = f"""
import os, signal, sys, threading
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from app.session import SessionOptions
from app.window.engine.edits.people import delete
from app.window.engine.engine import Engine
engine = Engine(SessionOptions(data=Path({str(data)!r})))
answer, done = engine.ask(delete("Ana")), threading.Event()
engine.submit(lambda context: done.set())
assert done.wait(60) and not answer.error, answer.error
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", killed], capture_output=True, text=True, timeout=120)
    assert ended.returncode == -9, ended.stderr
    assert speech(data) == 4  # it could have been undone
    listing = [sys.executable, "-m", "app", "voices", "list", "--data", str(data)]
    told = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, timeout=120)  # the next start of any
    assert "Ben" in told.stdout, told.stderr
    assert "Ana" not in told.stdout
    assert speech(data) == 2
