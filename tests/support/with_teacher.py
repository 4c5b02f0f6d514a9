"""Run by torchrun: trains a config with an unlabelled corpus and made-up voiceprints of a teacher, a few steps."""

from __future__ import annotations

import sys

import numpy as np

from app.training.config import load_config
from app.training.corpus import hold_out, load_corpus
from app.training.distributed import join, leave
from app.training.trainer import Trainer

config = load_config(sys.argv[1])
ranks = join()
training, strangers = hold_out(load_corpus(config.data.table, config.data.cache), config.data.holdout)
voiceprints = np.random.default_rng(0).standard_normal((len(training) + len(strangers), 16)).astype(np.float32)
trainer = Trainer(config, training, strangers, strangers, voiceprints, ranks)
trainer.run(show=False)
leave(ranks)
