"""A teacher: a network that learned from thousands of people says where each voice of the training speech lies.

The teacher embeds clean speech, all that there is of a voice. The student embeds short, changed crops of it; after a
linear projection these embeddings have to lie in the teacher's direction. Who speaks need not be known for that, so
unlabelled speech counts, and a voice played at another speed is another voice to the teacher as well.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from app.audio.acoustics import change_speed
from app.embedding.encoder import Embed
from app.training.corpus import Corpus
from utils import SAMPLE_RATE, atomic_write

LONGEST_S, PIECE_S = 24.0, 3.0
"""Most speech of a voice that the teacher embeds, and the length of the pieces that it is made of."""


def load_voiceprints(
    corpora: Sequence[Corpus],
    speeds: tuple[float, ...],
    load_teacher: Callable[[], Embed],
    cache: str | os.PathLike,
    progress=None,
    name: str = "resemblyzer",
    longest_s: float = LONGEST_S,
) -> np.ndarray:
    """The teacher's voiceprints (n, D) float32 of each speaker at each speed, in the order of ``Batches``' labels.

    Computed on first use into ``cache``, a file for each corpus and ``name`` of a teacher. ``progress``: a tqdm-like
    wrapper for an iterable. ``longest_s``: most seconds of a voice that are embedded.
    """
    load_teacher = functools.cache(load_teacher)
    asked = (load_teacher, Path(cache), progress, name, longest_s)
    return np.concatenate([_of_corpus(corpus, speeds, *asked) for corpus in corpora])


def _of_corpus(
    corpus: Corpus,
    speeds: tuple[float, ...],
    load_teacher: Callable[[], Embed],
    cache: Path,
    progress,
    name: str,
    longest_s: float,
) -> np.ndarray:
    records = [astuple(speaker) for speaker in corpus.speakers]
    key = hashlib.sha256(repr((records, speeds, longest_s, PIECE_S)).encode()).hexdigest()[:16]
    path = cache / f"{key}.{name}.npy"
    if not path.is_file():
        voices = [(speaker, speed) for speed in speeds for speaker in range(len(corpus))]
        teacher = load_teacher()
        sounds = (_voice(corpus, *of_one, longest_s) for of_one in (progress(voices) if progress else voices))
        voiceprints = np.stack([teacher(sound) for sound in sounds])
        with atomic_write(path) as file:
            np.save(file, voiceprints.astype(np.float32))
    return np.load(path)


def _voice(corpus: Corpus, speaker: int, speed: float, longest_s: float) -> np.ndarray:
    """All speech of a speaker, or ``longest_s`` from all over it, at another speed."""
    length, piece = sum(corpus.speakers[speaker].lengths), round(PIECE_S * SAMPLE_RATE)
    whole = length <= longest_s * SAMPLE_RATE
    pieces = corpus.pieces(speaker, length, 1) if whole else corpus.pieces(speaker, piece, int(longest_s / PIECE_S))
    voice = np.concatenate(pieces)
    return change_speed(voice, round(len(voice) / speed))


class TeacherLoss(nn.Module):
    """How far projected embeddings lie from the teacher's voiceprints: 1 - cosine, 0 to 2; and how far the cosines
    between the embeddings of a batch are from those between their voiceprints (relational distillation, Park et al.
    2019): their mean square difference, in the space where scores are made.

    The mean over all voices is taken from the voiceprints, as it says nothing about who speaks.
    """

    def __init__(self, embedding_dim: int, voiceprints: np.ndarray, relational: float = 0.0):
        """``voiceprints``: (n, D), the one of label i in row i. ``relational``: weight of the cosines."""
        super().__init__()
        self.relational = relational
        targets = torch.from_numpy(voiceprints).float()
        targets = functional.normalize(targets - targets.mean(dim=0))
        self.register_buffer("targets", targets, persistent=False)
        self.project = nn.Linear(embedding_dim, targets.shape[1], bias=False)

    def forward(self, embedding: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """The mean over embeddings (B, embedding_dim) of the voices ``label`` (B,)."""
        unit, target = functional.normalize(embedding.float()), self.targets[label]
        distance = 1 - (functional.normalize(self.project(unit)) * target).sum(dim=1).mean()
        if not self.relational:
            return distance
        apart = label[:, None] != label
        return distance + self.relational * (unit @ unit.T - target @ target.T)[apart].square().mean()

    @torch.no_grad()
    def fit(self, embeddings: torch.Tensor) -> None:
        """Set the projection to the least-squares map from unit embeddings (m, embedding_dim) of the first m voices."""
        solution = torch.linalg.lstsq(embeddings, self.targets[: len(embeddings)].to(embeddings.device)).solution
        self.project.weight.copy_(solution.T)
