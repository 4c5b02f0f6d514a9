"""Sound from a microphone, through PortAudio.

Three kinds of thread meet here. PortAudio's own runs the callback (``Capture``), which copies and must never wait. The
reader's does all the rest: resampling (intake.py), noticing that the device is gone, opening it again; it may wait. Any
other may ask for ``status`` or call ``stop``.
"""

from __future__ import annotations

import contextlib
import threading
import time

from app.audio.backlog import sample_counts
from app.audio.devices import InputDevice, choose, silence_hint
from app.audio.intake import Intake
from app.audio.portaudio import close_stream, library, lock, quiet_stderr, reason, stream_opened
from app.audio.ring_buffer import Capture
from app.audio.source import AudioBlock, SourceState, SourceStatus
from utils import SAMPLE_RATE, HeardError

CAPACITY_S = 10.0
"""Sound that is kept for a reader that is busy elsewhere."""
BLOCK_S = 0.02
"""Sound per callback."""
GONE_AFTER_S = 1.0
"""Without a callback for so long the device is gone. Most systems say so earlier."""
FIRST_SOUND_S = 3.0
"""The same before the first callback: a wireless headset may take seconds to change its mode."""
RETRY_S = 0.5
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.01, 0.1
"""Between two looks at what the callback left."""

USUAL_RATES = (48_000, 44_100, 32_000, 16_000)
WRONG_FORMAT = {-9997, -9998}  # paInvalidSampleRate, paInvalidChannelCount


def list_devices() -> list[InputDevice]:
    """Everything that sound can be recorded from, in PortAudio's order; may be empty.

    Devices plugged in since the last look are seen only while no microphone of this process is open: the list is made
    anew by restarting PortAudio, which would end it. Raises HeardError if there is no PortAudio.
    """
    with lock, quiet_stderr():
        return _query(library())


