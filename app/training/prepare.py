"""From a config to what a run needs: its speech, decoded and divided, and the teacher's voiceprints of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from tqdm import tqdm

from app.embedding.encoder import Embed
from app.embedding.load import load_encoder
from app.embedding.resemblyzer import load_resemblyzer
from app.training.config import RunConfig
from app.training.corpus import Corpus, hold_out, load_corpus, load_unlabelled, set_clips_aside
from app.training.distributed import Ranks
from app.training.teacher import LONGEST_S, load_voiceprints
from app.training.trainer import Trainer


def load_public() -> Embed:
    """SpeechBrain's public ECAPA-TDNN, downloaded on first use."""
    encoder = load_encoder("large", compute="cpu")
    return lambda sound: encoder.embed(sound)[encoder.dim // 2 :]


TEACHERS = {"resemblyzer": (load_resemblyzer, LONGEST_S), "public": (load_public, 9.0)}
"""Name of a teacher -> (what loads it, most seconds of a voice that it is asked about: the public one is slow)."""


@dataclass(frozen=True)
class Prepared:
    """A trainer, and the speech that it learns from and is measured on."""

    trainer: Trainer
    training: Corpus
    validation: Corpus
    """The speakers set aside."""
    clips_aside: Corpus | None
    """Clips of the training speakers that are not learned; None if the config sets none aside."""


def divide_speech(config: RunConfig) -> tuple[Corpus, Corpus]:
    """(the speakers trained on, the speakers set aside) of the config's table. Shows a progress bar while it decodes.

    Raises BadInput for a table, or a holdout, that cannot be used.
    """
    data = config.data
    corpus = load_corpus(data.table, data.cache, data.audio_root or None, partial(tqdm, desc="decoding", unit="clip"))
    return hold_out(corpus, data.holdout)


def prepare(config: RunConfig, ranks: Ranks) -> Prepared:
    """Everything a run needs, as far as it went before; of several processes the main one fills the cache.

    Raises BadInput for speech that cannot be used, HeardError for a damaged state of the run.
    """
    data, teacher = config.data, config.teacher
    training, validation = ranks.main_first(lambda: divide_speech(config))
    training, aside = set_clips_aside(training, data.clips_aside)
    unlabelled: Corpus | None = None
    voiceprints: np.ndarray | None = None
    if teacher.unlabelled:
        bar = partial(tqdm, desc="decoding", unit="clip")
        unlabelled = ranks.main_first(lambda: load_unlabelled(teacher.unlabelled, data.cache, bar))
    if teacher.weight:
        load, longest_s = TEACHERS[teacher.network]
        corpora = [training] if unlabelled is None else [training, unlabelled]
        bar = partial(tqdm, desc="asking the teacher", unit="voice")
        voiceprints = ranks.main_first(
            lambda: load_voiceprints(corpora, data.speeds, load, data.cache, bar, teacher.network, longest_s)
        )
    trainer = Trainer(config, training, validation, unlabelled, voiceprints, ranks)
    return Prepared(trainer, training, validation, aside if data.clips_aside else None)
