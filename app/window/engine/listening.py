"""Listening: from one press of Start to the end of it, an activity of the engine's thread. No Qt."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.audio.source import AudioSource, SourceState, SourceStatus
from app.scoring.identification import Identification
from app.session import Session
from app.window import strings
from app.window.engine.activity import Stopped
from app.window.engine.facts import Phase
from app.window.engine.slow_imports import without_collections
from app.window.engine.tapped_source import TappedSource
from utils import BadInput, HeardError

if TYPE_CHECKING:
    from app.window.engine.engine import Engine

RETRY_S = 1.0
"""How often a microphone that could not be had is tried again."""
NEWS_S = 5.0
"""How long a passing event (sound skipped, microphone back) stays on the screen."""
TURNS_EVERY_S = 0.5
"""How often the turns are gathered anew: it takes longer, the longer one has listened."""


class Listening:
    """To this microphone (part of a name; None is the default), or the file that stands for one.

    ``or_default``: if there is no microphone of that name, the default will do.
    """

    def __init__(self, engine: Engine, device: str | None = None, *, or_default: bool = False):
        self._engine, self._device, self._or_default = engine, device, or_default
        self._stop = threading.Event()
        self._source: AudioSource | None = None
        self._from_s = 0.0  # on the clock of all that was heard
        self._lost, self._resumed_s = False, -NEWS_S
        self._skipped: list[tuple[float, float]] = []
        self._turns_s = -TURNS_EVERY_S  # when they were gathered last

    def run(self, engine: Engine, stop: threading.Event) -> None:
        self._stop = stop
        self._stand_in()
        self._load()
        while not stop.is_set():
            self._tell(phase=Phase.LISTENING, error="", source=None, said=None)
            try:
                self._hear()
                ended = Phase.ENDED if engine.options.audio_file else Phase.STOPPED
                self._tell(phase=ended, said=None)
                return
            except HeardError as error:
                if engine.options.audio_file:
                    raise
                if isinstance(error, BadInput) and self._or_default and self._device:
                    engine.notify(strings.DEVICE_ABSENT.format(device=self._device), good=False)
                    self._device = None
                    continue
                self._tell(phase=Phase.NO_INPUT, error=str(error), said=None)
                stop.wait(RETRY_S)

    def fail(self, error: str) -> None:
        self._tell(phase=Phase.FAILED, error=error)

    def _tell(self, **changes: object) -> None:
        self._engine.board.tell(self, **changes)

    def _stand_in(self) -> None:
        """Without any microphone, go on as if the demo had been asked for, until the next start at least."""
        engine, asked = self._engine, self._engine.asked
        wanted = asked
        if not (asked.audio_file or asked.device or self._device) and engine.microphone_problem():
            wanted = replace(asked, demo=True, realtime=True)
        if wanted != engine.options:
            engine.options, engine.session = wanted, Session(wanted, engine.session.encoder)
            engine.forget()
        if wanted is not asked:
            self._tell(file=strings.DEMO_STANDS_IN, fixed_people=True)
        elif not asked.audio_file:
            self._tell(file=None, fixed_people=False)

    def _load(self) -> None:
        """The model, once; the people, at each start: somebody may have been enrolled in between."""
        engine = self._engine
        if self._stop.is_set():
            return
        self._tell(people=engine.enrolled())  # before the model, which takes its time

        def progress(done: int, total: int) -> None:
            if self._stop.is_set():
                raise Stopped
            self._tell(download=(done, total))

        first = engine.session.encoder is None
        with without_collections() if first else contextlib.nullcontext():
            engine.encoder(progress)
            recogniser = engine.session.open()
        self._tell(
            download=None,
            model=recogniser.encoder.model_id,
            people=engine.enrolled(),
            stale=engine.session.stale,
            rule=recogniser.rule,
        )

    def _hear(self) -> None:
        engine = self._engine
        self._source = TappedSource(engine.open_source(self._device), self._on_sound, engine.do_jobs)
        self._from_s = engine.facts.clock_s
        try:
            for said in engine.session.run(stop=self._stop, on_status=self._on_status, source=self._source):
                self._on_said(said)
        finally:
            self._source = None
            engine.levels.reset()
            engine.gather()

    def _on_sound(self, samples: np.ndarray, start_s: float) -> None:
        engine = self._engine
        engine.levels.hear(samples, time.monotonic())
        engine.recent.add(samples, self._from_s + start_s)
        engine.mel.add(samples, self._from_s + start_s)

    def _on_status(self, status: SourceStatus) -> None:
        if status.state is SourceState.LOST:
            self._lost = True
            self._engine.levels.reset()
        elif status.state is SourceState.RUNNING:
            self._engine.stopwatch.mark("listening")
            if self._lost:
                self._lost, self._resumed_s = False, time.monotonic()
        changes = {"said": None} if status.state is not SourceState.RUNNING else {}
        self._tell(source=status, **changes)

    def _on_said(self, said: Identification) -> None:
        engine, now_s = self._engine, time.monotonic()
        if said.dropped_s > 0:
            self._skipped.append((now_s, said.dropped_s))
        self._skipped = [(when_s, lost_s) for when_s, lost_s in self._skipped if now_s - when_s < NEWS_S]
        engine.levels.judge(said, engine.recogniser.config.hop_s)
        if said.label is not None:
            engine.stopwatch.mark("first label")
        engine.overlaps.add(said)
        engine.board.keep(clock_s=said.time_s)
        if now_s - self._turns_s >= TURNS_EVERY_S:
            self._turns_s = now_s
            engine.gather()
        self._tell(
            said=said,
            source=self._source.status if self._source else None,
            last_speaker=said.speaker or engine.facts.last_speaker,
            skipped_s=sum(lost_s for _, lost_s in self._skipped),
            resumed=now_s - self._resumed_s < NEWS_S,
        )
