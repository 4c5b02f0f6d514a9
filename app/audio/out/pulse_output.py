"""Sound into one sink of a sound server, PulseAudio or PipeWire: PortAudio sees there no more than the default.

``libpulse-simple`` comes with libpulse. Its calls block, so a thread of their own makes them.
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p

import numpy as np

from app.audio.computer.pulse import NOT_READ, BufferAttributes, NoPulse, SampleSpec, connected, sample_spec
from app.audio.out.playback import Playback
from utils import HeardError

PLAYBACK = 1
BLOCK_S = 0.02
LATENCY_S = 0.08
"""Sound that the server holds."""
MONITOR = ".monitor"


def sinks() -> dict[str, str]:
    """The sinks of the sound server, by name, with what they are called for people; none where there is no server."""
    try:
        with connected() as connection:
            found = connection.monitors()
    except NoPulse:
        return {}
    return {
        source.name.removesuffix(MONITOR): source.description.removeprefix("Monitor of ")
        for source in found
        if source.name.endswith(MONITOR)
    }


class PulseOutput:
    """Plays into a sink until it is closed. Raises HeardError if it cannot be opened."""

    def __init__(self, sink: str, rate: int = 48_000):
        self.name = sink
        self.playback = Playback(rate)
        self.error = ""
        """One line, if the server went away."""
        self._pulse = _library()
        self._ended = threading.Event()
        self._stream = self._open(rate)
        self._thread = threading.Thread(target=self._run, name="pulse output", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Once."""
        self._ended.set()
        self._thread.join(2.0)

    def _open(self, rate: int) -> int:
        spec, failed = sample_spec(rate, 1), c_int(0)
        size = round(LATENCY_S * rate) * 4
        buffer = BufferAttributes(NOT_READ, size, NOT_READ, NOT_READ, NOT_READ)
        stream = self._pulse.pa_simple_new(
            None, b"Heard", PLAYBACK, self.name.encode(), b"only chosen voices", byref(spec), None, byref(buffer),
            byref(failed),
        )  # fmt: skip
        if not stream:
            raise HeardError(f'the output "{self.name}" cannot be opened (error {failed.value} of the sound server).')
        return stream

    def _run(self) -> None:
        block = np.zeros(round(BLOCK_S * self.playback.rate), np.float32)
        failed = c_int(0)
        while not self._ended.is_set():
            self.playback.fill(block)
            if self._pulse.pa_simple_write(self._stream, block.ctypes.data, block.nbytes, byref(failed)) < 0:
                self.error = f'the output "{self.name}" went away.'
                break
        self._pulse.pa_simple_free(self._stream)


def _library() -> ctypes.CDLL:
    try:
        pulse = ctypes.CDLL("libpulse-simple.so.0")
    except OSError:
        raise HeardError("libpulse is missing: sudo apt-get install libpulse0 (Debian, Ubuntu).") from None
    pulse.pa_simple_new.restype = c_void_p
    pulse.pa_simple_new.argtypes = [
        c_char_p, c_char_p, c_int, c_char_p, c_char_p, POINTER(SampleSpec), c_void_p, POINTER(BufferAttributes),
        POINTER(c_int),
    ]  # fmt: skip
    pulse.pa_simple_write.argtypes = [c_void_p, c_void_p, c_size_t, POINTER(c_int)]
    pulse.pa_simple_free.argtypes = [c_void_p]
    return pulse
