"""libpulse, as far as it is needed to hear what this computer plays: PulseAudio's and PipeWire's monitor sources.

PortAudio sees of a sound server only what ALSA's plugin shows, which is its default source. libpulse is there wherever
a desktop makes sound, PipeWire answers it, too, and its asynchronous interface never blocks: a server that hangs costs
the time-out that was asked for. (``parec`` is in a package that many systems lack; the variable PULSE_SOURCE is
process-wide, and PipeWire's own ALSA plugin does not read it.)

Structures are those of libpulse.so.0, whose first fields have not moved since 2007.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from collections.abc import Callable, Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_void_p
from functools import cache
from typing import NamedTuple

from utils import HeardError

ANSWER_S = 2.0
"""How long a server may take to answer."""
FLOAT32_LE, FLOAT32_BE = 5, 6
NOT_READ = 0xFFFFFFFF
CONTEXT_READY, CONTEXT_FAILED = 4, 5
STREAM_READY, STREAM_FAILED = 2, 3
NO_AUTOSPAWN = 0x1
BY_NUMBER = 0x0010
"""Channels are those of the source in its own order, not the ones of the same name."""
DONT_MOVE, ADJUST_LATENCY = 0x0200, 0x2000
"""A source that goes away ends the stream, in place of a silent change to another; and the server hands sound on at
once, in place of seconds of it in advance."""


class NoPulse(HeardError):
    """There is no libpulse here, or no server that answers it."""


class SampleSpec(Structure):
    _fields_ = [("format", c_int), ("rate", c_uint32), ("channels", c_uint8)]


class _ChannelMap(Structure):
    _fields_ = [("channels", c_uint8), ("map", c_int * 32)]


class _Volume(Structure):
    _fields_ = [("channels", c_uint8), ("values", c_uint32 * 32)]


class _SourceInfo(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("index", c_uint32),
        ("description", c_char_p),
        ("sample_spec", SampleSpec),
        ("channel_map", _ChannelMap),
        ("owner_module", c_uint32),
        ("volume", _Volume),
        ("mute", c_int),
        ("monitor_of_sink", c_uint32),
        ("monitor_of_sink_name", c_char_p),
    ]


class _ServerInfo(Structure):
    _fields_ = [
        ("user_name", c_char_p),
        ("host_name", c_char_p),
        ("server_version", c_char_p),
        ("server_name", c_char_p),
        ("sample_spec", SampleSpec),
        ("default_sink_name", c_char_p),
    ]


class BufferAttributes(Structure):
    _fields_ = [(name, c_uint32) for name in ("maxlength", "tlength", "prebuf", "minreq", "fragsize")]


_SourceCallback = CFUNCTYPE(None, c_void_p, POINTER(_SourceInfo), c_int, c_void_p)
_ServerCallback = CFUNCTYPE(None, c_void_p, POINTER(_ServerInfo), c_void_p)

_POINTERS = (
    "mainloop_new",
    "mainloop_get_api",
    "context_new",
    "context_get_source_info_list",
    "context_get_server_info",
    "stream_new",
)
"""What returns a pointer."""
_TAKES_POINTER = (
    "mainloop_free",
    "mainloop_get_api",
    "mainloop_poll",
    "mainloop_dispatch",
    "context_get_state",
    "context_disconnect",
    "context_unref",
    "operation_unref",
    "stream_get_state",
    "stream_disconnect",
    "stream_unref",
    "stream_drop",
)
"""What takes one pointer and nothing else."""


@cache
def library() -> ctypes.CDLL:
    """libpulse with its prototypes. Raises NoPulse where there is none."""
    if not sys.platform.startswith("linux"):
        raise NoPulse("this system has no PulseAudio or PipeWire.")
    try:
        pulse = ctypes.CDLL("libpulse.so.0")
    except OSError:
        raise NoPulse("libpulse is missing: sudo apt-get install libpulse0 (Debian, Ubuntu).") from None
    for name in _TAKES_POINTER:
        getattr(pulse, f"pa_{name}").argtypes = [c_void_p]
    for name in _POINTERS:
        getattr(pulse, f"pa_{name}").restype = c_void_p
    pulse.pa_mainloop_prepare.argtypes = [c_void_p, c_int]
    pulse.pa_context_new.argtypes = [c_void_p, c_char_p]
    pulse.pa_context_connect.argtypes = [c_void_p, c_char_p, c_int, c_void_p]
    pulse.pa_context_get_source_info_list.argtypes = [c_void_p, _SourceCallback, c_void_p]
    pulse.pa_context_get_server_info.argtypes = [c_void_p, _ServerCallback, c_void_p]
    pulse.pa_stream_new.argtypes = [c_void_p, c_char_p, POINTER(SampleSpec), c_void_p]
    pulse.pa_stream_connect_record.argtypes = [c_void_p, c_char_p, POINTER(BufferAttributes), c_int]
    pulse.pa_stream_peek.argtypes = [c_void_p, POINTER(c_void_p), POINTER(c_size_t)]
    return pulse


class Source(NamedTuple):
    """A monitor source."""

    name: str
    """The server's: "alsa_output.pci-0000_00_1f.3.analog-stereo.monitor"."""
    description: str
    """For people: "Monitor of Built-in Audio"."""
    rate: int
    channels: int
    is_default: bool
    """Whether it hears the loudspeaker that programs play to by default."""


