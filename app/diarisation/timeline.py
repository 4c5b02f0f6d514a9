"""Who spoke when: the turns heard so far, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.scoring.labels import UNKNOWN, Label, read_label


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's uninterrupted speech."""

    start_s: float
    end_s: float
    label: Label
    """A name, "unknown", "Unknown 1". A text is read as a label."""
    channel: int = 1
    """In which channel of several that were heard each by itself, from 1 on; 1 where there is one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", read_label(self.label))

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(slots=True)
class _Segment:
    """Speech of a finished turn."""

    start_s: float
    end_s: float
    label: Label | None
    turn_s: float  # when the turn began


class Timeline:
    """Grows while one listens. Finished turns are added once, and may still change their label; those that go on are
    stated anew each time."""

    shortest_unknown_s = 0.3
    """Length of speech without a label below which it is left out: a cough, a click."""
    joined_s = 0.05
    """Pause below which two neighbouring segments of one label are one turn."""

    def __init__(self) -> None:
        self._finished: list[_Segment] = []
        self._unfinished: list[tuple[float, float, Label | None]] = []

    def add(self, turn_s: float, segments_s: Iterable[tuple[float, float]], label: Label | None) -> None:
        """Add a finished turn: the moment at which it began, and (start, end) of its speech in seconds."""
        self._finished += [_Segment(start_s, end_s, label, turn_s) for start_s, end_s in segments_s]

    def set_unfinished(self, turns: Iterable[tuple[Sequence[tuple[float, float]], Label | None]]) -> None:
        """Replace the turns that are not finished: ((start, end) of their speech in seconds, label). A turn of which
        nothing is known yet has the label None."""
        self._unfinished = [(start_s, end_s, label) for segments_s, label in turns for start_s, end_s in segments_s]

    def relabel(self, labels: Mapping[float, Label | None]) -> None:
        """Correct the labels of finished turns: the moment at which a turn began -> its label."""
        for segment in self._finished:
            segment.label = labels.get(segment.turn_s, segment.label)

    def turns(self) -> list[Turn]:
        """All turns so far in order of time; neighbours of one label with no pause between them are one."""
        joined: list[Turn] = []
        finished = [(one.start_s, one.end_s, one.label) for one in self._finished]
        for start_s, end_s, label in [*finished, *self._unfinished]:
            if label is None:
                if end_s - start_s < self.shortest_unknown_s:
                    continue
                label = UNKNOWN
            if joined and joined[-1].label == label and start_s - joined[-1].end_s < self.joined_s:
                joined[-1] = Turn(joined[-1].start_s, end_s, label)
            else:
                joined.append(Turn(start_s, end_s, label))
        return joined
