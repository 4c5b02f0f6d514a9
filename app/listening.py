"""Listening beside a program that does something else: for ``async for``, and in a thread that calls back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from types import TracebackType

from app.events.changes import Changes
from app.events.event import SpeakerEvent
from app.scoring.identification import Identification

WAITING = 8
"""Answers that may wait for an ``async for``: a second of them. Then the engine waits, and skips sound as it does for
any slow listener."""
LOOKED_S = 0.1
"""How often an answer that waits looks whether anybody still wants it."""
ENDS_S = 5.0
"""How long the end of an ``async for`` waits for the microphone to be given back: a sound server may hang."""
Answers = Callable[[threading.Event], Iterator[Identification]]
"""Begins to listen, until the event is set."""


class Listening:
    """Listens in a thread of its own until the source ends, or ``stop``, or the end of its ``with``."""

    def __init__(
        self,
        answers: Answers,
        source: str,
        on_answer: Callable[[Identification], object] | None = None,
        on_event: Callable[[SpeakerEvent], object] | None = None,
    ):
        """See ``Heard.listening``. ``source``: what events say was listened to."""
        self._answers, self._on_answer, self._on_event = answers, on_answer, on_event
        self._changes = Changes(source)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to end; does not wait. May be called by a callback."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end, or so long. Whether it has ended. Raises what ended it: HeardError of the sound, or what a
        callback raised."""
        self._thread.join(timeout_s)
        if not self.running and (error := self._error) is not None:
            self._error = None  # told once
            raise error
        return not self.running

    def __enter__(self) -> Listening:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.wait()

    def _run(self) -> None:
        try:
            for answer in self._answers(self._stop):
                if self._on_answer:
                    self._on_answer(answer)
                self._tell(self._changes.hear(answer))
            self._tell(self._changes.end())
        except BaseException as error:
            self._error = error

    def _tell(self, events: list[SpeakerEvent]) -> None:
        if self._on_event:
            for event in events:
                self._on_event(event)


async def answers_async(answers: Answers) -> AsyncGenerator[Identification, None]:
    """The answers of an engine that listens in a thread. It ends with its source, and when nobody takes them any more:
    at the end of an ``aclosing``, or when the task is cancelled."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[Identification | BaseException | None] = asyncio.Queue(WAITING)
    stop = threading.Event()

    def hand_over(item: Identification | BaseException | None) -> None:
        putting = asyncio.run_coroutine_threadsafe(waiting.put(item), loop)
        while not stop.is_set():
            try:
                putting.result(LOOKED_S)
                return
            except TimeoutError:
                continue
        putting.cancel()

    def work() -> None:
        last: BaseException | None = None
        try:
            for answer in answers(stop):
                hand_over(answer)
        except BaseException as error:
            last = error
        try:
            hand_over(last)
        except RuntimeError:  # the loop is over, and with it whoever listened
            return

    thread = threading.Thread(target=work, name="listening", daemon=True)
    thread.start()
    try:
        while (item := await waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        gives_up = loop.time() + ENDS_S
        while thread.is_alive() and loop.time() < gives_up:  # the microphone is free when the program goes on
            await asyncio.sleep(0.01)
