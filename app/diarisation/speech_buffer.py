"""The speech of a stream without its pauses, counted in chunks: what it sounded like, and when it was."""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

from app.audio.vad import CHUNK_S


class SpeechBuffer:
    """The sound of the newest ``kept_s`` seconds of speech."""

    def __init__(self, kept_s: float):
        self._chunks: deque[np.ndarray] = deque(maxlen=round(kept_s / CHUNK_S))
        self._heard = 0

    def append(self, chunk: np.ndarray) -> None:
        """Take in a chunk (CHUNK,) float32."""
        self._chunks.append(chunk)
        self._heard += 1

    def newest(self, count: int) -> np.ndarray:
        """(count * CHUNK,) float32: the newest chunks, fewer if there are not so many."""
        return self._joined(max(0, len(self._chunks) - count), len(self._chunks))

    def between(self, first: int, last: int) -> np.ndarray:
        """int16 (n,): the chunks from ``first`` until before ``last``, counted from the first ever, as far as kept.
        Softer where peaks are above full scale, which float recordings may have: as integers they would wrap."""
        oldest = self._heard - len(self._chunks)
        sound = self._joined(max(0, first - oldest), max(0, last - oldest))
        peak = np.abs(sound).max(initial=1.0)
        return (sound * np.float32(32767 / peak)).astype(np.int16)

    def _joined(self, start: int, stop: int) -> np.ndarray:
        parts = list(islice(self._chunks, start, stop))
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class SpeechTimes:
    """The times of speech, as runs of chunks between pauses. Grows at its end, and is forgotten from its beginning."""

    def __init__(self) -> None:
        self._runs: list[list[float]] = []  # [chunks before it, start_s, end_s]

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, before: int, start_s: float, end_s: float, *, begins: bool) -> None:
        """Take in the next chunk, with ``before`` chunks ahead of it; ``begins``: it follows a pause."""
        if begins or not self._runs:
            self._runs.append([before, start_s, end_s])
        self._runs[-1][2] = end_s

    def between(self, first: int, last: int, heard: int, pause_s: float) -> list[tuple[float, float]]:
        """(start_s, end_s) of the speech from chunk ``first`` until before ``last``, parted by pauses from ``pause_s``
        on; ``heard``: chunks in all."""
        out: list[tuple[float, float]] = []
        ends = [*(run[0] for run in self._runs[1:]), heard]
        for (before, start_s, end_s), after in zip(self._runs, ends, strict=False):
            a, b = max(first, before), min(last, after)
            if a >= b:
                continue
            start_s, end_s = start_s + (a - before) * CHUNK_S, end_s - (after - b) * CHUNK_S
            if out and start_s - out[-1][1] < pause_s:
                out[-1] = (out[-1][0], end_s)
            else:
                out.append((start_s, end_s))
        return out

    def forget(self, before: int, *, last_too: bool = False) -> None:
        """Drop the runs that end before so many chunks; ``last_too``: the last run as well, which has ended."""
        while len(self._runs) > 1 and self._runs[1][0] <= before:
            del self._runs[0]
        if last_too:
            self._runs.clear()
