"""Two processes on half a batch each learn what one process learns of the whole."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from app.training.config import load_config
from app.training.corpus import hold_out, load_corpus
from app.training.dataset import Batches
from app.training.distributed import ALONE, CpuSyncBatchNorm, Ranks
from app.training.trainer import Trainer
from utils import ROOT, BadInput

TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def run(command: list[str | Path]) -> None:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


def config_at(tiny_config: Path, name: str, **changes: str) -> Path:
    """A copy of the config with a folder of its own and other values of some keys.

    The batch is odd, so that the parts are not alike; the learning rate is small, so that what float32 rounds in
    another order does not grow, step by step, into another run.
    """
    values = {
        "steps": "12",
        "log_every": "1",
        "batch": "13",
        "learning_rate": "3e-4",
        "checkpoint_every": "3",
        **changes,
    }
    text = tiny_config.read_text().replace('/run"', f'/{name}"').replace("/tiny.safetensors", f"/{name}.safetensors")
    for key, value in values.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1, key
    path = tiny_config.with_name(f"{name}.toml")
    path.write_text(text)
    return path


def log(config: Path) -> dict[str, np.ndarray]:
    with (load_config(config).folder / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0] if name != "speed"}


def norms(config: Path) -> dict[str, torch.Tensor]:
    """What the batch norms have counted."""
    folder = load_config(config).folder
    tensors = load_file(folder / json.loads((folder / "state.json").read_text())["folder"] / "weights.safetensors")
    return {name: value for name, value in tensors.items() if "running_" in name}


def assert_same(one: Path, two: Path) -> None:
    expected, found = log(one), log(two)
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=2e-3, abs=2e-3, nan_ok=True), name
    expected, found = norms(one), norms(two)
    assert expected.keys() == found.keys() != set()
    for name, value in expected.items():
        assert (found[name] - value).norm() <= 0.01 * value.norm() + 1e-3, name


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_killed_or_not(tiny_config: Path):
    one, two = config_at(tiny_config, "one"), config_at(tiny_config, "two")
    config = load_config(one)
    Trainer(config, *hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)).run(show=False)
    command = [*TWO, "-m", "app", "train", str(two)]
    first = subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, start_new_session=True)
    state, deadline = load_config(two).folder / "state.json", time.monotonic() + 90
    while not state.exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)
    _, said = first.communicate()
    assert state.exists(), said.decode()
    run(command)
    assert_same(one, two)
    assert load_config(two).folder.with_name("two.safetensors").is_file()


@pytest.mark.slow
def test_unlabelled_speech_and_a_teacher_are_shared_too(tiny_config: Path):
    """Most of a batch is unlabelled: one process's part may have nobody known in it."""
    tiny_config.write_text(f"{tiny_config.read_text()}[teacher]\nweight = 5.0\nunlabelled_share = 0.9\n")
    one, two = (config_at(tiny_config, name, batch="5", learning_rate="3e-5") for name in ("one", "two"))
    script = ROOT / "tests" / "support" / "with_teacher.py"
    run([sys.executable, script, one])
    run([*TWO, script, two])
    assert_same(one, two)


def test_the_parts_of_a_batch_are_the_batch(tiny_config: Path):
    config = load_config(tiny_config)
    corpus, _ = hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)
    whole, labels = Batches(corpus, config)[3]
    for count in (2, 5):
        for rank in range(count):
            part, part_labels = Batches(corpus, config, ranks=Ranks(rank, count))[3]
            assert torch.equal(part_labels, labels[rank::count])
            assert torch.allclose(part, whole[rank::count], atol=1e-4)


def test_batch_norms_are_synchronised_only_among_several():
    network = nn.Sequential(nn.BatchNorm1d(3))
    assert type(ALONE.sync_batch_norms(network)[0]) is nn.BatchNorm1d
    keys = list(network.state_dict())
    synced = Ranks(0, 2).sync_batch_norms(network)
    assert isinstance(synced[0], CpuSyncBatchNorm | nn.SyncBatchNorm)
    assert list(synced.state_dict()) == keys


def test_a_batch_smaller_than_the_processes_is_refused(tiny_config: Path):
    config = load_config(tiny_config)
    corpora = hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)
    with pytest.raises(BadInput, match=r"train\.batch is too small for 13 processes"):
        Trainer(config, *corpora, ranks=Ranks(0, 13))
