"""A simulated day: many hours of sound, mostly silence, through the live path as fast as it runs.

Does memory grow? Does the clock drift? Does an hour cost more in the evening than in the morning? One conversation is
played over and over with long silences between; every second time it is played at another speed, which makes other
people of its voices, so that new unknown voices keep coming.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.file_source import StreamSource
from app.benchmarks.memory import open_files, resident_mb
from app.diarisation.recogniser import Recogniser, listen
from app.diarisation.timeline import Turn
from app.evaluation.conversations.simulate import FLOOR_RMS
from utils import SAMPLE_RATE

ON_GRID_S = 4
"""Talks begin at multiples of this, a whole number of hops and of speech detection's chunks. So the engine gets equal
talks in equal blocks, and they must be found at equal places."""


@dataclass(frozen=True)
class DayConfig:
    hours: float = 24.0
    talking: float = 0.1
    """Part of the day in which the conversation goes on."""
    speed: tuple[float, float] = (0.8, 1.25)
    """The range that the speed of every second talk is drawn from."""
    samplings: int = 24
    """How many times, evenly over the day, figures are taken."""
    seed: int = 1


@dataclass(frozen=True)
class Talk:
    """The conversation played once."""

    start_s: float
    speed: float = 1.0


@dataclass(frozen=True)
class Moment:
    """Figures at one time of the day."""

    hour: float
    memory_mb: float
    turns: int
    """How many turns the timeline has."""
    unknown: int
    """How many voices without a name are kept apart."""
    kept_s: float
    """Speech of unknown voices in memory."""
    busy_s: float
    """Processor time since the last moment."""
    list_ms: float
    """Time to list the timeline's turns, as a window does."""
    files: int
    """Open file descriptors."""

    def __str__(self) -> str:
        return (
            f"{self.hour:6.2f}  {self.memory_mb:6.1f} MB  {self.files:3} files  {self.turns:5}  {self.list_ms:9.2f} ms"
            f"  {self.unknown:21}, {self.kept_s:3.0f} s  {self.busy_s:7.1f} s"
        )


@dataclass(frozen=True)
class DayReport:
    moments: tuple[Moment, ...]
    length_s: float
    """Length of the sound."""
    clock_s: float
    """The time of the engine's last answer."""
    delays_s: tuple[float, ...]
    """From the start of each talk at its natural speed to that of its first turn in the timeline."""

    @property
    def growth_mb(self) -> float:
        """Growth from the third moment (hour 2 to 3 of a day: everything is loaded and full by then) to the last."""
        return self.moments[-1].memory_mb - self.moments[min(2, len(self.moments) - 1)].memory_mb

    @property
    def drift_s(self) -> float:
        """How much later after its start the last talk was found than the first; earlier is negative."""
        return self.delays_s[-1] - self.delays_s[0]

    def __str__(self) -> str:
        first = self.moments[min(2, len(self.moments) - 1)]
        return (
            f"memory {self.growth_mb:+.1f} MB from hour {first.hour:g} to the end; the clock stands at"
            f" {self.clock_s:.3f} s after {self.length_s:.3f} s of sound;\n"
            f"  the last talk was found {1000 * self.drift_s:+.0f} ms later than the first,"
            f" all of them {min(self.delays_s):.3f} to {max(self.delays_s):.3f} s after their start."
        )


def talks(length_s: float, config: DayConfig) -> list[Talk]:
    """When the conversation of ``length_s`` is played, and how fast, in order of time; the same for the same seed."""
    rng = np.random.default_rng(config.seed)
    every_s = max(length_s / config.talking, 1.5 * length_s / config.speed[0])
    count = max(2, int(config.hours * 3600 / every_s))
    starts = ON_GRID_S * np.floor((np.arange(count) * every_s + 2 * ON_GRID_S) / ON_GRID_S)
    return [
        Talk(float(start), float(rng.uniform(*config.speed)) if number % 2 else 1.0)
        for number, start in enumerate(starts)
    ]


def sound(conversation: np.ndarray, plan: Sequence[Talk], config: DayConfig) -> Iterator[np.ndarray]:
    """The day as blocks (n,) float32 of a second at most; nothing of it is held."""
    rng, at, end = np.random.default_rng(config.seed), 0, round(config.hours * 3600 * SAMPLE_RATE)

    def blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
        for begin in range(0, len(samples), SAMPLE_RATE):
            block = samples[begin : begin + SAMPLE_RATE]
            yield (block + FLOOR_RMS * rng.standard_normal(len(block))).astype(np.float32)

    def silence(count: int) -> Iterator[np.ndarray]:
        second = np.zeros(SAMPLE_RATE, np.float32)
        for begin in range(0, count, SAMPLE_RATE):
            yield from blocks(second[: count - begin])

    for talk in plan:
        start = round(talk.start_s * SAMPLE_RATE)
        yield from silence(start - at)
        played = conversation if talk.speed == 1 else at_speed(conversation, talk.speed)
        played = played[: max(0, end - start)]
        yield from blocks(played)
        at = start + len(played)
    yield from silence(end - at)


def at_speed(samples: np.ndarray, speed: float) -> np.ndarray:
    """Samples (n,) as a tape at another speed plays them, (n / speed,): higher or lower voices, other people."""
    places = np.arange(0, len(samples) - 1, speed)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)


def simulate_day(
    conversation: np.ndarray, recogniser: Recogniser, config: DayConfig = DayConfig()
) -> Iterator[Moment | DayReport]:
    """Live through the day: each ``Moment`` as it is reached, and the ``DayReport`` in the end."""
    plan = talks(len(conversation) / SAMPLE_RATE, config)
    source = StreamSource("a day", sound(conversation, plan, config))
    every_s = config.hours * 3600 / config.samplings
    moments: list[Moment] = []
    began, clock_s = time.process_time(), 0.0
    for answer in listen(source, recogniser):
        clock_s = answer.time_s
        if clock_s >= every_s * (len(moments) + 1) - 1e-6:
            moments.append(_moment(recogniser, clock_s, time.process_time() - began))
            yield moments[-1]
            began = time.process_time()
    delays = _delays(plan, len(conversation) / SAMPLE_RATE, recogniser.timeline.turns())
    yield DayReport(tuple(moments), config.hours * 3600, clock_s, delays)


def _moment(recogniser: Recogniser, clock_s: float, busy_s: float) -> Moment:
    began = time.perf_counter()
    turns = recogniser.timeline.turns()
    list_ms = 1000 * (time.perf_counter() - began)
    unknown = recogniser.unknowns()
    kept_s = sum(voice.kept_s for voice in unknown)
    return Moment(clock_s / 3600, resident_mb(), len(turns), len(unknown), kept_s, busy_s, list_ms, open_files())


def _delays(plan: Sequence[Talk], length_s: float, turns: Sequence[Turn]) -> tuple[float, ...]:
    """Infinite for a talk of which nothing was found."""
    found = []
    for talk in (talk for talk in plan if talk.speed == 1):
        inside = (turn.start_s for turn in turns if talk.start_s <= turn.start_s < talk.start_s + length_s)
        found.append(min(inside, default=np.inf) - talk.start_s)
    return tuple(found)