class Microphone:
    """An ``AudioSource``: an input device, opened at its own rate, as mono sound at 16 kHz.

    A device that goes away ends nothing: ``status`` says LOST, and ``read`` looks for it about twice a second until it
    is back (a read may then take as long as opening a device does, some tenths of a second). One that was named is
    waited for; the system's default may be another device by then. The clock goes by the wall meanwhile, so that
    ``AudioBlock.start_s`` jumps by the time that it was away; that is not counted as dropped. While another microphone
    of this process runs, a lost one is found again only in its old place (see ``list_devices``).
    """

    def __init__(self, device: str | None = None, *, rate: int | None = None):
        """``device``: part of its name or its index, None for the system's default. ``rate``: Hz to try first."""
        self.device, self.rate = device, rate
        self.name = device or "default microphone"
        self._found: InputDevice | None = None
        self._stream = None
        self._capture: Capture | None = None
        self._intake = Intake()
        self._quiet_s = 0.0  # without a callback, up to now
        self._retry_at = 0.0
        self._overflows = 0  # of the streams before this one
        self._condition = (SourceState.WAITING, "")
        self._stopped = threading.Event()

    @property
    def status(self) -> SourceStatus:
        state, message = (SourceState.ENDED, "") if self._stopped.is_set() else self._condition
        capture = self._capture
        return SourceStatus(
            state,
            message,
            device=self._found.name if self._found else "",
            rate=capture.rate if capture else 0,
            overflows=self._overflows + (capture.overflows if capture else 0),
            dropped_s=self._intake.backlog.dropped_s,
        )

    def start(self) -> None:
        """Open the device; blocks meanwhile.

        Raises BadInput if none is called so, HeardError if there is none at all, if it cannot be opened, or if there
        is no PortAudio.
        """
        with lock:
            if self._stream is not None or self._stopped.is_set():
                return
            self._open()

    def stop(self) -> None:
        """Free the device, for good; safe to call twice and from another thread, which may wait for an opening."""
        self._stopped.set()
        with lock:
            self._close()

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``. Between two reads the newest 10 s are kept, however large ``max_s``."""
        if self._found is None and not self._stopped.is_set():
            raise RuntimeError("start() comes before read()")
        least, most = sample_counts(min_s, max_s)
        deadline = time.monotonic() + timeout_s
        while not self._stopped.is_set():
            capture = self._capture
            if capture is None:
                self._try_again()
            else:
                if self._intake.receive(capture, most):
                    self._condition = self._running()
                missing = least - len(self._intake.backlog)
                if missing <= 0:
                    return self._intake.backlog.take(most)
                if self._is_gone(capture):
                    self._lose()
                    break  # so that the user is told at once
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            if capture is not None:
                self._wait(capture, min(left_s, max(missing / SAMPLE_RATE, SHORTEST_WAIT_S), LONGEST_WAIT_S))
            elif self._capture is None:
                self._stopped.wait(min(left_s, max(0.0, self._retry_at - time.monotonic())))
        return None

    def _running(self) -> tuple[SourceState, str]:
        if self._intake.silent:
            return SourceState.SILENT, silence_hint(self.name)
        return SourceState.RUNNING, ""

    def _wait(self, capture: Capture, seconds: float) -> None:
        """Sleep. Only the time asked for counts as quiet: a process that was held up has not lost its microphone."""
        written = capture.ring.written
        self._stopped.wait(seconds)
        self._quiet_s = self._quiet_s + seconds if capture.ring.written == written else 0.0

    def _is_gone(self, capture: Capture) -> bool:
        return capture.finished or self._quiet_s > (GONE_AFTER_S if capture.ring.written else FIRST_SOUND_S)

    def _lose(self) -> None:
        with lock:
            self._close()
        self._condition = (SourceState.LOST, f'Microphone "{self.name}" is gone; waiting for it to come back.')
        self._retry_at = 0.0

    def _try_again(self) -> None:
        """See, if it is time to, whether the device can be opened again."""
        if time.monotonic() >= self._retry_at:
            with contextlib.suppress(HeardError):
                self._open()
            self._retry_at = time.monotonic() + RETRY_S

    def _open(self) -> None:
        with lock, quiet_stderr():
            if self._stopped.is_set():
                return
            sounddevice = library()
            device = choose(_query(sounddevice), self.device, before=self._found)
            self._stream, capture = _open_stream(sounddevice, device, self.rate)
            stream_opened(self._stream)
            self._found, self.name = device, device.name
            self._quiet_s = 0.0
            self._capture = capture

    def _close(self) -> None:
        """Free the device; the caller holds PortAudio."""
        stream, capture = self._stream, self._capture
        self._stream = self._capture = None
        if stream is not None:
            close_stream(stream)
            self._overflows += capture.overflows


def _query(sounddevice) -> list[InputDevice]:
    try:
        default = sounddevice.query_devices(kind="input")["index"]
    except (sounddevice.PortAudioError, ValueError):
        default = None
    hosts = sounddevice.query_hostapis()
    return [
        InputDevice(
            index=device["index"],
            name=device["name"],
            host_api=hosts[device["hostapi"]]["name"],
            channels=device["max_input_channels"],
            default_rate=round(device["default_samplerate"]),
            is_default=device["index"] == default,
        )
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0
    ]


def _open_stream(sounddevice, device: InputDevice, rate: int | None) -> tuple[object, Capture]:
    """A running stream, in the first format that the device takes.

    Two channels where there are two, because which of them the voice is on differs; some devices give all or nothing.
    """
    problem = None
    for channels in dict.fromkeys((min(2, device.channels), device.channels)):
        for hz in dict.fromkeys((rate or device.default_rate, device.default_rate, *USUAL_RATES)):
            capture = Capture(hz, channels, CAPACITY_S)
            stream = None
            try:
                stream = sounddevice.InputStream(
                    device=device.index,
                    samplerate=hz,
                    channels=channels,
                    dtype="float32",
                    blocksize=round(BLOCK_S * hz),
                    callback=capture,
                    finished_callback=capture.finish,
                )
                stream.start()
                return stream, capture
            except sounddevice.PortAudioError as error:
                if stream is not None:
                    stream.close(ignore_errors=True)
                problem = problem or error
                if not WRONG_FORMAT.intersection(error.args):
                    break
    raise HeardError(
        f'microphone "{device.name}" cannot be opened ({reason(problem)}): close other programs that use it, '
        "or choose another with --device NAME."
    )
