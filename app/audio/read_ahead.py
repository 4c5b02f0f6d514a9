"""A recording whose sound is read some time before it is asked for."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from app.audio.source import AudioBlock, AudioSource, SourceState, SourceStatus
from app.audio.wrapped_source import WrappedSource


class ReadAhead(WrappedSource):
    """An ``AudioSource`` that gives the blocks of ``source``, unchanged; ``fill`` shows them before.

    Only for a source that waits for its reader, such as a file. One thread reads. What reading raises is raised when
    the blocks before are given.
    """

    def __init__(self, source: AudioSource, ahead_s: float):
        """``ahead_s``: seconds of sound that are read at once."""
        super().__init__(source)
        self._ahead_s = ahead_s
        self._blocks: deque[AudioBlock] = deque()
        self._error: Exception | None = None

    @property
    def status(self) -> SourceStatus:
        """The source's; it has not ended before the last block was given."""
        status = super().status
        if status.state is SourceState.ENDED and (self._blocks or self._error):
            return replace(status, state=SourceState.RUNNING)
        return status

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``. ``min_s`` and ``max_s`` are the same each time, and those of ``fill``."""
        self.fill(min_s, max_s, timeout_s)
        if self._blocks:
            return self._blocks.popleft()
        if self._error is not None:
            raise self._error
        return None

    def fill(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> tuple[AudioBlock, ...]:
        """The blocks that ``read`` will give next, as soon as those known before are given; none until then."""
        if self._blocks or self._error is not None:
            return ()
        read_s = 0.0
        try:
            while read_s < self._ahead_s and (block := super().read(min_s, max_s, timeout_s)) is not None:
                read_s += block.end_s - block.start_s
                self._blocks.append(block)
        except Exception as error:  # a damaged file: what came before is heard first
            self._error = error
        return tuple(self._blocks)
