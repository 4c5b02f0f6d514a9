"""Many embeddings and whose they are, for a picture: those that ``extract`` wrote."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.corpus.headings import FILE, START
from app.corpus.lists import open_list
from app.corpus.rows import Kind
from utils import BadInput, HeardError


@dataclass(frozen=True)
class Embeddings:
    """n embeddings with what is known of each."""

    vectors: np.ndarray
    """(n, D) float32 of unit length."""
    speakers: Sequence[str]
    """Whose each embedding is."""
    files: Sequence[str]
    """Where each embedding comes from, for people."""

    def __len__(self) -> int:
        return len(self.vectors)

    def sample(self, most: int, seed: int = 0) -> Embeddings:
        """At most so many of the embeddings, drawn at random, in the old order."""
        if len(self) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).choice(len(self), most, replace=False))
        return Embeddings(self.vectors[kept], [self.speakers[i] for i in kept], [self.files[i] for i in kept])


def read_extracted(folder: str | os.PathLike) -> Embeddings:
    """What ``python -m app extract`` wrote into ``folder``. Raises BadInput if that is not whole."""
    folder = Path(folder)
    try:
        # Mapped: a damaged head may claim more than memory holds, but not more than the file has.
        vectors = np.array(np.load(folder / "embeddings.npy", mmap_mode="r", allow_pickle=False))
        labels = np.array(np.load(folder / "labels.npy", mmap_mode="r", allow_pickle=False))
    except FileNotFoundError as error:
        raise BadInput(
            f"{error.filename}: no such file; `python -m app extract MANIFEST --out DIR` writes it."
        ) from None
    except Exception:  # what NumPy raises of a damaged head has no common base
        raise BadInput(f"{folder}: damaged or foreign arrays; extract them again.") from None
    if vectors.ndim != 2 or labels.ndim != 1 or len(vectors) != len(labels) or not vectors.size:
        raise BadInput(f"{folder}: embeddings.npy and labels.npy do not go together; extract them again.")
    if vectors.dtype.kind != "f" or not np.isfinite(vectors).all():
        raise BadInput(f"{folder}: some embeddings are not numbers; extract them again.")
    speakers = [str(label) for label in labels]
    return Embeddings(vectors, speakers, _files(folder / "index.csv", len(vectors)) or speakers)


def _files(index: Path, count: int) -> list[str]:
    """Path and time of each embedding; empty where the index is missing or does not fit."""
    try:
        rows = open_list(index, Kind("index", (FILE,), (START,))).rows()
        files = [f"{row[FILE]} {float(row[START] or 0):.1f} s" for _, row, _ in rows if row.get("status") == "ok"]
    except (HeardError, OSError, ValueError, KeyError):
        return []
    return files if len(files) == count else []
