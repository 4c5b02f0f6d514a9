"""From a run's answers to everywhere that its events go."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TextIO

from app.events.changes import Changes
from app.events.event import SpeakerEvent
from app.events.options import MQTT_PASSWORD, MQTT_USER, EventOptions
from app.events.worker import Worker
from app.outputs import private_opener
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification


class Sink(Protocol):
    """Something that takes events. ``put`` never waits while the sound is live."""

    def put(self, event: SpeakerEvent) -> None: ...

    def close(self) -> None: ...


class Publisher:
    """One run's events. For the thread of the engine; used in a ``with``, whose end tells that nobody listens."""

    def __init__(self, changes: Changes, sinks: Sequence[Sink], *, recorded: bool = False):
        """``recorded``: a file as fast as it can be heard, whose time is not that of a clock."""
        self._changes, self._sinks, self._recorded = changes, sinks, recorded
        self._gallery: Gallery | None = None
        self._heard_at = time.monotonic()

    def __enter__(self) -> Publisher:
        self._put([self._changes.present()])
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.ExitStack() as closing:
            for sink in reversed(self._sinks):
                closing.callback(sink.close)
            self._put(self._changes.end())

    def hear(self, answer: Identification, gallery: Gallery) -> None:
        """Take in an answer. ``gallery``: the people enrolled now; the same object while nobody changed them."""
        self._heard_at = time.monotonic()
        if gallery is not self._gallery:
            self._gallery = gallery
            self._put(self._changes.keep_only(gallery.people))
        self._put(self._changes.hear(answer))

    def no_sound(self) -> None:
        """The sound is lost, and still is: for as long as that lasts, to be called again and again."""
        now = time.monotonic()
        passed_s, self._heard_at = now - self._heard_at, now
        self._put(self._changes.pass_time(0.0 if self._recorded else passed_s))

    def _put(self, events: Iterable[SpeakerEvent]) -> None:
        for event in events:
            for sink in self._sinks:
                sink.put(event)


class Lines:
    """An event in each line of a file or of standard output."""

    def __init__(self, file: TextIO, *, own: bool):
        self._file, self._own = file, own

    def put(self, event: SpeakerEvent) -> None:
        self._file.write(f"{event.line()}\n")
        self._file.flush()

    def close(self) -> None:
        if self._own:
            self._file.close()


class Queued:
    """A receiver behind a thread."""

    def __init__(self, worker: Worker, then: Callable[[], None] = lambda: None):
        self._worker, self._then = worker, then

    def put(self, event: SpeakerEvent) -> None:
        self._worker.put(event)

    def close(self) -> None:
        self._worker.close()
        self._then()


def make_sinks(
    options: EventOptions,
    *,
    recorded: bool = False,
    again: bool = False,
    say: Callable[[str], None] | None = None,
) -> list[Sink]:
    """What the options ask for. ``recorded``: of a file as fast as it can be heard nothing is lost. ``again``: whether
    a run before this one wrote the same file. ``say``: gets lines for people, in place of standard error.

    Raises OSError for a file that cannot be written.
    """
    say = say or _to_stderr
    sinks: list[Sink] = []
    if options.lines is not None:
        if options.to_stdout:
            sinks.append(Lines(sys.stdout, own=False))
        else:
            file = open(options.lines, "a" if again else "w", encoding="utf-8", opener=private_opener)  # noqa: SIM115
            sinks.append(Lines(file, own=True))
    worker = partial(Worker, say=say, waits=recorded)
    if options.command is not None:
        from app.events.command import Command

        sinks.append(Queued(worker("--exec", Command(options.command).deliver)))
    if options.webhook is not None:
        from app.events.webhook import Webhook, check_url

        webhook = Webhook(options.webhook, options.secret())
        sinks.append(Queued(worker(f"--webhook {check_url(options.webhook)}", webhook.deliver), webhook.close))
    if options.mqtt is not None:
        from app.events.mqtt import Mqtt, read_broker

        user, password = (os.environ.get(name) or None for name in (MQTT_USER, MQTT_PASSWORD))
        sinks.append(Mqtt(read_broker(options.mqtt), say, user=user, password=password))
    return sinks


def _to_stderr(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # it is closed, or there is none
        print(f"heard: {text}", file=sys.stderr, flush=True)
