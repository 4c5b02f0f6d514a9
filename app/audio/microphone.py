"""Sound from a microphone, through PortAudio.

Three kinds of thread meet here. PortAudio's callback (``Capture``) copies and must never wait. PortAudio's thread
(portaudio.py) opens and closes, and may be stuck in it for ever. The reader does all the rest: resampling (intake.py),
noticing that no sound comes, having the device opened again; it waits for nobody. Any other may ask for ``status`` or
call ``stop``.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, wait
from typing import NamedTuple

from app.audio.backlog import sample_counts
from app.audio.computer.monitor import list_monitors, open_monitor
from app.audio.devices import COMPUTER, InputDevice, choose, silence_hint
from app.audio.input_stream import CAPACITY_S, check_inputs, open_stream, query
from app.audio.intake import Intake
from app.audio.portaudio import (
    ANSWER_S,
    NoAnswer,
    answer,
    close_stream,
    library,
    loud_stderr,
    order,
    quiet_stderr,
    stream_opened,
)
from app.audio.ring_buffer import Capture
from app.audio.source import AudioBlock, SourceState, SourceStatus
from utils import SAMPLE_RATE, HeardError

GONE_AFTER_S = 1.0
"""Without a callback for so long the device is gone, or its server hangs. Most systems say so earlier."""
FIRST_SOUND_S = 3.0
"""The same before the first callback: a wireless headset may take seconds to change its mode."""
TOLD_AFTER_S = 1.5
"""The user is told by then that no sound has come, or that the sound system has not answered."""
START_S = 1.0
"""How long ``start`` waits for the device; ``read`` waits on."""
STOP_S = 0.5
"""How long ``stop`` waits until the device is free. It will be, as soon as the sound system answers."""
RETRY_S, RETRY_LATER_S = 0.5, 2.0
"""How often a lost device is looked for: in the first minute, and after it."""
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.01, 0.1
"""Between two looks at what the callback left."""


class _Opened(NamedTuple):
    device: InputDevice
    stream: object
    capture: Capture


class Microphone:
    """An ``AudioSource``: an input device, opened at its own rate, as mono sound at 16 kHz.

    A device that goes away ends nothing, nor does a sound server that hangs: ``status`` says LOST within 1.5 s, and the
    reader has it looked for about twice a second until it is back. One that was named is waited for; the system's
    default may be another device by then. The clock goes by the wall meanwhile, so that ``AudioBlock.start_s`` jumps by
    the time that it was away; that is not counted as dropped. While another microphone of this process runs, a lost one
    is found again only in its old place (see ``input_stream.list_devices``).
    """

    def __init__(self, device: str | None = None, *, rate: int | None = None, channel: int | None = None):
        """``device``: part of its name or its index, None for the system's default, "computer" for what this computer
        plays. ``rate``: Hz to try first. ``channel``: the only one of its channels that is heard, from 1; None mixes
        them."""
        self.device, self.rate, self.channel = device, rate, channel
        self.name = "the sound of this computer" if device == COMPUTER else device or "default microphone"
        self._found: InputDevice | None = None
        self._opening: Future[_Opened] | None = None
        self._opened: _Opened | None = None  # of PortAudio's thread
        self._capture: Capture | None = None
        self._intake = Intake(channel)
        self._quiet_s = 0.0  # without a callback, up to now
        self._asked_at = self._lost_at = self._retry_at = 0.0
        self._overflows = 0  # of the streams before this one
        self._condition = (SourceState.WAITING, "")
        self._stopped = False  # no event: Ctrl-C in the middle of waiting for one can leave its lock taken

    @property
    def epoch(self) -> float | None:
        """What ``time.monotonic()`` was at 0 s of its clock; None before the first sound."""
        return self._intake.epoch

    @property
    def status(self) -> SourceStatus:
        state, message = (SourceState.ENDED, "") if self._stopped else self._condition
        capture = self._capture
        return SourceStatus(
            state,
            message,
            device=self._found.name if self._found else "",
            rate=capture.rate if capture else 0,
            overflows=self._overflows + (capture.overflows if capture else 0),
            dropped_s=self._intake.backlog.dropped_s,
            notice=self._intake.notice if state is SourceState.RUNNING else "",
        )

    def start(self) -> None:
        """Have the device opened, and wait for it, but not longer than 1 s: ``read`` waits on.

        Raises BadInput if none is called so, HeardError if there is none at all, if it cannot be opened, or if there
        is no PortAudio; ``read`` does that if it is known only then.
        """
        if self._asked_at or self._stopped:
            return
        self._ask()
        end = time.monotonic() + START_S
        while not (self._opening.done() or self._stopped) and time.monotonic() < end:
            wait([self._opening], LONGEST_WAIT_S)
        self._look()

    def stop(self) -> None:
        """Free the device, for good; safe to call twice and from another thread.

        Returns after 0.5 s at the latest; a sound system that hangs frees it when it answers again.
        """
        self._stopped = True
        with contextlib.suppress(HeardError):
            answer(order(self._free, always=True), STOP_S)

    def read(self, min_s: float, max_s: float, timeout_s: float = 0.5) -> AudioBlock | None:
        """See ``AudioSource.read``. Between two reads the newest 10 s are kept, however large ``max_s``.

        Raises what ``start`` does if the device has never been open and it turns out that it cannot be had.
        """
        if not (self._asked_at or self._stopped):
            raise RuntimeError("start() comes before read()")
        least, most = sample_counts(min_s, max_s)
        deadline = time.monotonic() + timeout_s
        while not self._stopped:
            self._look()
            missing = least
            if capture := self._capture:
                if self._intake.receive(capture, most):
                    self._condition = self._running()
                missing = least - len(self._intake.backlog)
                if missing <= 0:
                    return self._intake.backlog.take(most)
                if self._is_gone(capture):
                    self._lose(capture)
                    break  # so that the user is told at once
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            self._wait(capture, min(left_s, max(missing / SAMPLE_RATE, SHORTEST_WAIT_S), LONGEST_WAIT_S))
        return None

    # ------------------------------------------------------------ the reader's thread

    def _running(self) -> tuple[SourceState, str]:
        if self._intake.silent and not self._plays:  # that nothing is played is no fault
            return SourceState.SILENT, silence_hint(self.name)
        return SourceState.RUNNING, ""

    @property
    def _plays(self) -> bool:
        """Whether it is what this computer plays."""
        return self._found is not None and self._found.plays

    @property
    def _called(self) -> str:
        """What to call it within a line."""
        return f'"{self.name}"' if self._plays else f'microphone "{self.name}"'

    def _wait(self, capture: Capture | None, seconds: float) -> None:
        """Sleep. Only the time asked for counts as quiet: a process that was held up has not lost its microphone."""
        written = capture.ring.written if capture else 0
        time.sleep(seconds)
        self._quiet_s = self._quiet_s + seconds if capture and capture.ring.written == written else 0.0
        if capture and not written and self._quiet_s > TOLD_AFTER_S:
            self._condition = (SourceState.WAITING, f"No sound has come from {self._called} yet.")

    def _is_gone(self, capture: Capture) -> bool:
        if self._plays and not self._found.address:  # Windows' loopback says nothing while nothing is played
            return capture.finished
        return capture.finished or self._quiet_s > (GONE_AFTER_S if capture.ring.written else FIRST_SOUND_S)

    def _lose(self, capture: Capture) -> None:
        self._capture = None
        self._overflows += capture.overflows
        if capture.finished:
            message = f"{self._called[0].upper()}{self._called[1:]} is gone; waiting for it to come back."
        else:
            message = f"No sound comes from {self._called}; waiting for it to come back."
        self._condition = (SourceState.LOST, message)
        self._lost_at, self._retry_at = time.monotonic(), 0.0
        with contextlib.suppress(HeardError):
            order(self._free, always=True)

    def _look(self) -> None:
        """Take up the stream if it has been opened; while there is none have it opened, if it is time to."""
        opening, now = self._opening, time.monotonic()
        if opening is None:
            if self._capture is None and now >= self._retry_at:
                with contextlib.suppress(HeardError):
                    self._ask()
                self._retry_at = now + RETRY_S
        elif opening.done():
            self._opening = None
            self._retry_at = now + (RETRY_S if now - self._lost_at < 60 else RETRY_LATER_S)
            if opening.cancelled() or opening.exception():
                if self._found is None:
                    try:
                        opening.result()
                    finally:
                        del opening  # an error holds this frame: it must not hold the error
            elif (opened := opening.result()) is not None:
                self._found, self.name = opened.device, opened.device.name
                self._quiet_s = 0.0
                self._capture = opened.capture
        elif now - self._asked_at > START_S:
            loud_stderr()
            if self._found is None:
                self._not_yet(now - self._asked_at)

    def _ask(self) -> None:
        self._opening = order(self._open)
        self._asked_at = time.monotonic()

    def _not_yet(self, waited_s: float) -> None:
        if waited_s > ANSWER_S:
            self._opening.cancel()
            raise NoAnswer
        if waited_s > TOLD_AFTER_S:
            self._condition = (SourceState.WAITING, "The sound system has not answered yet.")

    # ------------------------------------------------------------ PortAudio's thread

    def _open(self) -> _Opened | None:
        """None if nobody wants it any more."""
        if self._stopped:
            return None
        with quiet_stderr():
            device, sounddevice = self._find()
            if device.address:
                check_inputs(device, self.channel)
                stream, capture = open_monitor(device, CAPACITY_S, self.channel)
            else:
                stream, capture = open_stream(sounddevice, device, self.rate, self.channel)
                stream_opened(stream)
        self._opened = _Opened(device, stream, capture)
        if self._stopped:
            self._free()
        return self._opened

    def _find(self) -> tuple[InputDevice, object]:
        """The device, and sounddevice if that was asked. A sound server is asked only for what PortAudio does not
        show: one that hangs has a queue of questions that fills up."""
        if self.device == COMPUTER and (monitors := list_monitors()):
            return choose(monitors, COMPUTER), None
        sounddevice = library()
        devices = query(sounddevice)
        try:
            return choose(devices, self.device, before=self._found), sounddevice
        except HeardError:
            if self.device is None or not (monitors := list_monitors()):
                raise
            return choose([*devices, *monitors], self.device, before=self._found), sounddevice

    def _free(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            if opened.device.address:
                opened.stream.close()
            else:
                close_stream(opened.stream)
            opened.capture.discard()
