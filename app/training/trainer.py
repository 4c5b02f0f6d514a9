"""The training loop: one-cycle AdamW on angular margin softmax, averaged weights, a log, checkpoints."""

from __future__ import annotations

import copy
import math
import time
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from app.scoring.metrics import all_pairs, equal_error_rate
from app.threads import use_torch_threads
from app.training.checkpoints import load_state, save_state
from app.training.config import RunConfig
from app.training.corpus import Corpus
from app.training.dataset import Batches, loader
from app.training.distributed import ALONE, Ranks
from app.training.losses import AamSoftmax, Objective
from app.training.run_log import RunLog
from app.training.schedules import learning_rate_at, margin_at, teacher_weight_at
from app.training.teacher import TeacherLoss
from app.training.warm_start import class_means, start_from
from model import SpeakerNetwork
from utils import SAMPLE_RATE, BadInput


class StepResult(NamedTuple):
    """What one step came to, over all processes."""

    loss: float
    """Mean margin softmax of the labelled crops."""
    teacher_distance: float
    """Mean of 1 - cosine to the teacher over all crops; NaN without a teacher."""
    correct: int
    """Number of labelled crops whose nearest prototype is their own, without the margin."""
    labelled: int
    """Number of crops whose speaker has a class."""


class Trainer:
    """One run, from its last checkpoint, from a finished model, or from the start."""

    def __init__(
        self,
        config: RunConfig,
        training: Corpus,
        validation: Corpus,
        unlabelled: Corpus | None = None,
        voiceprints: np.ndarray | None = None,
        ranks: Ranks = ALONE,
    ):
        """``validation``: speakers that are not in ``training``; with fewer than two the EER is not measured.

        ``unlabelled``: speakers without a class (``corpus.load_unlabelled``). ``voiceprints`` (labels, D) of a teacher
        (``teacher.load_voiceprints`` of both corpora): needed if, and only if, the config gives the teacher a weight.
        ``ranks``: which of several processes this one is.
        """
        self.config, self.validation, self.ranks = config, validation, ranks
        train = config.train
        if train.batch < ranks.count:
            raise BadInput(f"train.batch is too small for {ranks.count} processes.")
        use_torch_threads(train.threads)
        torch.manual_seed(train.seed)
        self.device = ranks.device
        self.batches = Batches(training, config, unlabelled, ranks)
        self.network = SpeakerNetwork(config.model)
        self.loss = AamSoftmax(config.model.embedding_dim, self.batches.classes, scale=train.scale)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.network = ranks.sync_batch_norms(self.network)
        self.teacher = None
        if config.teacher.weight:
            self.teacher = TeacherLoss(config.model.embedding_dim, voiceprints, config.teacher.relational)
        self.modules = nn.ModuleDict({"network": self.network, "loss": self.loss, "averaged": self.averaged})
        if self.teacher is not None:
            self.modules["teacher"] = self.teacher
        self.modules.to(self.device)
        self.learned = [p for p in self.modules.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.learned, lr=0.0, weight_decay=train.weight_decay, fused=True)
        self.step = load_state(config, self.modules, self.optimizer)
        if train.init and not self.step:
            self._start_from(train.init)
        self.objective = ranks.share_gradients(
            Objective(self.network, self.loss, self.teacher, bf16=train.precision == "bf16")
        )

    @property
    def best_network(self) -> SpeakerNetwork:
        """What is validated and shipped: the averaged weights, or the newest ones without averaging."""
        return self.averaged if self.config.train.ema else self.network

    def _start_from(self, paths: tuple[str, ...]) -> None:
        start_from(paths, self.network)
        self.averaged.load_state_dict(self.network.state_dict())
        means = class_means(self.averaged, self.batches.corpus, self.config.data.speeds, self.config.train.seed)
        self.loss.place_prototypes(means)
        if self.teacher is not None:
            self.teacher.fit(means)

    def run(self, *, until: int | None = None, show: bool = True) -> None:
        """Train to the end of the run, or up to ``until`` steps; ``show`` the progress on a terminal."""
        train, stop = self.config.train, min(until or self.config.train.steps, self.config.train.steps)
        log = RunLog(self.config.folder / "log.csv", self.step) if self.ranks.main else None
        steps: list[StepResult] = []
        seconds = 0.0
        began, eer = time.monotonic(), ""
        with tqdm(
            total=train.steps, initial=self.step, disable=not show or not self.ranks.main, unit="step", mininterval=5
        ) as bar:
            for features, labels in loader(self.batches, self.step):
                if self.step >= stop:
                    break
                result = self.learn(features.to(self.device), labels.to(self.device))
                self.step += 1
                if not self.ranks.main:
                    continue
                steps.append(result)
                seconds += train.batch * features.shape[2] / 100
                bar.update()
                saving = self.step == stop or self.step % train.checkpoint_every == 0
                if self.step == stop or self.step % train.validate_every == 0:
                    measured = self.validate()
                    eer = "" if measured is None else f"{measured:.4f}"
                if saving or self.step % train.log_every == 0:  # so that a resumed run logs the same lines
                    speed = seconds / (time.monotonic() - began)
                    mean = [float(np.mean(values)) for values in zip(*steps, strict=True)]
                    loss, teacher, accuracy = mean[0], mean[1], mean[2] / mean[3]
                    log.write(self.step, loss, teacher, accuracy, eer, train, seconds / 3600, speed)
                    bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.3f}", eer=eer or "-")
                    steps, began, seconds, eer = [], time.monotonic(), 0.0, ""
                if saving:
                    save_state(self.config, self.step, self.modules, self.optimizer)

    def learn(self, features: torch.Tensor, labels: torch.Tensor) -> StepResult:
        """One step on features (B, mels, T) with labels (B,) as ``Batches`` gives them."""
        train, ranks = self.config.train, self.ranks
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(self.step, train)
        self.network.train()
        loss, distance, correct = self.objective(features, labels, margin_at(self.step, train))
        own_labelled, own = int((labels < self.batches.classes).sum()), len(labels)
        labelled, crops = ranks.total(own_labelled, own)
        loss = loss * (own_labelled / labelled)  # this process's part of the mean over the whole batch
        distance = distance * (own / crops)
        total = loss + teacher_weight_at(self.step, train.steps, self.config.teacher) * distance
        self.optimizer.zero_grad(set_to_none=True)
        (total * ranks.count).backward()  # of the processes' gradients the mean is taken: it is that of the whole batch
        nn.utils.clip_grad_norm_(self.learned, train.clip_norm)
        self.optimizer.step()
        self._average()
        loss, distance, correct = ranks.total(float(loss.detach()), float(distance.detach()), int(correct))
        return StepResult(loss, math.nan if self.teacher is None else distance, round(correct), round(labelled))

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.config.train.ema, (1 + self.step) / (10 + self.step))  # quick while it is young
        newest = self.network.state_dict()
        for key, value in self.averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(newest[key], 1 - decay)
            else:
                value.copy_(newest[key])

    def validate(self) -> float | None:
        """EER of the shipped weights over all pairs of pieces of the held-out speakers; None without such speakers."""
        if len(self.validation) < 2:
            return None
        length = round(self.config.train.validate_s * SAMPLE_RATE)
        embeddings, speakers = embed_pieces(self.best_network, self.validation, length, limit=8)
        return equal_error_rate(*all_pairs(embeddings @ embeddings.T, speakers))[0]


@torch.no_grad()
def embed_pieces(network: SpeakerNetwork, corpus: Corpus, length: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings (n, D) of at most ``limit`` pieces of ``length`` samples of each speaker, and whose (n,)."""
    pieces = [corpus.pieces(i, length, limit) for i in range(len(corpus))]
    speakers = np.repeat(np.arange(len(corpus)), [len(of_one) for of_one in pieces])
    waves = [wave for of_one in pieces for wave in of_one]
    device, out = next(network.parameters()).device, []
    network.eval()
    for at in range(0, len(waves), 16):
        embedding = network(torch.from_numpy(np.stack(waves[at : at + 16])).to(device))
        out.append(nn.functional.normalize(embedding).cpu().numpy())
    return np.concatenate(out), speakers
