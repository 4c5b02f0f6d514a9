"""A thread for an engine that listens: it does one piece of work at a time, and obeys orders between its blocks.

What the engine owns is touched in this thread alone, so that none of it needs a lock: window and server ask, and go on.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

Order = Callable[[], None]
"""Something quick: done between two blocks of the work that runs, or while nothing runs."""
Work = Callable[[threading.Event], None]
"""Something long. It ends soon after its event is set, and calls ``EngineThread.obey`` as often as it can."""


class EngineThread:
    """A daemon thread. Work and orders are taken in the order in which they were asked for.

    ``begin``, ``stop`` and ``close`` belong to one thread, ``submit`` is for any, and all of them return at once.
    ``obey`` is for work. What work or an order raises goes to a callback, in the engine's thread, which lives on.
    """

    def __init__(self, on_error: Callable[[Exception], None], name: str = "engine"):
        """``on_error`` gets what orders raise, and work that has no callback of its own. It must not raise."""
        self._on_error = on_error
        self._changed = threading.Condition()
        self._waiting: deque[Order | _Work] = deque()
        self._stop = threading.Event()  # of the work that was asked for last
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread, once."""
        self._thread.start()

    def begin(self, work: Work, on_error: Callable[[Exception], None] | None = None) -> None:
        """Stop the work that runs and do this next. Work that was stopped before it began is called all the same."""
        self.stop()
        self._stop = threading.Event()
        self._put(_Work(work, self._stop, on_error or self._on_error))

    def stop(self) -> None:
        """Tell the work that runs to end; does not wait."""
        self._stop.set()

    def submit(self, order: Order) -> None:
        """Have something done as soon as there is a moment."""
        self._put(order)

    def close(self) -> None:
        """End the thread once everything is done that was asked for; does not stop work."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end after ``close``. Whether it has: some work cannot be cut short."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def obey(self) -> None:
        """Obey the orders that came before the next work. For work, between two blocks."""
        while True:
            with self._changed:
                if not self._waiting or isinstance(self._waiting[0], _Work):
                    return
                order = self._waiting.popleft()
            self._guarded(order, self._on_error)

    def _put(self, what: Order | _Work) -> None:
        with self._changed:
            self._waiting.append(what)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self.obey()
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                if not isinstance(self._waiting[0], _Work):
                    continue
                work = self._waiting.popleft()
            self._guarded(lambda: work.run(work.stop), work.on_error)  # noqa: B023  called at once

    @staticmethod
    def _guarded(call: Callable[[], None], on_error: Callable[[Exception], None]) -> None:
        try:
            call()
        except Exception as error:
            on_error(error)


class _Work(NamedTuple):
    run: Work
    stop: threading.Event
    on_error: Callable[[Exception], None]
