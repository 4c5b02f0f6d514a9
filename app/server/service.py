"""What the handlers work with: one model for everybody, the people on disk, and threads for what takes its time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from fastapi import Request

from app.embedding.batching import BatchingEncoder
from app.embedding.encoder import Encoder
from app.scoring.decision import DecisionRule
from app.scoring.gallery import Gallery
from app.server.config import DEFAULTS, ServerConfig
from app.voiceprints.store import VoiceprintStore

Answer = TypeVar("Answer")


class Service:
    """One per server. Every method may be called from any thread, but none from the event loop except ``run_job``."""

    def __init__(self, encoder: Encoder, data: Path, config: ServerConfig = DEFAULTS, threshold: float | None = None):
        self.encoder = BatchingEncoder(encoder)
        self.data, self.config = data, config
        self.rule: DecisionRule = encoder.rule(threshold)
        self.writing = threading.Lock()
        """Held by whoever changes people or their recordings: files and database change together."""
        self.stopping = threading.Event()
        self._pool = ThreadPoolExecutor(config.jobs, thread_name_prefix="job")
        self._reader = VoiceprintStore(data)  # reads only, so that its version tells of every change
        self._reading = threading.Lock()
        self._gallery: Gallery | None = None
        self._version = -1

    def store(self) -> VoiceprintStore:
        """A store of one's own, for one thread; use it in a ``with``. SQLite keeps several in order."""
        return VoiceprintStore(self.data)

    def gallery(self) -> Gallery:
        """The enrolled people as they are now, whoever changed them; the same object while nothing did."""
        with self._reading:
            version = self._reader.version()
            if self._gallery is None or version != self._version:
                model = self.encoder
                self._gallery = self._reader.gallery(model.sha256, model.cohort, model.dim)
                self._version = version
            return self._gallery

    async def run_job(self, job: Callable[[], Answer]) -> Answer:
        """Run a job that takes long in a thread; at most ``config.jobs`` run at once."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    def close(self) -> None:
        """Let running jobs know, wait for them, and close the database."""
        self.stopping.set()
        self._pool.shutdown(cancel_futures=True)
        self.encoder.close()
        with self._reading:
            self._reader.close()


def service_of(request: Request) -> Service:
    """The server's Service, for handlers."""
    return request.app.state.service
