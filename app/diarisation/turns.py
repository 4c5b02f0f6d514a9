"""The most likely path of the forward filter, cut into turns: those that are finished, and those that may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.audio.vad import CHUNK_S
from app.diarisation.forward_filter import ForwardFilter, Segment
from app.diarisation.speech_buffer import SpeechTimes
from app.diarisation.turn_history import EmbeddedTurn
from app.scoring.cohort import unit
from app.scoring.labels import UNKNOWN, Label


@dataclass(frozen=True)
class TurnConfig:
    """When a turn is finished."""

    finished_after_s: float = 1.0
    """Time after its end at which a turn is finished: only hindsight may still change its label."""
    longest_s: float = 15.0
    """Speech without a pause after which the first part of a turn that goes on is finished, too."""
    link_cosine: float = 0.42
    """Cosine from which on two neighbouring stretches of unknown speech are one turn."""


@dataclass(frozen=True)
class FinishedTurn:
    """A turn that has ended, or the first part of a long one."""

    label: Label
    """Whose it was, as far as is known from it and its neighbours."""
    segments_s: list[tuple[float, float]]
    """(start, end) of its speech in seconds, in order of time; not empty."""
    first: int
    """Chunks of speech before it."""
    last: int
    """Chunks of speech until its end."""
    embedded: EmbeddedTurn | None
    """Its embedding; None if there is too little speech for one, or none that can be compared."""


class TurnCutter:
    """``push`` every chunk through it to the filter, ask for the ``unfinished`` turns, and ``pop_finished`` ones."""

    def __init__(self, forward_filter: ForwardFilter, longest_window: int, config: TurnConfig = TurnConfig()):
        """``longest_window``: chunks of the most speech that is embedded at once; no turn is split before it."""
        self.config = config
        self._filter, self._longest_window = forward_filter, longest_window
        self.times = SpeechTimes()
        """The times of the speech that is not finished yet."""

    def push(self, seconds: float, *, speech: bool, end_s: float) -> None:
        """Let time pass until ``end_s``, with speech (one chunk of it) or without."""
        if speech:
            self.times.add(self._filter.heard, end_s - seconds, end_s, begins=self._filter.silence_s > 0)
        self._filter.push(seconds, speech=speech)

    def unfinished(self, shown: Label | None) -> list[tuple[list[tuple[float, float]], Label | None]]:
        """The turns that are not finished, as they now look: (start, end) of their speech in seconds, and the label.

        ``shown``: the label on the screen. While there is none, a present turn that is unknown has none either.
        """
        turns = [(self._segments_s(group[0].first, group[-1].last), group[-1].label) for group in self._grouped()]
        if turns and shown is None and turns[-1][1] == UNKNOWN:
            turns[-1] = (turns[-1][0], None)
        return turns

    def pop_finished(self, *, everything: bool = False) -> list[FinishedTurn]:
        """The turns that ended long enough ago, or all; each is given once, in order of time."""
        groups = self._grouped()
        if everything or self._filter.silence_s >= self.config.finished_after_s:
            return self._finish(groups)
        recent = self._filter.heard - round(self.config.finished_after_s / CHUNK_S)
        finished = [group for group in groups[:-1] if group[-1].last <= recent]
        if not finished and groups and (cut := self._split(groups[-1][-1], recent)):
            finished = [[replace(groups[-1][-1], last=cut)]]
        return self._finish(finished)

    def _split(self, segment: Segment, recent: int) -> int | None:
        """Chunk until which a turn that goes on is finished: its last pause, or anywhere if it is very long."""
        if segment is not self._filter.path[0]:
            return None
        if self._filter.heard - segment.first > self.config.longest_s / CHUNK_S:
            self._filter.allow_split()
        splits = self._filter.splits(segment.first + self._longest_window, recent)
        return splits[-1] if splits and segment.hypothesis.pooled_at(splits[-1]) else None

    def _grouped(self) -> list[list[Segment]]:
        """The path, neighbours of one label together; of unknown voices only those that sound alike."""
        groups: list[list[Segment]] = []
        for segment in self._filter.path:
            before = groups[-1][-1] if groups else None
            if before and before.label == segment.label and (segment.label != UNKNOWN or self._linked(before, segment)):
                groups[-1].append(segment)
            else:
                groups.append([segment])
        return groups

    def _linked(self, a: Segment, b: Segment) -> bool:
        one, other = a.hypothesis.pooled_at(a.last), b.hypothesis.pooled_at(b.last)
        return one is None or other is None or float(unit(one.total) @ unit(other.total)) >= self.config.link_cosine

    def _finish(self, groups: Sequence[Sequence[Segment]]) -> list[FinishedTurn]:
        turns = [turn for turn in map(self._finished, groups) if turn.segments_s]
        if groups:
            last = groups[-1][-1].last
            self._filter.commit(last)
            self.times.forget(last, last_too=last == self._filter.heard and self._filter.silence_s > 0)
        return turns

    def _finished(self, group: Sequence[Segment]) -> FinishedTurn:
        first, last = group[0].first, group[-1].last
        pooled = [row for segment in group if (row := segment.hypothesis.pooled_at(segment.last)) is not None]
        segments_s, embedded = self._segments_s(first, last), None
        total = sum(row.total for row in pooled)
        if segments_s and np.any(total):  # else nothing is known of it
            embedding = unit(total).astype(np.float32)
            speech_s = sum(row.total_s for row in pooled)
            if speech_s >= 2 * self._longest_window * CHUNK_S:  # no more is ever pooled
                speech_s = (last - first) * CHUNK_S
            embedded = EmbeddedTurn(segments_s[0][0], segments_s[-1][1], embedding, speech_s)
        return FinishedTurn(group[-1].label, segments_s, first, last, embedded)

    def _segments_s(self, first: int, last: int) -> list[tuple[float, float]]:
        return self.times.between(first, last, self._filter.heard, self._filter.config.split_pause_s)
