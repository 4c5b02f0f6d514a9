"""Recorded sound is known before it is heard: windows of speech are embedded several at a time.

Which windows the recogniser will ask for depends on its decisions, but when it asks does not: the moments of its
updates follow from where there is speech (``SpeechGate``). So a window that is asked for is embedded together with
those of the same length that end at the next moments; the few of them that nobody asks for then cost less than the rest
saves. The answers are the same. Without ``LookAhead.prepare`` every window is embedded when it is asked for: live,
nothing is known before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.vad import CHUNK, CHUNK_S
from app.diarisation.speech_gate import GatedBlock
from app.embedding.encoder import Encoder
from app.embedding.windows import Span


@dataclass(frozen=True)
class LookAheadConfig:
    """How far recorded sound is looked into."""

    read_s: float = 30.0
    """Sound that is taken in at once."""
    batch_s: float = 6.0
    """Sound in one run of the network: many short windows, or two long ones."""


@dataclass(frozen=True)
class _Moment:
    """An update that will come."""

    heard: int
    """Chunks of speech until then."""
    turn: int
    """Chunks of speech before the pause that ended every turn before it: no window reaches back beyond."""
    odd: bool
    """Whether it is the first, third, fifth ... update."""


class LookAhead:
    """The embeddings of the windows that end at each update."""

    def __init__(self, encoder: Encoder, onset_pause_s: float, finished_after_s: float, config: LookAheadConfig):
        """There is an update at the end of each block and of each pause of ``onset_pause_s``; one of
        ``finished_after_s`` ends all turns."""
        self.config = config
        self._encoder = encoder
        self._onset_pause_s, self._finished_after_s = onset_pause_s, finished_after_s
        self._moments: list[_Moment] = []
        self._speech = encoder.windows()
        self._heard = self._updated = self._turn = 0
        self._silence_s = np.inf
        self._odd = False
        self._vectors: dict[int, dict[int, np.ndarray]] = {}  # chunks of a window -> its end -> embedding
        self._overlaps: dict[int, bool] = {}

    # ------------------------------------------------------------ what will come

    def prepare(self, blocks: Sequence[GatedBlock], kept: int) -> None:
        """Take in what will be heard next. ``kept``: chunks of speech before now that a window may reach back to."""
        done = self._moments[-1].heard if self._moments else 0
        self._moments = [moment for moment in self._moments if moment.heard >= done]
        self._speech.forget(CHUNK * max(0, self._heard - kept))
        for table in (*self._vectors.values(), self._overlaps):
            for heard in [heard for heard in table if heard < done]:
                del table[heard]
        for block in blocks:
            self._take(block)
        if speech := [chunk.samples for block in blocks for chunk in block.chunks if chunk.speech]:
            self._speech.append(np.concatenate(speech))

    def _take(self, block: GatedBlock) -> None:
        """The same steps as those of ``Recogniser.step``, as far as it updates."""
        if block.gap_s:
            self._silence_s += block.gap_s
            self._turn = self._heard
        for chunk in block.chunks:
            if not chunk.speech:
                self._silence_s += CHUNK_S
                continue
            if self._silence_s >= self._onset_pause_s:
                self._update()
            self._silence_s = 0.0
            self._heard += 1
        self._update()
        if self._silence_s >= self._finished_after_s:
            self._turn = self._heard

    def _update(self) -> None:
        if self._heard > self._updated:
            self._odd, self._updated = not self._odd, self._heard
            self._moments.append(_Moment(self._heard, self._turn, self._odd))

    # ------------------------------------------------------------ what is asked for

    def embed(self, heard: int, lengths: Sequence[int]) -> np.ndarray | None:
        """(n, D) of unit length: embeddings of the newest ``lengths`` (n,) chunks of the first ``heard``; None if this
        moment was not foreseen."""
        at = self._find(heard)
        if at is None:
            return None
        for length in lengths:
            if heard not in self._vectors.setdefault(length, {}):
                self._embed_from(at, length)
        return np.stack([self._vectors[length][heard] for length in lengths])

    def overlap(self, heard: int, length: int) -> bool | None:
        """Whether two people speak at once in the newest ``length`` chunks; None if this moment was not foreseen."""
        at = self._find(heard)
        if at is None:
            return None
        if heard not in self._overlaps:
            odd = self._moments[at].odd
            some = [moment.heard for moment in self._moments[at:] if moment.odd == odd][: self._batch(length)]
            _, found = self._speech.embed_with_overlap([_span(end, length) for end in some])
            self._overlaps.update(zip(some, map(self._encoder.is_overlap, found), strict=True))
        return self._overlaps[heard]

    def _find(self, heard: int) -> int | None:
        at = bisect_left(self._moments, heard, key=lambda moment: moment.heard)
        return at if at < len(self._moments) and self._moments[at].heard == heard else None

    def _embed_from(self, at: int, length: int) -> None:
        """Embed the windows of a length that end at this moment and the next ones."""
        turn = self._moments[at].turn
        ends = [moment.heard for moment in self._moments[at : at + self._batch(length)] if moment.turn == turn]
        vectors = self._speech.embed([_span(end, length) for end in ends])
        self._vectors[length].update(zip(ends, vectors, strict=True))

    def _batch(self, length: int) -> int:
        return max(2, int(self.config.batch_s / (length * CHUNK_S)))


def _span(end: int, length: int) -> Span:
    """The samples of the newest ``length`` chunks of the first ``end``."""
    return CHUNK * (end - length), CHUNK * end
