"""Made voices: enough of a difference between people for a small network to learn in seconds."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from app.training.config import RunConfig, load_config
from app.training.corpus import Corpus, hold_out, load_corpus
from app.training.trainer import Trainer
from utils import SAMPLE_RATE, write_wav

TOML = """
name = "tiny"
output = "{folder}/run"
model_file = "{folder}/tiny.safetensors"
[data]
table = "{table}"
cache = "{folder}/cache"
holdout = {{ made = 4 }}
[[data.credits]]
corpus = "made"
licence = "none needed"
credit = "sums of sines"
[model]
channels = 16
mfa_channels = 48
scale = 4
se_channels = 8
attention_channels = 8
embedding_dim = 32
stride = 2
[augment]
probability = 0.3
simulated_rooms = 3
coloured_noises = 2
[train]
steps = {steps}
batch = 12
crop_s = [0.4, 0.5]
learning_rate = 4e-3
margin = 0.1
ema = 0.9
precision = "f32"
workers = 0
log_every = 10
validate_every = 30
validate_s = 0.5
checkpoint_every = 10
"""


class Trained(NamedTuple):
    """A finished run, in the order in which ``export_model`` wants it."""

    config: RunConfig
    trainer: Trainer
    training: Corpus
    validation: Corpus


def made_voice(speaker: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """(length,) float32: a buzz whose pitch and resonances belong to the speaker, rising and falling like syllables."""
    own = np.random.default_rng(speaker)
    pitch = (110 if speaker % 2 else 200) * own.uniform(0.9, 1.1) * rng.uniform(0.97, 1.03)
    resonances = own.uniform((300, 900, 2200), (800, 2000, 3800))
    time_s = np.arange(length) / SAMPLE_RATE
    voice = np.zeros(length)
    for harmonic in np.arange(pitch, 5000, pitch):
        gain = sum(np.exp(-(((harmonic - centre) / 200) ** 2)) for centre in resonances) + 0.02
        voice += gain * np.sin(2 * np.pi * harmonic * time_s + rng.uniform(0, 2 * np.pi))
    voice *= 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(3, 6) * time_s)
    return (0.2 * voice / np.abs(voice).max() + 1e-3 * rng.standard_normal(length)).astype(np.float32)


@pytest.fixture(scope="session")
def say() -> Callable[[int, int, np.random.Generator], np.ndarray]:
    """``made_voice`` for tests that need more people than the table has."""
    return made_voice


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 18 made voices, three clips of 2 s each, women (even) and men (odd)."""
    folder, rng = tmp_path_factory.mktemp("voices"), np.random.default_rng(0)
    with (folder / "voices.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("speaker", "corpus", "gender", "age", "file", "start_s", "end_s"))
        for speaker in range(18):
            write_wav(folder / f"{speaker}.wav", made_voice(speaker, 6 * SAMPLE_RATE, rng))
            for start in (0, 2, 4):
                row = (f"s{speaker:02}", "made", "m" if speaker % 2 else "f", "", f"{speaker}.wav", start, start + 2)
                writer.writerow(row)
    return folder / "voices.csv"


def write_config(folder: Path, table: Path, steps: int = 60) -> Path:
    """A config that trains a very small network on the made voices in some seconds."""
    path = folder / "tiny.toml"
    path.write_text(TOML.format(folder=folder.as_posix(), table=table.as_posix(), steps=steps))
    return path


@pytest.fixture
def tiny_config(voices: Path, tmp_path: Path) -> Path:
    return write_config(tmp_path, voices)


@pytest.fixture(scope="session")
def trained(voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A finished run of that config, long enough for every machine's rounding to learn the voices."""
    config = load_config(write_config(tmp_path_factory.mktemp("trained"), voices, steps=120))
    training, validation = hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)
    trainer = Trainer(config, training, validation)
    trainer.run(show=False)
    return Trained(config, trainer, training, validation)
