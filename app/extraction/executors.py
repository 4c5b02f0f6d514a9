"""Where shards are computed: on all cores of this machine, or on a Ray cluster (``ray_executor.py``)."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from app.corpus.clips import Clip
from app.extraction.shard import SegmentConfig, ShardResult, embed_shard
from app.threads import available_cores

if TYPE_CHECKING:
    from app.embedding.encoder import Encoder

Shard = Sequence[Clip]
Ticket = TypeVar("Ticket")


class Executor(Protocol):
    """Computes shards, several at a time. ``model_id``, ``sha256`` and ``dim`` are the model's."""

    model_id: str
    sha256: str
    dim: int
    precision: str
    """As ``Encoder.precision``."""

    def run(self, shards: Iterable[Shard], segments: SegmentConfig) -> Iterator[ShardResult]:
        """The result of each shard, in the order of the shards. Takes shards only as fast as they are done."""


class LocalExecutor:
    """Threads of this process, each with a shard of its own: while one decodes, another has the network.

    Sound files, resampling and the network's arithmetic leave Python's lock alone, so threads do use all cores, and
    share one copy of the weights. A GPU serves them one at a time.
    """

    def __init__(self, encoder: Encoder, workers: int | None = None):
        """``workers``: None for as many as there are cores (on a GPU at least 4, to decode for it)."""
        self.encoder = encoder
        self.model_id, self.sha256, self.dim = encoder.model_id, encoder.sha256, encoder.dim
        self.precision = encoder.precision
        on_cpu = encoder.device == "cpu"
        self.workers = workers or max(available_cores(), 1 if on_cpu else 4)
        self._lock = contextlib.nullcontext() if on_cpu else threading.Lock()

    def run(self, shards: Iterable[Shard], segments: SegmentConfig) -> Iterator[ShardResult]:
        stop = threading.Event()

        def compute(shard: Shard) -> ShardResult:
            name = threading.current_thread().name
            return embed_shard(self.encoder, shard, segments, worker=name, lock=self._lock, stop=stop)

        with ThreadPoolExecutor(self.workers, "worker") as pool:
            try:
                yield from in_order(shards, 4 * self.workers, lambda shard: pool.submit(compute, shard), _result)
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)


def _result(future) -> ShardResult:
    return future.result()


def in_order(
    shards: Iterable[Shard], most: int, start: Callable[[Shard], Ticket], wait: Callable[[Ticket], ShardResult]
) -> Iterator[ShardResult]:
    """Start shards, at most ``most`` ahead of the one that is waited for, and give their results in their order."""
    waiting: deque[Ticket] = deque()
    for shard in shards:
        waiting.append(start(shard))
        if len(waiting) == most:
            yield wait(waiting.popleft())
    while waiting:
        yield wait(waiting.popleft())
