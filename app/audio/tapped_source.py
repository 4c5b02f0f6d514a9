"""A source whose sound is seen by others on its way to the engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.audio.source import AudioBlock, AudioSource, SourceStatus


class TappedSource:
    """``tap(samples, start_s)`` gets each block, in the thread that reads."""

    def __init__(self, source: AudioSource, tap: Callable[[np.ndarray, float], None]):
        self.name = source.name
        self._source, self._tap = source, tap

    @property
    def status(self) -> SourceStatus:
        return self._source.status

    def start(self) -> None:
        self._source.start()

    def stop(self) -> None:
        self._source.stop()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        block = self._source.read(min_s, max_s, timeout_s)
        if block is not None:
            self._tap(block.samples, block.start_s)
        return block
