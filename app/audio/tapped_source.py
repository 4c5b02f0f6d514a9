"""A source that keeps a copy of what it gives: for whoever shows the sound that another one listens to."""

from __future__ import annotations

from app.audio.source import AudioBlock, AudioSource
from app.audio.wrapped_source import WrappedSource


class TappedSource(WrappedSource):
    """An ``AudioSource`` that gives the sound of ``source``, and the same blocks once more to ``taken``.

    For one thread: who reads is who takes, between two reads. Blocks that nobody takes are kept, so take them often.
    """

    def __init__(self, source: AudioSource):
        super().__init__(source)
        self.recorded = getattr(source, "recorded", False)
        self._blocks: list[AudioBlock] = []

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``."""
        block = super().read(min_s, max_s, timeout_s)
        if block is not None:
            self._blocks.append(block)
        return block

    def taken(self) -> list[AudioBlock]:
        """The blocks that were read since this was called last, the oldest first."""
        blocks, self._blocks = self._blocks, []
        return blocks
