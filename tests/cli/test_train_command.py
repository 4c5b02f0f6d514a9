"""Which work each flag of ``python -m app train`` stands for; the work itself is tested in tests/training."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from app.cli import train
from app.training.config import RunConfig
from utils import BadInput, HeardError

FLAGS = ("overlap", "aside", "channel", "strangers", "large", "export-only")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[data]\ntable = "t.csv"\n[train]\nsteps = 10\n')
    return path


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, RunConfig]]:
    """What was done, by flag, with which config; "" is training."""
    done = []
    for flag in FLAGS:
        work = (lambda config, flag=flag: done.append((flag, config)), "")
        monkeypatch.setitem(train.WITHOUT_TRAINING, flag, work)
    monkeypatch.setattr(train, "train", lambda config: done.append(("", config)))
    return done


@pytest.mark.parametrize("flag", ["", *FLAGS])
def test_a_flag_stands_for_one_thing(config: Path, done: list, flag: str):
    assert train.run([str(config), *([f"--{flag}"] if flag else [])]) == 0
    ((what, with_config),) = done
    assert (what, with_config.name, with_config.train.steps) == (flag, "mine", 10)


def test_every_flag_is_in_the_help(capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit, match="0"):
        train.run(["--help"])
    said = capsys.readouterr().out
    assert all(f"--{flag} " in said for flag in FLAGS)
    assert set(train.WITHOUT_TRAINING) == set(FLAGS)


def test_a_config_that_is_wrong_starts_nothing(config: Path, done: list):
    config.write_text(config.read_text().replace("steps = 10", "steps = 0"))
    with pytest.raises(BadInput, match=r"mine\.toml: train\.steps: expected"):
        train.run([str(config)])
    assert not done


def test_a_missing_package_is_named(config: Path, done: list, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "msgspec" else name)
    with pytest.raises(HeardError, match=r"training needs msgspec: .*pip install --group train"):
        train.run([str(config)])
    assert not done
