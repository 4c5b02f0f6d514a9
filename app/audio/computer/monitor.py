"""What this computer plays, as an input: monitor sources of a sound server, or what stands for them elsewhere."""

from __future__ import annotations

import ctypes
import threading
from ctypes import byref
from types import SimpleNamespace

import numpy as np

from app.audio.computer.pulse import (
    ADJUST_LATENCY,
    BY_NUMBER,
    DONT_MOVE,
    NOT_READ,
    STREAM_FAILED,
    STREAM_READY,
    BufferAttributes,
    Connection,
    NoPulse,
    connected,
    sample_spec,
)
from app.audio.devices import InputDevice
from app.audio.ring_buffer import Capture

HOST_API = "PulseAudio monitor"
BLOCK_S = 0.02
"""Sound that the server gathers before it hands it on."""
LOOK_S = 0.1
"""How often a stream looks whether it is to end."""
_NO_FLAGS = SimpleNamespace(input_overflow=False)


def list_monitors() -> list[InputDevice]:
    """The monitor sources of the sound server, the default loudspeaker's first; none where there is no server."""
    try:
        with connected() as connection:
            return [
                InputDevice(
                    index=-1,
                    name=source.description,
                    host_api=HOST_API,
                    channels=source.channels,
                    default_rate=source.rate,
                    is_default=source.is_default,
                    plays=True,
                    address=source.name,
                )
                for source in connection.monitors()
            ]
    except NoPulse:
        return []


def open_monitor(device: InputDevice, capacity_s: float, channel: int | None = None) -> tuple[MonitorStream, Capture]:
    """A running stream of a monitor source, at its own rate, and where its sound goes. Waits 2 s at most.

    Of more than two channels the sound server makes two, unless a ``channel`` is wanted. Raises NoPulse if it cannot
    be had.
    """
    capture = Capture(device.default_rate, min(2, device.channels) if channel is None else device.channels, capacity_s)
    stream = MonitorStream(device, capture)
    stream.start()
    return stream, capture


class MonitorStream:
    """A thread that reads one monitor source into a ``Capture``, as PortAudio's callback does for a microphone."""

    def __init__(self, device: InputDevice, capture: Capture):
        self._device, self._capture = device, capture
        self._stop, self._opened = threading.Event(), threading.Event()
        self._problem: NoPulse | None = None
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)

    def start(self) -> None:
        """Returns when it is open. Raises NoPulse if it cannot be had."""
        self._thread.start()
        self._opened.wait()  # every step of the way there has its time-out
        if self._problem is not None:
            raise self._problem

    def close(self) -> None:
        """End it; waits for its thread, which looks ten times a second."""
        self._stop.set()
        self._thread.join(5 * LOOK_S)

    def _run(self) -> None:
        try:
            with connected() as connection:
                self._listen(connection)
        except NoPulse as problem:
            self._problem = problem
        finally:
            self._capture.finish()
            self._opened.set()

    def _listen(self, connection: Connection) -> None:
        pulse, rate, channels = connection.pulse, self._capture.rate, self._capture.ring.channels
        stream = pulse.pa_stream_new(connection.context, b"listening", byref(sample_spec(rate, channels)), None)
        if not stream:
            raise NoPulse(f'"{self._device.name}" cannot be heard in its own format.')
        try:
            block = 4 * channels * round(BLOCK_S * rate)
            wanted = BufferAttributes(NOT_READ, NOT_READ, NOT_READ, NOT_READ, block)
            flags = DONT_MOVE | ADJUST_LATENCY | (BY_NUMBER if channels == self._device.channels else 0)
            pulse.pa_stream_connect_record(stream, self._device.address.encode(), byref(wanted), flags)
            connection.wait(lambda: pulse.pa_stream_get_state(stream) >= STREAM_READY)
            if pulse.pa_stream_get_state(stream) >= STREAM_FAILED:
                raise NoPulse(f'"{self._device.name}" is not there.')
            self._opened.set()
            while not self._stop.is_set() and connection.alive and pulse.pa_stream_get_state(stream) == STREAM_READY:
                connection.turn(LOOK_S)
                self._take(pulse, stream, channels)
        finally:
            pulse.pa_stream_disconnect(stream)
            pulse.pa_stream_unref(stream)

    def _take(self, pulse: ctypes.CDLL, stream: int, channels: int) -> None:
        """Hand on what has come."""
        data, count = ctypes.c_void_p(), ctypes.c_size_t()
        while True:
            if pulse.pa_stream_peek(stream, byref(data), byref(count)) < 0 or not count.value:
                return
            frames = count.value // (4 * channels)
            if data.value:
                raw = (ctypes.c_float * (frames * channels)).from_address(data.value)
                sound = np.frombuffer(raw, np.float32).reshape(frames, channels)
            else:  # a hole: sound that the server lost
                sound = np.zeros((frames, channels), np.float32)
            self._capture(sound, frames, None, _NO_FLAGS)
            pulse.pa_stream_drop(stream)
