"""When the speech was that is counted in chunks: runs of it, and the pauses between them."""

from __future__ import annotations

from app.audio.vad import CHUNK_S


class SpeechRuns:
    """Grows at its end, and is forgotten from its beginning."""

    def __init__(self) -> None:
        self._runs: list[list[float]] = []  # [chunks before it, start_s, end_s]

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, before: int, start_s: float, end_s: float, *, begins: bool) -> None:
        """The next chunk, with ``before`` chunks ahead of it; ``begins``: after a pause."""
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
            piece = (start_s + (a - before) * CHUNK_S, end_s - (after - b) * CHUNK_S)
            if out and piece[0] - out[-1][1] < pause_s:
                out[-1] = (out[-1][0], piece[1])
            else:
                out.append(piece)
        return out

    def forget(self, before: int, *, last_too: bool = False) -> None:
        """Nobody asks for what was before so many chunks; ``last_too``: nor for the last run, which has ended."""
        while len(self._runs) > 1 and self._runs[1][0] <= before:
            del self._runs[0]
        if last_too:
            self._runs.clear()
