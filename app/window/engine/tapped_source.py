"""A source whose sound is seen by others on its way to the engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.audio.source import AudioBlock, AudioSource, SourceStatus


class TappedSource:
    """``tap(samples, start_s)`` gets each block; ``between`` is called before each read, about twice a second or more,
    also while the device is away. Both in the thread that reads.
    """

    def __init__(
        self,
        source: AudioSource,
        tap: Callable[[np.ndarray, float], None],
        between: Callable[[], None] = lambda: None,
    ):
        self.name = source.name
        self._source, self._tap, self._between = source, tap, between

    @property
    def status(self) -> SourceStatus:
        return self._source.status

    def start(self) -> None:
        self._source.start()

    def stop(self) -> None:
        self._source.stop()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        self._between()
        block = self._source.read(min_s, max_s, timeout_s)
        if block is not None:
            self._tap(block.samples, block.start_s)
        return block
