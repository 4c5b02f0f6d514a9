"""Batches as a pure function of the step: what makes a run repeatable, resumable and divisible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from app.training.augment import Augmenter, change_speed, mask_features
from app.training.config import DataConfig, RunConfig
from app.training.corpus import Corpus, draw_weights
from app.training.distributed import ALONE, Ranks
from model import LogMel
from utils import AUDIO_SUFFIXES, SAMPLE_RATE, BadInput, read_audio


class Batches(Dataset):
    """``self[step]`` -> (features (B, mels, T) float32, labels (B,) int64), the same whenever it is asked for.

    Labels from ``classes`` on are recordings of ``unlabelled`` (again once for each speed): voices without a class.
    """

    def __init__(self, corpus: Corpus, config: RunConfig, unlabelled: Corpus | None = None, ranks: Ranks = ALONE):
        """``ranks``: of several processes this one makes its own part of each batch; together they are the whole."""
        self.corpus, self.config, self.unlabelled, self.ranks = corpus, config, unlabelled, ranks
        self.weights = draw_weights(corpus, config.data.share, config.data.temperature)
        self.augment = make_augmenter(config)
        self.front = LogMel(config.model.mels)

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
        voices = [(self.corpus, int(speaker), 0) for speaker in speakers]
        if self.unlabelled is not None:
            unknown = rng.random(train.batch) < self.config.teacher.unlabelled_share
            unknown[0] &= not unknown.all()  # a batch of nobody known has no margin softmax
            for i in np.flatnonzero(unknown):
                voices[i] = (self.unlabelled, int(rng.integers(len(self.unlabelled))), self.classes)
        voices = self.ranks.part(voices)
        items = [np.random.default_rng([train.seed, step, i]) for i in self.ranks.part(range(train.batch))]
        waves, labels = zip(*(self._item(*v, item, length) for v, item in zip(voices, items, strict=True)), strict=True)
        with torch.no_grad():
            features = self.front(torch.from_numpy(np.stack(waves)))
        for feature, item in zip(features.numpy(), items, strict=True):
            if item.random() < self.config.augment.spectral_masks:
                mask_features(feature, item)
        return features, torch.tensor(labels)

    def _item(
        self, voices: Corpus, voice: int, first_label: int, rng: np.random.Generator, length: int
    ) -> tuple[np.ndarray, int]:
        speeds = self.config.data.speeds
        which = int(rng.integers(len(speeds)))
        wave = change_speed(voices.crop(voice, round(length * speeds[which]), rng), length)

        def other_voice() -> np.ndarray:
            other = (voice + 1 + int(rng.integers(len(self.corpus) - 1))) % len(self.corpus)
            return self.corpus.crop(other, length, rng)

        wave = self.augment(wave, rng, other_voice if len(self.corpus) > 1 else None)
        return wave, first_label + voice + (which * len(voices) if self.config.data.speed_classes else 0)


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
