"""Windows of many streams in one batch: one thread that computes them at once costs less than many in turn."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from app.embedding.encoder import MIN_SAMPLES, Encoder
from app.embedding.windows import Windows
from utils import BadInput, HeardError


@dataclass
class _Request:
    """Signals whose embeddings one thread waits for."""

    signals: Sequence[np.ndarray]
    out: np.ndarray
    overlap: np.ndarray
    taken: int = 0
    """Signals that were computed or are being computed."""
    done: int = 0
    """Signals that were computed."""
    future: Future[tuple[np.ndarray, np.ndarray]] = field(default_factory=Future)


class BatchingEncoder:
    """An ``Encoder`` for many threads at a time.

    It has the same ``embed`` and ``embed_with_overlap``, of one signal or a batch; everything else is passed on.

    One thread computes. While it is busy requests gather; then it takes some of each, so that nobody waits for a long
    upload, and signals of one length share a batch (``Encoder.embed_batch``). Nothing waits for a batch to fill.
    """

    def __init__(self, encoder: Encoder, max_batch: int = 16):
        """``max_batch``: signals in one run."""
        self.encoder, self.max_batch = encoder, max_batch
        self.runs = 0
        """Times that the network was asked."""
        self.signals = 0
        """Signals that it was given in all."""
        self._waiting: list[_Request] = []
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def __getattr__(self, name: str) -> object:
        return getattr(self.encoder, name)

    def embed(self, samples: np.ndarray) -> np.ndarray:
        """See ``Encoder.embed``. Waits for the answer; raises HeardError if the server is being stopped."""
        return self.embed_batch([samples])[0]

    def embed_batch(self, signals: Sequence[np.ndarray]) -> np.ndarray:
        """See ``Encoder.embed_batch``."""
        return self.embed_batch_with_overlap(signals)[0]

    def embed_with_overlap(self, samples: np.ndarray) -> tuple[np.ndarray, bool]:
        """See ``Encoder.embed_with_overlap``."""
        vectors, overlap = self.embed_batch_with_overlap([samples])
        return vectors[0], self.encoder.is_overlap(overlap[0])

    def embed_batch_with_overlap(self, signals: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See ``Encoder.embed_batch_with_overlap``."""
        if any(len(signal) < MIN_SAMPLES for signal in signals):  # here: a bad one must not spoil others' batch
            raise BadInput("sound of less than 0.1 s is too short for a voice.")
        out = np.empty((len(signals), self.encoder.dim), np.float32)
        overlap = np.full(len(signals), np.nan, np.float32)
        if not len(signals):
            return out, overlap
        request = _Request(signals, out, overlap)
        with self._changed:
            if self._closed:
                raise HeardError("the server is stopping.")
            self._waiting.append(request)
            self._changed.notify()
        return request.future.result()

    def windows(self) -> Windows:
        """See ``Encoder.windows``: windows of many streams share batches, and so not their spectra."""
        return Windows(self)

    def close(self) -> None:
        """Finish what is asked, refuse what comes later."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                taken = self._take()
            try:
                vectors, overlap = self.encoder.embed_batch_with_overlap([signal for _, _, signal in taken])
            except Exception as error:  # whoever asked is told
                self._fail({id(request): request for request, _, _ in taken}, error)
                continue
            self.runs, self.signals = self.runs + 1, self.signals + len(taken)
            for (request, index, _), vector, both in zip(taken, vectors, overlap, strict=True):
                request.out[index], request.overlap[index] = vector, both
                request.done += 1
                if request.done == len(request.signals):
                    request.future.set_result((request.out, request.overlap))

    def _take(self) -> list[tuple[_Request, int, np.ndarray]]:
        """Signals for one run: an equal share of each request, the oldest request first."""
        taken: list[tuple[_Request, int, np.ndarray]] = []
        share = max(1, self.max_batch // len(self._waiting))
        for request in self._waiting[: self.max_batch]:
            upto = min(len(request.signals), request.taken + share)
            taken += [(request, index, request.signals[index]) for index in range(request.taken, upto)]
            request.taken = upto
        unfinished = [request for request in self._waiting if request.taken < len(request.signals)]
        served, left = {id(request) for request, _, _ in taken}, unfinished
        # whoever was served goes behind those who were not
        self._waiting = [r for r in left if id(r) not in served] + [r for r in left if id(r) in served]
        return taken

    def _fail(self, requests: dict[int, _Request], error: Exception) -> None:
        with self._changed:
            self._waiting = [request for request in self._waiting if id(request) not in requests]
        for request in requests.values():
            request.future.set_exception(error)
