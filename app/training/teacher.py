"""A teacher: a network that has heard thousands of people says where each voice of the training speech lies.

The teacher hears clean speech, all that there is of a voice; the student hears short, changed crops of it and has to
point, after a linear projection, in the same direction. Who speaks need not be known for that, so unlabelled speech
counts, and a voice played at another speed is another voice to the teacher as well.
"""

from __future__ import annotations

import dataclasses
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

from app.evaluation.references import Embed
from app.training.augment import Augmenter, change_speed
from app.training.corpus import Corpus
from app.training.voices import Voices
from app.training.warm_start import embed_crops
from model import SpeakerNetwork
from utils import SAMPLE_RATE, atomic_write

LONGEST_S, PIECE_S = 24.0, 3.0
"""The teacher hears at most so much of a voice, in pieces of so much from all over it."""
LONGEST_IMAGINED_S = 9.0
"""The same for a voice with moved formants, of which there are many."""
FIT_S = 2.0
"""Of the crops that the teacher's components are first fitted on."""
RIDGE = 0.3
"""Penalty of that fit, a part of the number of crops: the inputs have a variance of about 1."""


def load_voiceprints(
    voices: Sequence[Voices], load_teacher: Callable[[], Embed], cache: str | os.PathLike, progress=None
) -> np.ndarray:
    """The teacher's voiceprints (n, D) float32, one for each voice in the order of ``Batches``' labels.

    Computed on first use into ``cache``, a file for each item of ``voices``. ``progress``: a tqdm-like wrapper for an
    iterable.
    """
    load_teacher = functools.cache(load_teacher)
    return np.concatenate([_of_corpus(some, load_teacher, Path(cache), progress) for some in voices])


