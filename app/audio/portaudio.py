"""PortAudio, shared by microphones and loudspeakers. The only file that knows of sounddevice.

PortAudio is made for one thread, and a sound server that hangs keeps a call for half a minute or for ever. So one
thread makes all the calls, one after another, and nobody waits for it longer than he says: what he asked for may still
happen later, and clears up after itself then.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TypeVar

from utils import HeardError, leave_at_once_if

T = TypeVar("T")

ANSWER_S = 5.0
"""A call that takes longer gets no answer: the sound system is stuck."""
EXIT_S, HURRIED_EXIT_S = 5.0, 0.7
"""How long the end of the program waits for PortAudio: where Python is taken down under its thread, which could crash
then; where the process just ends."""

_open_streams: set[object] = set()
"""While one is open PortAudio is not restarted, which would end it. Of PortAudio's thread."""
_pinned: set[str] = set()
_leaving = False
_closing: Future | None = None


class NoAnswer(HeardError):
    """The sound system is stuck. It may come back."""

    def __init__(self) -> None:
        super().__init__("the sound system does not answer: restart the sound server, or log out and in again.")


# ---------------------------------------------------------------------------- the thread


class _Worker:
    """Makes calls one after another, in a daemon thread that begins with the first."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[tuple[Future, Callable[[], object]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None
        self._began_at: float | None = None  # the call that is under way
        self.hurry = threading.Event()
        """Nobody waits any more."""

    def order(self, function: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._orders.put((future, function))
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="portaudio", daemon=True)
                self._thread.start()
        return future

    @property
    def began(self) -> bool:
        """Whether anything was ever ordered."""
        return self._thread is not None

    def busy_s(self) -> float:
        """How long the call that is under way has taken up to now; 0 if there is none."""
        began_at = self._began_at
        return 0.0 if began_at is None else time.monotonic() - began_at

    def _run(self) -> None:
        while True:
            self._make(*self._orders.get())

    def _make(self, future: Future, function: Callable[[], object]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        self._began_at = time.monotonic()
        try:
            answer = function()
        except BaseException as error:
            self._began_at = None
            future.set_exception(error)
        else:
            self._began_at = None
            future.set_result(answer)
        future = None  # the error holds this frame: it must not hold the error


_worker = _Worker()


def order(function: Callable[[], T], *, always: bool = False) -> Future[T]:
    """Have ``function`` called in PortAudio's thread, after what was ordered before. Does not wait.

    Raises NoAnswer, unless ``always``, if a call has been under way for very long.
    """
    _stand_still_at_the_end()
    if not always and _worker.busy_s() > ANSWER_S:
        raise NoAnswer
    return _worker.order(function)


def answer(future: Future[T], timeout_s: float) -> T:
    """What an order gave. Raises what it raised, and NoAnswer if there is none by then; then it may be cancelled."""
    end = time.monotonic() + timeout_s
    while not (future.done() or _worker.hurry.is_set()) and (left_s := end - time.monotonic()) > 0:
        wait([future], min(left_s, 0.1))
    if not future.done():
        _stand_still_at_the_end()
        loud_stderr()
        raise NoAnswer
    try:
        return future.result()
    finally:
        del future  # an error holds this frame: it must not hold the error


def call(function: Callable[[], T], timeout_s: float = ANSWER_S) -> T:
    """Call ``function`` in PortAudio's thread and wait for it. Raises what it raises, and NoAnswer after ``timeout_s``.

    If it has begun by then it goes on: what it opens it must close again if nobody wants it any more.
    """
    future = order(function)
    try:
        return answer(future, timeout_s)
    finally:
        future.cancel()
        del future


def wait_no_more() -> None:
    """The program is about to end: whoever waits for PortAudio, now or later, is told that there is no answer."""
    _worker.hurry.set()


# ---------------------------------------------------------------------------- in that thread


def library():
    """The sounddevice module, with its list of devices made anew if no stream is open. For PortAudio's thread.

    Raises HeardError if PortAudio is missing or does not answer.
    """
    if _leaving:
        raise HeardError("the program is ending.")
    loaded = "sounddevice" in sys.modules
    try:
        import sounddevice
    except OSError:
        raise HeardError(f"PortAudio, which microphones need, is missing: {_how_to_install()}") from None
    if not loaded:
        atexit.register(_leave)
    elif not _open_streams:
        # PortAudio lists its devices when it starts, and sounddevice has no public way to start it again.
        _pin_plugins()
        with contextlib.suppress(sounddevice.PortAudioError):  # not initialised, if it failed the last time
            sounddevice._terminate()
        try:
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise HeardError(f"the sound system does not answer ({reason(error)}).") from None
    return sounddevice


def stream_opened(stream: object) -> None:
    """PortAudio is not restarted until ``close_stream`` of this stream. For PortAudio's thread."""
    _open_streams.add(stream)


