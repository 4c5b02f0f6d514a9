"""Batches as a pure function of the step: what makes a run repeatable, resumable and divisible."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from app.audio.acoustics import change_speed
from app.training.augment import Augmenter, mask_features
from app.training.config import DataConfig, RunConfig
from app.training.corpus import Corpus, draw_weights
from app.training.distributed import ALONE, Ranks
from app.training.voices import Voices
from model import LogMel
from utils import AUDIO_SUFFIXES, SAMPLE_RATE, BadInput, read_audio


class Batches(Dataset):
    """``self[step]`` -> (features (B, mels, T) float32, labels (B,) int64), the same whenever it is asked for.

    Labels are numbers of voices. Those from ``classes`` on have no class (see ``voices``): only the teacher knows them.
    """

    def __init__(self, corpus: Corpus, config: RunConfig, others: Sequence[Voices] = (), ranks: Ranks = ALONE):
        """``others``: voices without a class, as ``voices.voices_without_class`` lists them. ``ranks``: of several
        processes this one makes its own part of each batch; together they are the whole."""
        self.corpus, self.config, self.ranks = corpus, config, ranks
        self.voices = [Voices(corpus, config.data.speeds), *others]
        self.weights = draw_weights(corpus, config.data.share, config.data.temperature)
        self.augment = make_augmenter(config)
        self.front = LogMel(config.model.mels)
        counts = [self.classes, *map(len, others)]
        self.first_labels = [sum(counts[:i]) for i in range(len(counts))]
        self.shares = [1 - sum(voices.share for voices in others), *(voices.share for voices in others)]

    @property
    def classes(self) -> int:
        return len(self.corpus) * (len(self.config.data.speeds) if self.config.data.speed_classes else 1)

    def __len__(self) -> int:
        return self.config.train.steps

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        train = self.config.train
        rng = np.random.default_rng([train.seed, step])
        length = round(float(rng.choice(train.crop_s)) * SAMPLE_RATE)
        speakers = rng.choice(len(self.corpus), size=train.batch, p=self.weights)
        kinds = rng.choice(len(self.voices), size=train.batch, p=self.shares)
        kinds[0] *= not kinds.all()  # a batch of nobody known has no margin softmax
        for i in np.flatnonzero(kinds):
            speakers[i] = rng.integers(len(self.voices[kinds[i]].corpus))
        voices = self.ranks.part(list(zip(kinds.tolist(), speakers.tolist(), strict=True)))
        items = [np.random.default_rng([train.seed, step, i]) for i in self.ranks.part(range(train.batch))]
        waves, labels = zip(*(self._item(*v, item, length) for v, item in zip(voices, items, strict=True)), strict=True)
        with torch.no_grad():
            features = self.front(torch.from_numpy(np.stack(waves)))
        for feature, item in zip(features.numpy(), items, strict=True):
            if item.random() < self.config.augment.spectral_masks:
                mask_features(feature, item)
        return features, torch.tensor(labels)

    def _item(self, kind: int, speaker: int, rng: np.random.Generator, length: int) -> tuple[np.ndarray, int]:
        corpus, speeds = self.voices[kind].corpus, self.voices[kind].speeds
        which = int(rng.integers(len(speeds)))
        wave = change_speed(corpus.crop(speaker, round(length * speeds[which]), rng), length)

        def other_voice() -> np.ndarray:
            other = (speaker + 1 + int(rng.integers(len(self.corpus) - 1))) % len(self.corpus)
            return self.corpus.crop(other, length, rng)

        wave = self.augment(wave, rng, other_voice if len(self.corpus) > 1 else None)
        many = self.config.data.speed_classes or kind
        return wave, self.first_labels[kind] + speaker + (which * len(corpus) if many else 0)


def make_augmenter(config: RunConfig) -> Augmenter:
    """The augmenter of a run, with the recordings that its config names."""
    noises, rooms = _recordings(config.data, "noises"), _recordings(config.data, "rooms")
    return Augmenter(config.augment, noises, rooms, config.train.seed)


def _recordings(data: DataConfig, key: str) -> list[np.ndarray]:
    folder = getattr(data, key)
    if not folder:
        return []
    files = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        raise BadInput(f"data.{key}: no audio files in {folder}.")
    return [read_audio(path) for path in files]


def loader(batches: Batches, first_step: int) -> DataLoader:
    """The batches from ``first_step`` on, made ahead of time by the config's worker processes."""
    workers = batches.config.train.workers
    return DataLoader(
        batches,
        batch_size=None,
        sampler=range(first_step, len(batches)),
        num_workers=workers,
        prefetch_factor=6 if workers else None,
        worker_init_fn=lambda _: torch.set_num_threads(1),
    )
