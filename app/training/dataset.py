"""Batches as a pure function of the step: what makes a run repeatable, resumable and divisible."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from app.audio.acoustics import change_speed
from app.audio.reading.reader import read_audio
from app.corpus.manifest import audio_files
from app.training.augment import Augmenter, mask_features
from app.training.config import DataConfig, RunConfig
from app.training.corpus import Corpus, draw_weights
from app.training.distributed import ALONE, Ranks
from model import LogMel
from utils import SAMPLE_RATE, BadInput


class Batches(Dataset):
    """``self[step]`` -> (features (B, mels, T) float32, labels (B,) int64), the same whenever it is asked for.

    Every speaker at every speed has a label: first all speakers at the first speed, then all at the second. The
    speakers of ``corpus`` come first: their labels are the classes. Unlabelled speakers follow, for the teacher alone.
    """

    def __init__(self, corpus: Corpus, config: RunConfig, unlabelled: Corpus | None = None, ranks: Ranks = ALONE):
        """``unlabelled``: speakers without a class, drawn as often as ``teacher.unlabelled_share`` says.

        ``ranks``: one of several processes makes its own part of each batch; together they make the whole.
        """
        self.corpus, self.unlabelled, self.config, self.ranks = corpus, unlabelled, config, ranks
        self.weights = draw_weights(corpus, config.data.share)
        self.augment = make_augmenter(config)
        self.front = LogMel(config.model.mels)

    @property
    def classes(self) -> int:
        """How many labels have a class: the speakers of ``corpus`` at every speed."""
        return len(self.corpus) * len(self.config.data.speeds)

    def __len__(self) -> int:
        return self.config.train.steps

    def __getitem__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        train = self.config.train
        rng = np.random.default_rng([train.seed, step])
        length = round(float(rng.choice(train.crop_s)) * SAMPLE_RATE)
        speakers = rng.choice(len(self.corpus), size=train.batch, p=self.weights)
        share = 0.0 if self.unlabelled is None else self.config.teacher.unlabelled_share
        without_class = rng.random(train.batch) >= 1 - share
        without_class[0] &= not without_class.all()  # a batch without any class has no margin softmax
        for i in np.flatnonzero(without_class):
            speakers[i] = rng.integers(len(self.unlabelled))
        drawn = self.ranks.part(list(zip(without_class.tolist(), speakers.tolist(), strict=True)))
        items = [np.random.default_rng([train.seed, step, i]) for i in self.ranks.part(range(train.batch))]
        waves, labels = zip(*(self._item(*d, item, length) for d, item in zip(drawn, items, strict=True)), strict=True)
        with torch.no_grad():
            features = self.front(torch.from_numpy(np.stack(waves)))
        for feature, item in zip(features.numpy(), items, strict=True):
            if item.random() < self.config.augment.spectral_masks:
                mask_features(feature, item)
        return features, torch.tensor(labels)

    def _item(self, without_class: bool, speaker: int, rng: np.random.Generator, length: int) -> tuple[np.ndarray, int]:
        corpus, speeds = self.unlabelled if without_class else self.corpus, self.config.data.speeds
        which = int(rng.integers(len(speeds)))
        wave = change_speed(corpus.crop(speaker, round(length * speeds[which]), rng), length)

        def other_voice() -> np.ndarray:
            other = (speaker + 1 + int(rng.integers(len(self.corpus) - 1))) % len(self.corpus)
            return self.corpus.crop(other, length, rng)

        wave = self.augment(wave, rng, other_voice if len(self.corpus) > 1 else None)
        return wave, (self.classes if without_class else 0) + which * len(corpus) + speaker


def make_augmenter(config: RunConfig) -> Augmenter:
    """The augmenter of a run, with the recordings that its config names."""
    noises, rooms = _recordings(config.data, "noises"), _recordings(config.data, "rooms")
    return Augmenter(config.augment, noises, rooms, config.train.seed)


def _recordings(data: DataConfig, key: str) -> list[np.ndarray]:
    folder = getattr(data, key)
    if not folder:
        return []
    files = sorted(audio_files(folder))
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
    )
