"""Turns -> what the timeline shows: a lane for each label, with its share of the talk. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.diarisation.timeline import Turn
from app.scoring.identification import is_unknown
from app.scoring.labels import Kind, Label
from app.voiceprints.looks.colours import colours_for
from app.window import strings
from app.window.engine.overlaps import Span
from app.window.view.names import initials


@dataclass(frozen=True)
class Lane:
    """One speaker's row."""

    label: Label
    title: str
    initials: str
    ink: int | None
    """Colour in the palette; None for an unknown voice, which is hatched as well."""
    seconds: float
    share: float
    """Share of all the talk, 0 to 1."""

    @property
    def note(self) -> str:
        return strings.LANE_NOTE.format(share=strings.percent(self.share), time=strings.clock(self.seconds))

    @property
    def spoken(self) -> str:
        return strings.LANE_SPOKEN.format(name=self.title, share=strings.percent(self.share))


@dataclass(frozen=True)
class TimelineScene:
    """Everything on the timeline: its lanes, the turns on them, and when two people spoke at once."""

    lanes: tuple[Lane, ...] = ()
    turns: tuple[tuple[int, Turn], ...] = ()
    """(number of the lane, turn), in order of time."""
    end_s: float = 0.0
    overlaps: tuple[Span, ...] = ()
    """When two people spoke at once."""
    pauses: tuple[Span, ...] = ()
    """When nothing was recognised, because the window played something itself."""

    @property
    def spoken(self) -> str:
        return ", ".join(lane.spoken for lane in self.lanes) or strings.TIMELINE_EMPTY


def timeline_scene(
    turns: Sequence[Turn],
    end_s: float,
    colours: Mapping[str, int],
    overlaps: tuple[Span, ...] = (),
    *,
    pauses: tuple[Span, ...] = (),
    sides: Sequence[str] = (),
) -> TimelineScene:
    """Who spoke when. Names that are not enrolled (any more) have a colour, too, that nobody here has.

    ``colours``: everybody's number; ``sides``: names of the channels.
    """
    spoke = {name for turn in turns if (name := turn.label.name) is not None}
    inks = colours_for({*colours, *spoke}, colours)
    return replace(scene(turns, end_s, inks, overlaps, sides=sides), pauses=pauses)


def scene(
    turns: Sequence[Turn],
    end_s: float,
    inks: Mapping[str, int],
    overlaps: tuple[Span, ...] = (),
    *,
    sides: Sequence[str] = (),
) -> TimelineScene:
    """Lanes in the order in which people spoke first, unknown voices after those with a name; where several channels
    were heard each by itself, those of one channel together."""
    several = bool(sides) or any(turn.channel > 1 for turn in turns)
    seconds: dict[tuple[int, Label], float] = {}
    for turn in turns:
        seconds[turn.channel, turn.label] = seconds.get((turn.channel, turn.label), 0.0) + turn.duration_s
    total = sum(seconds.values())
    keys = sorted(seconds, key=lambda key: (key[0], is_unknown(key[1])))  # a stable sort
    lanes = tuple(
        Lane(
            label,
            strings.LANE_SIDE.format(name=title(label), side=side(channel, sides)) if several else title(label),
            "?" if is_unknown(label) else initials(label),
            inks.get(label.name),
            seconds[channel, label],
            seconds[channel, label] / total if total else 0.0,
        )
        for channel, label in keys
    )
    number = {key: index for index, key in enumerate(keys)}
    placed = tuple((number[turn.channel, turn.label], turn) for turn in turns)
    return TimelineScene(lanes, placed, end_s, overlaps)


def side(channel: int, sides: Sequence[str] = ()) -> str:
    """What to call a channel, from 1 on."""
    return sides[channel - 1] if channel <= len(sides) else strings.CHANNEL.format(channel=channel)


def title(label: Label) -> str:
    """What to call a label."""
    return strings.UNKNOWN_VOICE if label.kind is Kind.UNKNOWN else label


@dataclass
class Viewport:
    """The stretch of time that is shown. ``follow``: its end stays at the newest moment."""

    shortest_s: float = 4.0
    span_s: float = 60.0
    start_s: float = 0.0
    follow: bool = True
    end_s: float = 0.0
    """End of what there is to see."""

    def update(self, end_s: float) -> None:
        """Take note that there is more to see, or less."""
        self.end_s = end_s
        self._settle()

    def show_all(self) -> None:
        """Show the first moment to the last."""
        self.span_s, self.start_s = max(self.end_s, self.shortest_s), 0.0
        self._settle()

    def zoom(self, factor: float, at: float) -> None:
        """Show ``factor`` times as much time, with what is ``at`` (0 to 1 of the width) staying where it is."""
        longest_s = max(60.0, self.end_s)
        span_s = min(max(self.span_s * factor, self.shortest_s), longest_s)
        if not self.follow:
            self.start_s += at * (self.span_s - span_s)
        self.span_s = span_s
        self._settle()

    def pan(self, seconds: float) -> None:
        """Look later, or earlier if negative; at the newest moment it follows again."""
        self.start_s += seconds
        self.follow = self.end_s - self.span_s <= self.start_s + 1e-9
        self._settle()

    def reveal(self, start_s: float, end_s: float) -> None:
        """Move as little as it takes to see this stretch, or its beginning if it is too long."""
        if start_s < self.start_s or min(end_s, start_s + self.span_s) > self.start_s + self.span_s:
            self.start_s = start_s - 0.1 * self.span_s if start_s < self.start_s else end_s - 0.9 * self.span_s
            self.start_s = min(self.start_s, start_s)
            self.follow = False
            self._settle()

    def _settle(self) -> None:
        latest_s = self.end_s - self.span_s
        self.start_s = max(0.0, latest_s if self.follow else min(self.start_s, latest_s))


def tick_step_s(span_s: float, room: float) -> float:
    """Distance of the ruler's marks, in seconds, so that at most ``room`` of them fit into a span."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if span_s / step <= max(1.0, room)), steps[-1])