def close_stream(stream: object) -> None:
    """Close a stream, running or not, whatever PortAudio says to it; once. For PortAudio's thread."""
    if stream in _open_streams:
        _open_streams.discard(stream)
        stream.close(ignore_errors=True)


def reason(error: Exception) -> str:
    """The last part of a PortAudioError(text, code, (host, code, text)?), which is what went wrong."""
    text = error.args[2][2] if len(error.args) > 2 else error.args[0]
    return text.rpartition(": ")[2].rstrip(".")


def _pin_plugins() -> None:
    """Keep ALSA's plugins loaded over a restart of PortAudio.

    Every start loads them anew, with the libraries that they need (FFmpeg's among them), and some of these leave memory
    behind each time: 13 kB, twice a second while a microphone is waited for. Kept, they take 11 MB once.
    """
    with contextlib.suppress(OSError):  # not Linux
        for line in Path("/proc/self/maps").read_text(errors="replace").splitlines():
            path = line.partition("/")[2]
            if "libasound_module_" in path and path not in _pinned:
                _pinned.add(path)
                with contextlib.suppress(OSError):  # replaced by an update meanwhile
                    ctypes.CDLL(f"/{path}", mode=os.RTLD_NOW | os.RTLD_NODELETE)


# ---------------------------------------------------------------------------- the terminal

_stderr_lock = threading.Lock()
_stderr: int | None = None  # where it leads while it is quiet


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keeps what ALSA and PortAudio write about every device they try off the terminal; Python's own errors remain."""
    global _stderr
    if sys.stderr:
        sys.stderr.flush()
    with _stderr_lock, contextlib.suppress(OSError):  # a program without a console
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        _stderr = kept
    try:
        yield
    finally:
        loud_stderr()


def loud_stderr() -> None:
    """End ``quiet_stderr``: its call takes too long, and the user must be told so."""
    global _stderr
    with _stderr_lock:
        if _stderr is not None:
            os.dup2(_stderr, 2)
            os.close(_stderr)
            _stderr = None


# ---------------------------------------------------------------------------- the end of the program


@leave_at_once_if
def _stuck() -> bool:
    return not _end(HURRIED_EXIT_S)


@atexit.register
def _leave() -> None:
    """Registered here for a thread that is just loading sounddevice, and once more to come before sounddevice's own."""
    _end(EXIT_S)


def _end(timeout_s: float) -> bool:
    """Close all streams and let no thread in any more: one that is inside while Python is taken down crashes it.

    Returns whether that was done within ``timeout_s``.
    """
    global _leaving, _closing
    if not _leaving:
        _leaving = True
        wait_no_more()
        _closing = _worker.order(_shut_down) if _worker.began else None
    if _closing is None:
        return True
    if wait([_closing], timeout_s).done:
        return True
    _closing = None  # who comes next does not wait again
    if sounddevice := sys.modules.get("sounddevice"):
        sounddevice._initialized = 0  # its own way out would wait for ever
    return False


def _stand_still_at_the_end() -> None:
    """A daemon thread that went on while Python is taken down, with an error to print, could crash it."""
    if _leaving:
        if threading.current_thread() is not threading.main_thread():
            threading.Event().wait()
        raise HeardError("the program is ending.")


def _shut_down() -> None:
    sounddevice = sys.modules.get("sounddevice")
    while sounddevice and sounddevice._initialized:
        sounddevice._terminate()


def _how_to_install() -> str:
    if sys.platform.startswith("linux"):
        return "sudo apt-get install libportaudio2 (Debian, Ubuntu)."
    return "python -m pip install --force-reinstall sounddevice."
