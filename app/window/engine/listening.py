"""Listening: from one press of Start to the end of it, an activity of the engine's thread."""

from __future__ import annotations

import contextlib
import threading
import time

from app.audio.source import SourceState, SourceStatus
from app.audio.tapped_source import TappedSource
from app.scoring.identification import Identification
from app.window import strings
from app.window.engine.activity import Stopped
from app.window.engine.context import EngineContext
from app.window.engine.facts import Phase
from app.window.engine.slow_imports import without_collections
from utils import BadInput, HeardError

RETRY_S = 1.0
"""How often a microphone that could not be had is tried again."""
NEWS_S = 5.0
"""How long a passing event (sound skipped, microphone back) stays on the screen."""
TURNS_EVERY_S = 0.5
"""How often the turns are gathered anew: it takes longer, the longer one has listened."""


class Listening:
    """Listens to a microphone (part of a name; None is the default), or to the file that stands for one.

    ``or_default``: if there is no microphone of that name, the default will do.
    """

    def __init__(self, device: str | None = None, *, or_default: bool = False):
        self._device, self._or_default = device, or_default
        self._context: EngineContext | None = None
        self._stop = threading.Event()
        self._source: TappedSource | None = None
        self._from_s = 0.0  # on the clock of all that was heard
        self._lost, self._resumed_s = False, -NEWS_S
        self._skipped: list[tuple[float, float]] = []
        self._turns_s = -TURNS_EVERY_S  # when they were gathered last

    def run(self, context: EngineContext, stop: threading.Event) -> None:
        self._context, self._stop = context, stop
        self._choose_input()
        self._load()
        while not stop.is_set():
            self._update(phase=Phase.LISTENING, error="", source=None, identification=None)
            try:
                self._listen()
                ended = Phase.ENDED if context.options.audio_file else Phase.STOPPED
                self._update(phase=ended, identification=None)
                return
            except HeardError as error:
                if context.options.audio_file:
                    raise
                if isinstance(error, BadInput) and self._or_default and self._device:
                    context.notify(strings.DEVICE_ABSENT.format(device=self._device), good=False)
                    self._device = None
                    continue
                self._update(phase=Phase.NO_INPUT, error=str(error), identification=None)
                stop.wait(RETRY_S)

    def fail(self, error: str) -> None:
        self._update(phase=Phase.FAILED, error=error)

    def _update(self, **changes: object) -> None:
        self._context.board.update_from(self, **changes)

    def _choose_input(self) -> None:
        if self._context.choose_input(self._device):
            self._update(file=strings.DEMO_STANDS_IN, fixed_people=True)
        elif not self._context.options.audio_file:
            self._update(file=None, fixed_people=False)

    def _load(self) -> None:
        """The model, once; the people, at each start: somebody may have been enrolled in between."""
        context = self._context
        if self._stop.is_set():
            return
        self._update(people=context.enrolled_people())  # before the model, which takes its time

        def progress(done: int, total: int) -> None:
            if self._stop.is_set():
                raise Stopped
            self._update(download=(done, total))

        first = context.session.encoder is None
        with without_collections() if first else contextlib.nullcontext():
            context.encoder(progress)
            recogniser = context.session.open()
        self._update(
            download=None,
            model=recogniser.encoder.model_id,
            people=context.enrolled_people(),
            stale=context.session.stale,
            rule=recogniser.rule,
        )

    def _listen(self) -> None:
        context = self._context
        self._source = source = TappedSource(context.open_source(self._device))
        self._from_s = context.facts.clock_s
        try:
            for identification in context.session.run(
                stop=self._stop,
                on_status=self._on_status,
                source=source,
                between_blocks=context.obey_orders,
            ):
                for block in source.taken():
                    context.sound.push(block.samples, self._from_s + block.start_s)
                self._on_identification(identification)
        finally:
            self._source = None
            context.sound.levels.reset()
            context.publish_turns()

    def _on_status(self, status: SourceStatus) -> None:
        if status.state is SourceState.LOST:
            self._lost = True
            self._context.sound.levels.reset()
        elif status.state is SourceState.RUNNING:
            self._context.stopwatch.mark("listening")
            if self._lost:
                self._lost, self._resumed_s = False, time.monotonic()
        changes = {"identification": None} if status.state is not SourceState.RUNNING else {}
        self._update(source=status, **changes)

    def _on_identification(self, identification: Identification) -> None:
        context, now_s = self._context, time.monotonic()
        if identification.dropped_s > 0:
            self._skipped.append((now_s, identification.dropped_s))
        self._skipped = [(when_s, lost_s) for when_s, lost_s in self._skipped if now_s - when_s < NEWS_S]
        if identification.label is not None:
            context.stopwatch.mark("first label")
        context.publish(identification)
        if now_s - self._turns_s >= TURNS_EVERY_S:
            self._turns_s = now_s
            context.publish_turns()
        self._update(
            identification=identification,
            source=self._source.status if self._source else None,
            last_speaker=identification.speaker or context.facts.last_speaker,
            skipped_s=sum(lost_s for _, lost_s in self._skipped),
            resumed=now_s - self._resumed_s < NEWS_S,
        )
