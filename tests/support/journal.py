"""Shards for tests of the journal, and what is in it when some of them are."""

from __future__ import annotations

import numpy as np

from app.corpus.clips import Clip
from app.extraction.journal import Journal
from app.extraction.shard import ClipResult

WHO = {"model": "m", "sha256": "00ff" * 16, "precision": "float32", "segment_s": None, "hop_s": None}


def shard(number: int) -> tuple[list[ClipResult], np.ndarray]:
    """Two clips: one with ``number`` + 1 segments, one with an error and a name that is not UTF-8."""
    segments = tuple((k / 3, k + 1.0) for k in range(number + 1))
    clips = [
        ClipResult(Clip("", "Zoë", name=f"{number}.wav"), "ok", segments),
        ClipResult(Clip("", "bob", start_s=1.5, end_s=2.0, name=f"\udce9\0{number}.wav", repeat=number), "error: x"),
    ]
    return clips, np.random.default_rng(number).normal(size=(number + 1, 2)).astype(np.float32)


def content(journal: Journal) -> tuple[list, list]:
    """(clips with their embeddings, clips without)."""
    return [(result, vectors.tolist()) for result, vectors in journal.embedded()], list(journal.failures())


def expected(shards: int) -> tuple[list, list]:
    """The ``content`` of a journal of the first so many shards."""
    both = [shard(number) for number in range(shards)]
    return [(clips[0], vectors.tolist()) for clips, vectors in both], [clips[1] for clips, _ in both]
