"""PortAudio, shared by microphones and loudspeakers. The only file that knows of sounddevice."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from utils import HeardError

EXIT_S = 5.0
"""How long the end of the program waits for a device that does not answer."""

lock = threading.RLock()
"""Held in every call into PortAudio, which is made for one thread."""
_open_streams: set[object] = set()
"""While one is open PortAudio is not restarted, which would end it."""
_leaving = False


def library():
    """The sounddevice module, with its list of devices made anew if no stream is open. The caller holds the lock.

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
        with contextlib.suppress(sounddevice.PortAudioError):  # not initialised, if it failed the last time
            sounddevice._terminate()
        try:
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise HeardError(f"the sound system does not answer ({reason(error)}).") from None
    return sounddevice


def stream_opened(stream: object) -> None:
    """PortAudio is not restarted until ``close_stream`` of this stream. The caller holds the lock."""
    _open_streams.add(stream)


def close_stream(stream: object) -> None:
    """Close a stream, running or not, whatever PortAudio says to it. The caller holds the lock."""
    stream.close(ignore_errors=True)
    _open_streams.discard(stream)


def reason(error: Exception) -> str:
    """The last part of a PortAudioError(text, code, (host, code, text)?), which is what went wrong."""
    text = error.args[2][2] if len(error.args) > 2 else error.args[0]
    return text.rpartition(": ")[2].rstrip(".")


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keeps what ALSA and PortAudio write about every device they try off the terminal; Python's own errors remain."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # a program without a console
        yield
        return
    if sys.stderr:
        sys.stderr.flush()
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@atexit.register
def _leave() -> None:
    """Close all streams and let no thread in any more: one that is inside while Python is taken down crashes it.

    Registered here for a thread that is just loading sounddevice, and once more to come before sounddevice's own.
    """
    global _leaving
    _leaving = True
    if lock.acquire(timeout=EXIT_S) and (sounddevice := sys.modules.get("sounddevice")):
        while sounddevice._initialized:
            sounddevice._terminate()


def _how_to_install() -> str:
    if sys.platform.startswith("linux"):
        return "sudo apt-get install libportaudio2 (Debian, Ubuntu)."
    return "python -m pip install --force-reinstall sounddevice."
