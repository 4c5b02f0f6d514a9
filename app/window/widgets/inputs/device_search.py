"""Which inputs there are, and how many channels each has. Asking the system can take a while, so a thread does it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping

from utils import HeardError

Inputs = Collection[str] | Mapping[str | None, int]
"""Names of inputs; as a mapping, with how many channels each has, where None is the default microphone."""


def microphone_inputs() -> dict[str | None, int]:
    """The inputs that there are now, what the computer plays after the microphones; none if the system has no sound at
    all. Of what is no microphone the channels are 0: there is nothing to choose."""
    from app.audio.computer.monitor import list_monitors
    from app.audio.devices import choose
    from app.audio.input_stream import channel_counts, list_devices
    from app.audio.portaudio import NoAnswer

    try:
        devices = list_devices()
    except NoAnswer:
        return {}
    except HeardError:
        devices = []
    found: dict[str | None, int] = {}
    if devices:
        found[None] = channel_counts(choose(devices, None).channels, None)[0]
    for device in sorted([*devices, *list_monitors()], key=lambda device: device.plays):  # a stable sort
        # As many as are opened: plug-ins of a sound system claim channels that there are not.
        found.setdefault(device.name, 0 if device.plays else channel_counts(device.channels, None)[0])
    return found


class DeviceSearch:
    """One look for inputs, in a thread that knows nothing of Qt: the window may be gone before it ends."""

    def __init__(self, find: Callable[[], Inputs]):
        self.found: Inputs | None = None
        self._thread = threading.Thread(target=self._run, args=(find,), name="microphones", daemon=True)
        self._thread.start()

    def _run(self, find: Callable[[], Inputs]) -> None:
        found: Inputs = {}
        try:
            found = find()
        finally:
            self.found = found

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)
