"""What live connections tell of themselves, on its way to everybody who listens to ``/v1/events``."""

from __future__ import annotations

import itertools
import threading

from app.events.event import SpeakerEvent
from app.server.live.event_queue import EventQueue


class EventHub:
    """One per server. ``publish`` and ``leave`` are for any thread, the rest is for the event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[EventQueue, bool] = {}  # queue -> whether it wants what is shown
        self._newest: dict[tuple[str, int | None, str], SpeakerEvent] = {}  # of each source and channel: state, shown
        self._numbers = itertools.count(1)
        self._closed = False

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def new_source(self) -> str:
        """The name of another live connection: "live 1", "live 2" ..."""
        return f"live {next(self._numbers)}"

    def publish(self, event: SpeakerEvent) -> None:
        """Tell everybody. Never waits."""
        shown = event.type == "shown"
        with self._lock:
            if shown:
                self._newest[event.source, event.channel, "shown"] = event
            else:
                self._newest[event.source, None, "state"] = event
            for queue, wants_shown in self._listeners.items():
                if wants_shown or not shown:
                    queue.put(event.as_json())

    def leave(self, source: str) -> None:
        """A live connection is over."""
        with self._lock:
            for key in [key for key in self._newest if key[0] == source]:
                del self._newest[key]

    def listen(self, *, shown: bool) -> EventQueue:
        """A queue of everything from now on; at first how things are, for each live connection."""
        queue = EventQueue()
        with self._lock:
            for event in self._newest.values():
                if shown or event.type != "shown":
                    queue.put(event.as_state().as_json())
            self._listeners[queue] = shown
            if self._closed:
                queue.close()
        return queue

    def forget(self, queue: EventQueue) -> None:
        """Nobody reads this queue any more."""
        with self._lock:
            self._listeners.pop(queue, None)

    def close(self) -> None:
        """The server stops: nothing more will come."""
        with self._lock:
            self._closed = True
            for queue in self._listeners:
                queue.close()


class HubSink:
    """A live connection's way to the hub."""

    def __init__(self, hub: EventHub, source: str):
        self._hub, self._source = hub, source

    def put(self, event: SpeakerEvent) -> None:
        self._hub.publish(event)

    def close(self) -> None:
        self._hub.leave(self._source)
