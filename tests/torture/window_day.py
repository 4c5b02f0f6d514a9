"""Many hours of sound through the window, as fast as the engine takes them: what does an hour leave behind?

The engine is the window's own, its model and voices real, and the window draws meanwhile, without a screen. The sound
is that of the simulated day (app/benchmarks/soak.py).
"""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.audio.file_source import StreamSource
from app.audio.reading.reader import read_audio
from app.benchmarks.memory import open_files, resident_mb
from app.benchmarks.soak import DayConfig, sound, talks
from app.demo import DEMO
from app.embedding.load import load_encoder
from app.session import SessionOptions
from app.window.engine.context import EngineContext
from app.window.engine.engine import Engine
from app.window.engine.facts import Phase
from tests.support.demo_data import enrol_demo
from tests.torture.counts import Counts
from utils import SAMPLE_RATE

COUNT = 24
"""Hours."""
PER_HOUR = 4
"""How often figures are taken."""
MOST_GROWTH_MB = 30.0
"""From the first sixth to the end, besides the sound, its picture and the speech of unknown voices."""
LIMIT_S = 4 * 3600
FRAME_S = 0.25
"""Between two frames: the processor is for the engine."""


@dataclass(frozen=True)
class WindowMoment:
    hour: float
    memory_mb: float
    files: int
    """Open file descriptors."""
    turns: int
    sound_mb: float
    """The sound that can be played again, and its picture: they grow for ten minutes."""
    kept_mb: float = 0.0
    """The speech of voices without a name: at most a minute each of 20."""

    @property
    def rest_mb(self) -> float:
        """Memory besides them."""
        return self.memory_mb - self.sound_mb - self.kept_mb

    def __str__(self) -> str:
        return (
            f"{self.hour:6.2f} h  {self.memory_mb:6.1f} MB  {self.files:3} files"
            f"  {self.turns:5} turns  {self.sound_mb:4.1f} MB of sound"
            f"  {self.kept_mb:4.1f} MB of unknown voices"
        )


def run(count: int, seed: int) -> Counts:
    """Play ``count`` hours."""
    kind, counts = "quarter of an hour", Counts()
    moments: list[WindowMoment] = []
    try:
        for moment in live_through(DayConfig(hours=count, samplings=PER_HOUR * count, seed=seed), limit_s=LIMIT_S):
            moments.append(moment)
            counts.add(kind, problem(moments))
    except AssertionError as error:
        counts.add(kind, str(error))
    if moments:
        counts.facts[kind] = f"first and last: {moments[0]}; {moments[-1]}"
    return counts


def problem(moments: Sequence[WindowMoment]) -> str:
    """What is wrong with the last of them; empty if nothing is."""
    first, last = moments[len(moments) // 6], moments[-1]
    if last.files > first.files:
        return f"hour {last.hour:.2f}: {first.files} open files became {last.files}"
    if last.rest_mb - first.rest_mb > MOST_GROWTH_MB:
        return f"hour {last.hour:.2f}: {first.rest_mb:.0f} MB became {last.rest_mb:.0f}"
    return ""


def live_through(config: DayConfig, *, limit_s: float, talk_s: float | None = None) -> Iterator[WindowMoment]:
    """The window's figures, ``config.samplings`` times over the day. AssertionError after ``limit_s`` seconds.

    ``talk_s``: of the demo's conversation only so much is played each time.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.window.launch import application
    from app.window.main_window import MainWindow
    from app.window.widgets.theme import Theme

    app = application()
    conversation = read_audio(DEMO / "conversation.flac", end_s=talk_s)
    plan = talks(len(conversation) / SAMPLE_RATE, config)
    end_s = time.monotonic() + limit_s
    with tempfile.TemporaryDirectory() as folder:
        enrol_demo(Path(folder), load_encoder("embedded", compute="cpu"), DEMO)
        engine = Engine(
            SessionOptions(data=Path(folder)),
            open_source=lambda options: StreamSource("a day", sound(conversation, plan, config)),
        )
        window = MainWindow(engine, Theme(app), find_microphones=list)
        window.show()
        window.start()
        every_s = config.hours * 3600 / config.samplings
        due_s = every_s
        while engine.facts.phase in (Phase.LOADING, Phase.LISTENING):
            app.processEvents()
            time.sleep(FRAME_S)
            assert time.monotonic() < end_s, f"after {limit_s:.0f} s it is at hour {engine.facts.clock_s / 3600:.2f}"
            if engine.facts.clock_s >= due_s:
                due_s += every_s
                yield _moment(engine)
        assert engine.facts.phase is Phase.STOPPED, engine.facts.error
        while engine.facts.clock_s >= due_s:  # the end of the day came between two frames
            due_s += every_s
            yield _moment(engine)
        window.close()
        assert engine.join(20)


def _moment(engine: Engine) -> WindowMoment:
    gc.collect()
    asked, end_s = engine.ask(_kept_s), time.monotonic() + 10
    while asked.value is None and time.monotonic() < end_s:
        time.sleep(0.01)
    facts, recent = engine.facts, engine.sound.recent
    return WindowMoment(
        hour=facts.clock_s / 3600,
        memory_mb=resident_mb(),
        files=open_files(),
        turns=len(facts.turns),
        sound_mb=((recent.end_s - recent.start_s) * SAMPLE_RATE * 2 + engine.sound.mel.nbytes) / 2**20,
        kept_mb=(asked.value or 0.0) * SAMPLE_RATE * 2 / 2**20,
    )


def _kept_s(context: EngineContext) -> float:
    return sum(voice.kept_s for voice in context.recogniser.unknowns()) if context.recogniser else 0.0
