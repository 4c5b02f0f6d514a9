from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from app.training.checkpoints import load_state
from app.training.config import load_config
from app.training.corpus import hold_out, load_corpus
from app.training.trainer import Trainer
from utils import BadInput


def test_a_state_from_before_a_key_existed_goes_on(tiny_config: Path):
    config = load_config(tiny_config)
    run = Trainer(config, *hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout))
    run.run(until=2, show=False)
    path = config.folder / "state.json"
    state = json.loads(path.read_text())
    del state["config"]["teacher"]
    del state["config"]["train"]["scale"]
    path.write_text(json.dumps(state))
    assert load_state(config, run.modules) == 2
    for part, change in (("teacher", {"weight": 1.0}), ("train", {"scale": 20.0})):  # not what it was then
        changed = dataclasses.replace(config, **{part: dataclasses.replace(getattr(config, part), **change)})
        with pytest.raises(BadInput, match=rf"another {part}\.{next(iter(change))}"):
            load_state(changed, run.modules)
