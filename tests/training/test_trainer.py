from __future__ import annotations

import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.training.config import RunConfig, load_config
from app.training.corpus import Corpus, hold_out, load_corpus
from app.training.dataset import Batches, loader
from app.training.schedules import learning_rate_at, margin_at
from app.training.trainer import Trainer
from utils import ROOT, BadInput, HeardError


def corpora(config: RunConfig) -> tuple[Corpus, Corpus]:
    return hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)


def log_rows(config: RunConfig) -> list[dict[str, str]]:
    with (config.folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def weights(config: RunConfig) -> dict[str, torch.Tensor]:
    state = json.loads((config.folder / "state.json").read_text())
    return load_file(config.folder / state["folder"] / "weights.safetensors")


def with_train(config: RunConfig, **changes) -> RunConfig:
    return dataclasses.replace(config, train=dataclasses.replace(config.train, **changes))


def test_it_learns(trained):
    rows = log_rows(trained.config)
    assert [int(row["step"]) for row in rows] == list(range(10, 121, 10))
    losses = [float(row["loss"]) for row in rows]
    assert losses[-1] < 0.6 * losses[0]
    assert float(rows[-1]["accuracy"]) > 0.3  # 14 voices: chance is 0.07
    assert float(rows[-1]["eer"]) < 0.3  # people never heard; chance is 0.5
    assert [row["eer"] != "" for row in rows] == [False, False, True] * 4


def test_killed_and_resumed_is_as_if_never_killed(tiny_config: Path, tmp_path: Path):
    config = with_train(load_config(tiny_config), steps=24)
    whole = dataclasses.replace(config, output=str(tmp_path / "whole"))
    Trainer(whole, *corpora(whole)).run(show=False)

    tiny_config.write_text(tiny_config.read_text().replace("steps = 60", "steps = 24"))
    command = [sys.executable, "-m", "app", "train", str(tiny_config)]
    first = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (config.folder / "state.json").exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    assert (config.folder / "state.json").exists()

    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    expected, found = weights(whole), weights(config)
    assert expected.keys() == found.keys()
    for key, value in expected.items():
        assert torch.equal(value, found[key]), key
    strip = [{k: v for k, v in row.items() if k != "speed"} for row in log_rows(config)]
    assert strip == [{k: v for k, v in row.items() if k != "speed"} for row in log_rows(whole)]


def test_resuming_with_another_config_is_refused(tiny_config: Path):
    config = with_train(load_config(tiny_config), steps=5)
    data = corpora(config)
    Trainer(config, *data).run(show=False)
    with pytest.raises(BadInput, match=r"another train\.learning_rate"):
        Trainer(with_train(config, learning_rate=1e-3), *data)
    assert Trainer(with_train(config, workers=1, log_every=1), *data).step == 5  # these may change


def test_a_damaged_state_is_one_line(tiny_config: Path):
    config = with_train(load_config(tiny_config), steps=5)
    data = corpora(config)
    Trainer(config, *data).run(show=False)
    (config.folder / "step-0000005" / "weights.safetensors").write_bytes(b"broken")
    with pytest.raises(HeardError, match="damaged"):
        Trainer(config, *data)


def test_a_batch_depends_on_its_step_alone(tiny_config: Path):
    config = load_config(tiny_config)
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, speeds=(1.0, 0.9, 1.1)))
    batches = Batches(corpora(config)[0], config)
    features, labels = batches[7]
    again, same = batches[7]
    other, _ = batches[8]
    assert torch.equal(features, again)
    assert torch.equal(labels, same)
    assert features.shape != other.shape or not torch.equal(features, other)
    assert batches.classes == 3 * 14
    assert int(labels.max()) < 42
    workers = iter(loader(Batches(batches.corpus, with_train(config, workers=1)), 7))
    from_worker, _ = next(workers)
    assert torch.equal(features, from_worker)


def test_draws_follow_the_share(tiny_config: Path):
    config = load_config(tiny_config)
    data = dataclasses.replace(config.data, share={"made": 1.0})
    batches = Batches(corpora(config)[0], dataclasses.replace(config, data=data))
    drawn = np.bincount(np.concatenate([batches[step][1] for step in range(60)]), minlength=14)
    assert drawn.sum() == 60 * 12
    assert drawn.min() > 20  # 51 expected of each


def test_schedules():
    train = load_config(ROOT / "app" / "training" / "recipes" / "embedded.toml").train
    train = dataclasses.replace(
        train, steps=1000, warm_up=0.1, learning_rate=1.0, margin=0.2, margin_from=0.1, margin_to=0.4
    )
    rates = [learning_rate_at(step, train) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 25)
    assert np.argmax(rates) == 100
    assert rates[100] == 1
    assert learning_rate_at(550, train) == pytest.approx(0.5, abs=1e-3)
    assert rates[-1] < 1.1e-4
    assert [margin_at(step, train) for step in (0, 100, 250, 400, 999)] == pytest.approx([0, 0, 0.1, 0.2, 0.2])


def test_averaged_weights_are_an_average(tiny_config: Path):
    config = with_train(load_config(tiny_config), ema=0.5, steps=30)
    trainer = Trainer(config, *corpora(config))
    trainer.run(until=20, show=False)
    before = trainer.averaged.backbone.fc.weight.clone()
    trainer.learn(*trainer.batches[20])
    expected = (before + trainer.network.backbone.fc.weight) / 2
    assert torch.allclose(trainer.averaged.backbone.fc.weight, expected, atol=1e-7)
    assert not torch.equal(before, expected)
