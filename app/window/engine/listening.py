"""Listening: from one press of Start to the end of it, an activity of the engine's thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from app.audio.computer.own_sound import DiscreetSource
from app.audio.devices import BOTH
from app.audio.mixing import NoSuchChannel
from app.audio.source import SourceState, SourceStatus
from app.audio.tapped_source import TappedSource
from app.scoring.identification import Identification
from app.window import strings
from app.window.engine.activity import Stopped
from app.window.engine.context import EngineContext
from app.window.engine.facts import Phase
from app.window.engine.overlaps import Span
from app.window.engine.slow_imports import without_collections
from utils import BadInput, HeardError

if TYPE_CHECKING:
    from app.diarisation.conference import Conference
    from app.diarisation.recogniser import Recogniser

RETRY_S = 1.0
"""How often a microphone that could not be had is tried again."""
NEWS_S = 5.0
"""How long a passing event (sound skipped, microphone back) stays on the screen."""
TURNS_EVERY_S = 0.5
"""How often the turns are gathered anew: it takes longer, the longer one has listened."""


class Listening:
    """Listens to a microphone (part of a name; None is the default), or to the file that stands for one.

    ``channel`` and ``or_default``: see ``Engine.start``. What was asked for and does not give way is waited for.
    """

    def __init__(self, device: str | None = None, channel: int | None = None, *, or_default: bool = False):
        self._device, self._channel, self._or_default = device, channel, or_default
        self._context: EngineContext | None = None
        self._stop = threading.Event()
        self._source: TappedSource | None = None
        self._from_s = 0.0  # on the clock of all that was heard
        self._lost, self._resumed_s = False, -NEWS_S
        self._skipped: list[tuple[float, float]] = []
        self._turns_s = -TURNS_EVERY_S  # when they were gathered last
        self._discreet: DiscreetSource | None = None
        self._pausing = False
        self._pauses_before: tuple[Span, ...] = ()
        self._newest: dict[int | None, Identification] = {}  # channel -> answer

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
                if self._or_default and self._gives_way(error):
                    self._open_session()
                    continue
                lacks = isinstance(error, NoSuchChannel)
                self._update(phase=Phase.NO_INPUT, error=str(error), lacks_channel=lacks, identification=None)
                stop.wait(RETRY_S)

    def _gives_way(self, error: HeardError) -> bool:
        """Do without what is not there of the input that was remembered. Whether there was anything of the kind."""
        if isinstance(error, NoSuchChannel) and self._channel is not None:
            lost = strings.CHANNELS_ALL_HEARD.format(error=error)
        elif isinstance(error, BadInput) and self._device:
            lost = strings.DEVICE_ABSENT.format(device=self._device)
            self._device = None
        else:
            return False
        self._channel = None  # it was one of the microphone that was remembered
        self._context.notify(lost, good=False)
        return True

    def fail(self, error: str) -> None:
        self._update(phase=Phase.FAILED, error=error)

    def _update(self, **changes: object) -> None:
        self._context.board.update_from(self, **changes)

    def _choose_input(self) -> None:
        if self._context.choose_input(self._device):
            self._update(file=strings.DEMO_STANDS_IN, fixed_people=True)
        elif not self._context.options.audio_file:
            self._update(file=None, fixed_people=False)

    def _open_session(self) -> Recogniser | Conference:
        """A run that hears the input chosen."""
        session = self._context.session
        session.options = replace(session.options, device=self._device)
        recogniser = session.open()
        if self._device == BOTH:
            self._context.board.update(sides=tuple(strings.SIDES.values()))
        return recogniser

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
            recogniser = self._open_session()
        self._update(
            download=None,
            model=recogniser.encoder.model_id,
            people=context.enrolled_people(),
            stale=context.session.stale,
            rule=recogniser.rule,
        )

    def _listen(self) -> None:
        context = self._context
        source = context.open_source(self._device, self._channel)
        self._discreet = None if context.options.audio_file else DiscreetSource(source)
        self._source = source = TappedSource(self._discreet or source)
        self._from_s, self._pauses_before = context.facts.clock_s, context.facts.pauses
        try:
            for identification in context.session.run(
                stop=self._stop,
                on_status=self._on_status,
                source=source,
                between_blocks=self._between_blocks,
            ):
                for block in source.taken():
                    context.sound.push(block.samples, self._from_s + block.start_s, block.channels)
                self._on_identification(identification)
        finally:
            self._source = None
            self._newest.clear()
            self._update(pausing=False)
            context.sound.levels.reset()
            context.publish_turns()

    def _between_blocks(self) -> None:
        self._context.obey_orders()
        if self._discreet is not None and (self._discreet.pausing or self._pausing):
            self._on_pause(self._discreet)

    def _on_pause(self, discreet: DiscreetSource) -> None:
        """The window plays something, or has just ceased to: what the microphone hears of it is not recognised."""
        self._pausing, from_s = discreet.pausing, self._from_s
        pauses = tuple((start_s + from_s, end_s + from_s) for start_s, end_s in discreet.pauses)
        self._context.board.update(pauses=(*self._pauses_before, *pauses), clock_s=pauses[-1][1])
        self._newest.clear()
        self._context.sound.levels.reset()
        self._update(pausing=self._pausing, identification=None)

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
        self._newest[identification.channel] = identification
        self._update(
            identification=foremost(self._newest.values(), context.facts.identification),
            source=self._source.status if self._source else None,
            last_speaker=identification.speaker or context.facts.last_speaker,
            skipped_s=sum(lost_s for _, lost_s in self._skipped),
            resumed=now_s - self._resumed_s < NEWS_S,
        )


def foremost(answers: Collection[Identification], before: Identification | None) -> Identification:
    """Of the newest answers of several channels the one to be shown large: who goes on speaking, else who speaks."""
    spoken = [answer for answer in answers if answer.label is not None]
    going_on = [answer for answer in spoken if before is not None and answer.channel == before.channel]
    return max(going_on or spoken or answers, key=lambda answer: answer.speech_probability)