def _of_corpus(voices: Voices, load_teacher: Callable[[], Embed], cache: Path, progress) -> np.ndarray:
    corpus, formants = voices.corpus, voices.formants
    records = [astuple(speaker) for speaker in corpus.speakers]
    longest_s = LONGEST_S if formants == 1 else LONGEST_IMAGINED_S
    key = hashlib.sha256(repr((records, voices.speeds, formants, longest_s, PIECE_S)).encode()).hexdigest()[:16]
    path = cache / f"{key}.teacher.npy"
    if not path.is_file():
        heard = [(speaker, speed) for speed in voices.speeds for speaker in range(len(corpus))]
        teacher = load_teacher()
        sounds = (_voice(corpus, *of_one, longest_s) for of_one in (progress(heard) if progress else heard))
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
    """How far projected embeddings point away from the teacher's voiceprints: 1 - cosine, 0 to 2.

    The mean over all voices is taken from the voiceprints, as it says nothing about who speaks.
    """

    def __init__(self, embedding_dim: int, voiceprints: np.ndarray, dims: int = 0):
        """``voiceprints``: (n, D), the one of label i in row i.

        ``dims``: the last so many components of an embedding are the teacher's own: they point where it says, in the
        ``dims`` dimensions in which it tells voices apart the most. 0: all do, after a projection that is learned.
        """
        super().__init__()
        targets = torch.from_numpy(voiceprints).float()
        targets = functional.normalize(targets - targets.mean(dim=0))
        if dims:
            targets = functional.normalize(targets @ principal_axes(targets, dims))
        self.dims = dims
        self.register_buffer("targets", targets, persistent=False)
        self.project = nn.Linear(embedding_dim, targets.shape[1], bias=False) if not dims else None

    def forward(self, embedding: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """The mean over embeddings (B, embedding_dim) of the voices ``label`` (B,)."""
        if self.project is None:
            said = embedding[:, -self.dims :].float()
        else:
            said = self.project(functional.normalize(embedding.float()))
        return 1 - (functional.normalize(said) * self.targets[label]).sum(dim=1).mean()

    @torch.no_grad()
    def fit(self, embeddings: torch.Tensor) -> torch.Tensor:
        """The least-squares map (D, embedding_dim) from unit embeddings (m, embedding_dim) of the first m voices to
        what the teacher says of them; the projection, if there is one, is set to it."""
        solution = torch.linalg.lstsq(embeddings, self.targets[: len(embeddings)].to(embeddings.device)).solution.T
        if self.project is not None:
            self.project.weight.copy_(solution)
        return solution


def principal_axes(directions: torch.Tensor, count: int) -> torch.Tensor:
    """The ``count`` axes (D, count) along which unit vectors (n, D) differ the most, each with its largest entry
    positive: the same on every machine."""
    axes = torch.linalg.eigh((directions.T @ directions).double()).eigenvectors.flip(1)[:, :count]
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    return (axes * largest.sign()).float()


@torch.no_grad()
def fit_components(
    network: SpeakerNetwork, voices: Sequence[Voices], targets: torch.Tensor, augment: Augmenter, seed: int
) -> None:
    """Set the last components of a network's embeddings to the best linear guess at what the teacher says.

    Ridge regression from the normalised statistics that the network pools over crops of all ``voices``, every second
    one as a microphone might have heard it, to ``targets`` (labels, k).
    """
    rng, backbone = np.random.default_rng(seed), network.backbone
    length, device, first = round(FIT_S * SAMPLE_RATE), next(network.parameters()).device, 0
    inputs = backbone.fc.in_channels
    gram, mixed = torch.zeros(inputs + 1, inputs + 1), torch.zeros(inputs + 1, targets.shape[1])
    network.eval()
    for some in voices:
        heard = [(speaker, speed) for speed in some.speeds for speaker in range(len(some.corpus)) for _ in range(2)]
        for at in range(0, len(heard), 32):
            waves = []
            for number, (speaker, speed) in enumerate(heard[at : at + 32]):
                wave = change_speed(some.corpus.crop(speaker, round(length * speed), rng), length)
                waves.append(augment(wave, rng) if number % 2 else wave)
            features = network.front(torch.from_numpy(np.stack(waves)).to(device))
            pooled = backbone.asp_bn(backbone.pooled(features)).cpu()
            seen = torch.cat([pooled, torch.ones(len(pooled), 1)], dim=1)
            labels = first + torch.arange(at, at + len(seen)) // 2
            gram += seen.T @ seen
            mixed += seen.T @ targets[labels].cpu()
        first += len(some)
    penalty = torch.full((inputs + 1,), RIDGE * float(gram[-1, -1]))
    penalty[-1] = 1e-3  # the offset is free
    solution = torch.linalg.solve(gram.double() + penalty.diag(), mixed.double()).float().T
    backbone.fc.weight[-len(solution) :, :, 0] = solution[:, :-1]
    backbone.fc.bias[-len(solution) :] = solution[:, -1]


@torch.no_grad()
def fold_components(network: SpeakerNetwork, corpus: Corpus, count: int, share: float, seed: int) -> None:
    """Make one embedding of a finished network's two kinds of components, as long as without the teacher's ``count``.

    These are scaled to ``share`` of the squared length, on average over clean crops of ``corpus``; then all are turned
    onto the axes along which these crops differ the most. What is left out by that is next to nothing, so cosines are
    as they were.
    """
    crops = torch.cat(list(embed_crops(network, corpus, 1.0, np.random.default_rng(seed))))
    own, taught = (part.norm(dim=1).mean() for part in (crops[:, :-count], crops[:, -count:]))
    scale = torch.ones(crops.shape[1])
    scale[-count:] = own / taught * (share / (1 - share)) ** 0.5
    dims = crops.shape[1] - count
    turn = principal_axes(functional.normalize(crops * scale), dims).T * scale
    layer = network.backbone.fc
    folded = nn.Conv1d(layer.in_channels, dims, 1)
    folded.weight.copy_((turn @ layer.weight[:, :, 0])[:, :, None])
    folded.bias.copy_(turn @ layer.bias)
    network.backbone.fc = folded
    network.arch = dataclasses.replace(network.arch, embedding_dim=dims)
