"""A file, or any stream of blocks, as if it were a microphone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.audio.backlog import Backlog, sample_counts
from app.audio.reading.opening import STDIN
from app.audio.reading.reader import stream_audio
from app.audio.source import AudioBlock, SourceState, SourceStatus
from utils import SAMPLE_RATE


class StreamSource:
    """An ``AudioSource`` of blocks (n,) float32 at 16 kHz that an iterator gives.

    Only as much is held as a ``read`` asks for: hours need no more memory than seconds. Each block comes as soon as it
    is asked for, ``min_s`` long, and nothing is skipped; with ``realtime`` sound becomes available at the pace of the
    wall clock, and a slow reader loses the oldest of it, as with a microphone.
    """

    def __init__(self, name: str, blocks: Iterator[np.ndarray], *, realtime: bool = False, recorded: bool = False):
        """``recorded``: all sound is there already: nobody minds if some of it is read long before it is heard."""
        self.name, self.realtime = name, realtime
        self.recorded = recorded and not realtime
        self._blocks = blocks
        self._backlog = Backlog()
        self._began: float | None = None
        self._exhausted = False
        self._ended = threading.Event()
        self._reading = threading.Lock()  # whoever holds it may ask the iterator

    @property
    def status(self) -> SourceStatus:
        state = SourceState.RUNNING
        if self._ended.is_set():
            state = SourceState.ENDED
        elif self._began is None:
            state = SourceState.WAITING
        return SourceStatus(state, device=self.name, rate=SAMPLE_RATE, dropped_s=self._backlog.dropped_s)

    @property
    def notices(self) -> tuple[str, ...]:
        """Lines for the user about what is odd with the sound; complete at its end."""
        return tuple(getattr(self._blocks, "notices", ()))

    def start(self) -> None:
        """Begin: with ``realtime`` the clock runs from here."""
        if self._began is None:
            self._began = time.monotonic()

    def stop(self) -> None:
        """End it and close the file; safe to call twice and from another thread."""
        self._ended.set()
        with self._reading:
            if close := getattr(self._blocks, "close", None):
                close()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``. Raises BadInput where a file turns out to be damaged."""
        if self._began is None:
            raise RuntimeError("start() comes before read()")
        least, most = sample_counts(min_s, max_s)
        deadline = time.monotonic() + timeout_s
        while not self._ended.is_set():
            with self._reading:
                ready = self._fetch(self._due() if self.realtime else least, most)
                over = self._exhausted and ready == len(self._backlog)
                if ready >= least or (over and ready):
                    return self._backlog.take(ready)
                if over:
                    self._ended.set()
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            self._ended.wait(min(left_s, (least - ready) / SAMPLE_RATE))
        return None

    def _due(self) -> int:
        """Samples that a microphone would have heard by now, from the start of the backlog."""
        return max(0, int((time.monotonic() - self._began - self._backlog.start_s) * SAMPLE_RATE))

    def _fetch(self, due: int, most: int) -> int:
        """Hold the newest of the ``due`` samples, at most ``most``; how many they are."""
        while True:
            ready = min(due, len(self._backlog))
            if ready > most:
                self._backlog.drop(ready - most)
                due -= ready - most
                ready = most
            if due <= len(self._backlog) or self._exhausted or self._ended.is_set():
                return ready
            block = next(self._blocks, None)
            if block is None:
                self._exhausted = True
            else:
                self._backlog.append(block)


class FileSource(StreamSource):
    """An audio file. Raises BadInput at once if it cannot be read.

    ``channel``: 1 is the first; None mixes all. ``pipes``: a pipe, or "-" for standard input, is read to its end first;
    else it is refused.
    """

    def __init__(
        self, path: str | os.PathLike, *, realtime: bool = False, channel: int | None = None, pipes: bool = False
    ):
        name = "standard input" if os.fspath(path) == STDIN else Path(path).name
        blocks = stream_audio(path, channel=channel, pipes=pipes)
        super().__init__(name, blocks, realtime=realtime, recorded=True)
