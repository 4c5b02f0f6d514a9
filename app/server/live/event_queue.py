"""The events that wait to be sent to one listener. Of too many the oldest are lost, and the listener is told so."""

from __future__ import annotations

import asyncio
from collections import deque

Event = dict[str, object]


class EventQueue:
    """``put`` is for any thread, ``get`` for the event loop that the object was made in."""

    def __init__(self, max_events: int = 64):
        self._loop = asyncio.get_running_loop()
        self._events: deque[Event] = deque()
        self._max_events = max_events
        self._lost = 0
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, event: Event) -> None:
        """Add an event; of too many the oldest identifications go. Never waits."""
        self._call_in_loop(self._put, event)

    def close(self) -> None:
        """Nothing more will come: ``get`` gives None after what is here."""
        self._call_in_loop(self._close)

    async def get(self) -> Event | None:
        """The next event, or None when it is closed and empty."""
        while not self._events and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        if self._lost:
            lost, self._lost = self._lost, 0
            return notice("events_dropped", f"{lost} events were skipped: they were not taken fast enough.", count=lost)
        return self._events.popleft() if self._events else None

    def _call_in_loop(self, function, *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop is over, and with it the listener
            return

    def _put(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) > self._max_events:
            oldest = next((e for e in self._events if e["type"] == "identification"), self._events[0])
            self._events.remove(oldest)
            self._lost += 1
        self._changed.set()

    def _close(self) -> None:
        self._closed = True
        self._changed.set()


def notice(code: str, message: str, **more: object) -> Event:
    """Something that the listener should know, while it goes on."""
    return {"type": "notice", "code": code, "message": message, **more}


def failure(code: str, message: str) -> Event:
    """Something that was asked for and cannot be, or the reason why the connection ends."""
    return {"type": "error", "code": code, "message": message}
