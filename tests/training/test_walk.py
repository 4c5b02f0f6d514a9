"""A training clip, from the table to the loss, as docs/architecture.md has it."""

from __future__ import annotations

from pathlib import Path

from app.training.config import load_config
from app.training.corpus import hold_out, load_corpus
from app.training.trainer import Trainer
from tests.support.walks import assert_as_documented, walking


def test_a_training_clip_to_the_loss(tiny_config: Path):
    config = load_config(tiny_config)
    with walking("cli") as walk:
        training, validation = hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)
        Trainer(config, training, validation).run(show=False)
    assert_as_documented(walk, "A training clip")
