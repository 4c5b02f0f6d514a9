"""A thread between the sound and whatever takes events: a command, a web address, a broker may be slow or away."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable

from app.events.event import SpeakerEvent
from utils import HeardError, first_line

MOST_WAITING = 256
"""Events that may wait; then the oldest are lost, or, of a recording, the next is waited for."""
CLOSE_S = 5.0
"""How long the end of a run waits for events that are still to be taken."""
Deliver = Callable[[SpeakerEvent, threading.Event], None]
"""Takes one event, however long that lasts; tries no more once the event of ``threading`` is set. Raises HeardError."""


class Worker:
    """``put`` and ``close`` belong to one thread. ``say`` gets one line for people, from any thread, and not the same
    one twice running."""

    def __init__(
        self,
        name: str,
        deliver: Deliver,
        say: Callable[[str], None],
        *,
        waits: bool = False,
        most: int = MOST_WAITING,
    ):
        """``waits``: of a recording nothing is lost, so that ``put`` waits for room. Live sound never waits."""
        self._name, self._deliver, self._say = name, deliver, say
        self._waits, self._most = waits, most
        self._changed = threading.Condition()
        self._waiting: deque[SpeakerEvent] = deque()
        self._closed = False
        self._gave_up = threading.Event()
        self._said = ""
        self.lost = 0
        """Events that were not delivered."""
        self._thread = threading.Thread(target=self._run, name=f"events: {name}", daemon=True)
        self._thread.start()

    def put(self, event: SpeakerEvent) -> None:
        """Have an event delivered, in its turn."""
        with self._changed:
            if self._waits:
                self._changed.wait_for(lambda: len(self._waiting) < self._most)
            elif len(self._waiting) >= self._most:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(event)
            self._changed.notify_all()

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Deliver what waits, as far as that can be done in time, and say what was lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._gave_up.set()
            self._thread.join(1.0)
            with self._changed:
                self.lost += len(self._waiting)
        if self.lost:
            self._say(f"{self._name}: {self.lost} {'event was' if self.lost == 1 else 'events were'} not delivered.")

    def _run(self) -> None:
        while not self._gave_up.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                event = self._waiting.popleft()
                self._changed.notify_all()
            try:
                self._deliver(event, self._gave_up)
                self._said = ""
            except Exception as error:  # whatever a receiver does, the next event has its turn
                self.lost += 1
                text = str(error) if isinstance(error, HeardError) else first_line(error)
                if text != self._said:
                    self._said = text
                    with contextlib.suppress(OSError, ValueError):  # standard error is closed
                        self._say(f"{self._name}: {text}")