class Connection:
    """A connection to the server, for one thread. Raises NoPulse if there is none within 2 s."""

    def __init__(self) -> None:
        self.pulse = library()
        self._loop = self.pulse.pa_mainloop_new()
        self.context = self.pulse.pa_context_new(self.pulse.pa_mainloop_get_api(self._loop), b"Heard")
        try:
            if self.pulse.pa_context_connect(self.context, None, NO_AUTOSPAWN, None) < 0:
                raise NoPulse("no sound server (PulseAudio or PipeWire) runs here.")
            self.wait(lambda: self._state() == CONTEXT_READY)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Once."""
        self.pulse.pa_context_disconnect(self.context)
        self.pulse.pa_context_unref(self.context)
        self.pulse.pa_mainloop_free(self._loop)

    def _state(self) -> int:
        return self.pulse.pa_context_get_state(self.context)

    @property
    def alive(self) -> bool:
        return self._state() < CONTEXT_FAILED

    def turn(self, timeout_s: float) -> None:
        """Let the server's news in; waits for them, but not longer than that."""
        for step in (
            lambda: self.pulse.pa_mainloop_prepare(self._loop, round(1e6 * timeout_s)),
            lambda: self.pulse.pa_mainloop_poll(self._loop),
            lambda: self.pulse.pa_mainloop_dispatch(self._loop),
        ):
            if step() < 0:
                raise NoPulse("the sound server has gone.")

    def wait(self, done: Callable[[], bool]) -> None:
        """Until it is done. Raises NoPulse if the server goes away or has not answered after 2 s."""
        end = time.monotonic() + ANSWER_S
        while not done():
            if not self.alive:
                raise NoPulse("no sound server (PulseAudio or PipeWire) runs here.")
            if time.monotonic() > end:
                raise NoPulse("the sound server does not answer.")
            self.turn(0.1)

    def _ask(self, ask: Callable[..., int], callback: object, done: Callable[[], bool]) -> None:
        operation = ask(self.context, callback, None)
        try:
            self.wait(done)
        finally:
            if operation:
                self.pulse.pa_operation_unref(operation)

    def monitors(self) -> list[Source]:
        """What can be heard of what this computer plays, the default first."""
        rows: list[tuple[str, str, int, int, str]] = []
        default: list[str] = []
        over: list[int] = []

        def take(_context: int, info: object, end: int, _data: object) -> None:
            if end:
                over.append(end)
            elif info and info.contents.monitor_of_sink_name:
                one = info.contents
                spec = one.sample_spec
                names = (_text(one.name), _text(one.description), _text(one.monitor_of_sink_name))
                rows.append((*names[:2], spec.rate, spec.channels, names[2]))

        def take_server(_context: int, info: object, _data: object) -> None:
            default.append(_text(info.contents.default_sink_name) if info else "")

        sources, server = _SourceCallback(take), _ServerCallback(take_server)  # kept until the answers are there
        self._ask(self.pulse.pa_context_get_server_info, server, lambda: bool(default))
        self._ask(self.pulse.pa_context_get_source_info_list, sources, lambda: bool(over))
        found = [
            Source(name, text or name, rate, channels, sink == default[0]) for name, text, rate, channels, sink in rows
        ]
        return sorted(found, key=lambda source: not source.is_default)


@contextlib.contextmanager
def connected() -> Iterator[Connection]:
    """A connection for as long as the block runs."""
    connection = Connection()
    try:
        yield connection
    finally:
        connection.close()


def sample_spec(rate: int, channels: int) -> SampleSpec:
    return SampleSpec(FLOAT32_LE if sys.byteorder == "little" else FLOAT32_BE, rate, channels)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
