"""Who spoke when: the turns heard so far, in order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.scoring.certainty import Certainty
from app.scoring.identification import plain
from app.scoring.labels import UNKNOWN, Label, read_label


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's uninterrupted speech. Turns are equal that give the same moments of a channel the same label,
    whatever else is known of them."""

    start_s: float
    end_s: float
    label: Label
    """A name, "unknown", "Unknown 1". A text is read as a label."""
    channel: int = 1
    """In which channel, from 1 on, where one was heard by itself; 1 where there is one, or a mixture."""
    confidence: float | None = field(default=None, compare=False)
    """0 to 1: how probable the label is, unknown voices as one another's equals; None if nobody can say."""
    certainty: Certainty | None = field(default=None, compare=False)
    """How sure a name is; UNKNOWN for an unknown voice, None if nobody can say."""
    gender: str | None = field(default=None, compare=False)
    """"female", "male" or None (not offered, or not sure)."""
    corrected: bool = field(default=False, compare=False)
    """Whether the label is the user's word: then there is no ``confidence`` and no ``certainty``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", read_label(self.label))

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def joined(one: Turn, other: Turn) -> Turn:
    """One turn of two with one label and channel, from the first beginning to the last end.

    Its confidence is the mean over their speech, the share of it that is right on average, and None if either's is; its
    gender is the one that both have, or the one that is known.
    """
    a_s, b_s = one.duration_s, other.duration_s
    known = one.confidence is not None and other.confidence is not None and a_s + b_s > 0
    return replace(
        one,
        start_s=min(one.start_s, other.start_s),
        end_s=max(one.end_s, other.end_s),
        confidence=(one.confidence * a_s + other.confidence * b_s) / (a_s + b_s) if known else None,
        certainty=_lower(one.certainty, other.certainty),
        gender=one.gender if other.gender in (None, one.gender) else other.gender if one.gender is None else None,
        corrected=one.corrected or other.corrected,
    )


def _lower(one: Certainty | None, other: Certainty | None) -> Certainty | None:
    """What can be said of both; None if either is not known."""
    return one if one is other else None if None in (one, other) else Certainty.LIKELY


def talk_time(turns: Iterable[Turn]) -> dict[Label, float]:
    """Label -> seconds of its turns in all, who spoke most first."""
    seconds: dict[Label, float] = {}
    for turn in turns:
        seconds[turn.label] = seconds.get(turn.label, 0.0) + turn.duration_s
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0])))


LONGEST_S = 60.0
"""No segment of a finished turn is longer: it is finished in parts."""


@dataclass(slots=True)
class _Segment:
    """Speech of a finished turn."""

    start_s: float
    end_s: float
    label: Label | None
    turn_s: float  # when the turn began
    confidence: float | None = None
    certainty: Certainty | None = None
    gender: str | None = None


class Timeline:
    """Grows while one listens. Finished turns are added once, and may still change their label; those that go on are
    stated anew each time."""

    shortest_unknown_s = 0.3
    """Length of speech without a label below which it is left out: a cough, a click."""
    joined_s = 0.05
    """Pause below which two neighbouring segments of one label are one turn."""
    splinter_s = 0.5
    """Length below which a turn with a near neighbour is a part of it."""
    near_s = 0.3
    """Pause up to which turns are neighbours; a short word with silence around it is a turn."""

    def __init__(self, channel: int = 1) -> None:
        """``channel``: that of its turns, from 1 on."""
        self.channel = channel
        self._finished: list[_Segment] = []
        self._unfinished: list[_Segment] = []

    def add(
        self,
        turn_s: float,
        segments_s: Iterable[tuple[float, float]],
        label: Label | None,
        gender: str | None = None,
    ) -> None:
        """Add a finished turn: the moment at which it began, and (start, end) of its speech in seconds."""
        self._finished += [_Segment(start_s, end_s, label, turn_s, gender=gender) for start_s, end_s in segments_s]

    def set_unfinished(
        self,
        turns: Iterable[tuple[Sequence[tuple[float, float]], Label | None]],
        shown: Label | None = None,
        confidence: float | None = None,
        certainty: Certainty | None = None,
    ) -> None:
        """Replace the turns that are not finished: ((start, end) of their speech in seconds, label). A turn of which
        nothing is known yet has the label None. ``confidence`` and ``certainty``: of the label that is ``shown``."""
        self._unfinished = []
        for segments_s, label in turns:
            how_sure = (confidence, certainty) if label and plain(label) == plain(shown) else ()
            self._unfinished += [_Segment(start_s, end_s, label, start_s, *how_sure) for start_s, end_s in segments_s]

    def relabel(
        self,
        labels: Mapping[float, Label | None],
        confidences: Mapping[float, float | None] | None = None,
        certainties: Mapping[float, Certainty | None] | None = None,
    ) -> None:
        """Correct the labels of finished turns: the moment at which a turn began -> its label, how probable it is, and
        how sure."""
        confidences, certainties = confidences or {}, certainties or {}
        for segment in self._finished:
            segment.label = labels.get(segment.turn_s, segment.label)
            segment.confidence = confidences.get(segment.turn_s, segment.confidence)
            segment.certainty = certainties.get(segment.turn_s, segment.certainty)

    def turns(self, from_s: float = 0.0) -> list[Turn]:
        """All turns so far in order of time; neighbours of one label with no pause between them are one. ``from_s``:
        those that end before may be missing, or lack their beginning, which after hours saves most of the work."""
        turns: list[Turn] = []
        first = bisect_left(self._finished, from_s - LONGEST_S, key=lambda one: one.start_s) if from_s > 0 else 0
        for one in (*self._finished[first:], *self._unfinished):
            label = one.label
            if label is None:
                if one.end_s - one.start_s < self.shortest_unknown_s:
                    continue
                label = UNKNOWN
            turns.append(Turn(one.start_s, one.end_s, label, self.channel, one.confidence, one.certainty, one.gender))
        return self._joined(_without_splinters(self._joined(turns), self.splinter_s, self.near_s))

    def _joined(self, turns: Sequence[Turn]) -> list[Turn]:
        out: list[Turn] = []
        for turn in turns:
            if out and out[-1].label == turn.label and turn.start_s - out[-1].end_s < self.joined_s:
                out[-1] = joined(out[-1], turn)
            else:
                out.append(turn)
        return out


def _without_splinters(turns: list[Turn], splinter_s: float, near_s: float) -> list[Turn]:
    """Turns in order of time, each splinter as a part of its neighbour.

    Where one speaker takes over from another a moment of speech holds some of both, and sounds like a third. It is the
    beginning of the turn after it, where that is near, for it is the onset that is uncertain; else the end of the one
    before it. The last turn may still grow.
    """
    out = turns.copy()
    for at in range(len(turns) - 2, -1, -1):  # from the last on: several in a row are of the turn after them
        turn, after, before = turns[at], out[at + 1], turns[at - 1] if at else None
        if turn.duration_s >= splinter_s:
            continue
        if after.start_s - turn.end_s <= near_s:
            out[at] = _as_part(turn, after)
        elif before is not None and turn.start_s - before.end_s <= near_s:
            out[at] = _as_part(turn, before)
    return out


def _as_part(turn: Turn, of: Turn) -> Turn:
    return replace(turn, label=of.label, confidence=of.confidence, certainty=of.certainty, gender=of.gender)
