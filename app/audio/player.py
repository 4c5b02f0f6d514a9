"""Sound out: a part of a recording through the system's loudspeaker."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from app.audio.computer.own_sound import OWN_SOUND
from app.audio.portaudio import call, close_stream, library, order, quiet_stderr, reason, stream_opened
from utils import SAMPLE_RATE, HeardError, resample


class Player:
    """Plays one sound at a time. Opening a device takes time: ``play`` does that in a thread and returns at once.

    ``position_s``, ``playing`` and ``error`` may be read from any thread; the rest belongs to one.
    """

    def __init__(self) -> None:
        self.error = ""
        """One line, if the last sound could not be played."""
        self._playback: _Playback | None = None

    @property
    def playing(self) -> bool:
        """Whether a sound is being played, or about to be."""
        return self._playback is not None and not self._playback.ended.is_set()

    @property
    def position_s(self) -> float:
        """How much of the sound was played; its length when it is over, 0 if there never was one."""
        return self._playback.at / SAMPLE_RATE if self._playback else 0.0

    def play(self, sound: np.ndarray | Callable[[], np.ndarray]) -> None:
        """Play mono samples (n,) at 16 kHz, int16 or float with full scale +-1, in place of what is playing.

        A function that gives them is called in the player's thread; it may take its time, and raise HeardError.
        """
        self.stop()
        self.error = ""
        self._playback = playback = _Playback()
        threading.Thread(target=self._run, args=(playback, sound), name="player", daemon=True).start()

    def stop(self) -> None:
        """Be silent; safe to call when nothing plays."""
        if self._playback is not None:
            self._playback.ended.set()

    def _run(self, playback: _Playback, sound: np.ndarray | Callable[[], np.ndarray]) -> None:
        stream = None
        try:
            playback.take(sound() if callable(sound) else sound)
            if playback.ended.is_set():
                return
            OWN_SOUND.begin()
            try:
                stream, rate = call(lambda: _open(playback))
                playback.ended.wait(playback.length / rate + 5.0)
            finally:
                OWN_SOUND.end(_latency_s(stream))
        except HeardError as error:
            self.error = str(error)
        playback.ended.set()
        if stream is not None:
            order(lambda: close_stream(stream), always=True)


class _Playback:
    """What PortAudio's callback takes from; ``at`` counts samples at 16 kHz, ``next`` those of the device."""

    def __init__(self) -> None:
        self.sound = np.zeros(0, np.float32)
        self.rate = SAMPLE_RATE
        self.next = 0
        self.ended = threading.Event()

    def take(self, samples: np.ndarray) -> None:
        self.sound = (samples / 32768 if samples.dtype == np.int16 else samples).astype(np.float32)

    @property
    def length(self) -> int:
        return len(self.sound)

    @property
    def at(self) -> float:
        return min(self.next, self.length) * SAMPLE_RATE / self.rate

    def fill(self, out: np.ndarray, frames: int, time: object, status: object) -> None:
        """PortAudio's callback: out is (frames, channels)."""
        part = self.sound[self.next : self.next + frames]
        if self.ended.is_set():
            part = part[:0]
        out[: len(part)] = part[:, None]
        out[len(part) :] = 0
        self.next += frames
        if self.next - frames >= self.length:  # a whole block of silence after the end: all of it was heard
            self.ended.set()


def _latency_s(stream: object) -> float:
    """How long a stream's sound takes to be heard, as far as PortAudio knows; half a second at most is believed."""
    return 0.0 if stream is None else min(max(0.0, float(stream.latency)), 0.5)


def _open(playback: _Playback) -> tuple[object, int]:
    """A running output stream on ``playback``, at 16 kHz or at the device's own rate, and that rate. For PortAudio's
    thread; if nobody wants it any more when it is there, it is closed again."""
    with quiet_stderr():
        sounddevice = library()
        try:
            own = round(sounddevice.query_devices(kind="output")["default_samplerate"])
        except (sounddevice.PortAudioError, ValueError):
            raise HeardError("no loudspeaker was found: plug one in, or check the sound settings.") from None
        problem = ""
        for rate in dict.fromkeys((SAMPLE_RATE, own)):
            stream = None
            try:
                stream = sounddevice.OutputStream(
                    samplerate=rate, channels=1, dtype="float32", blocksize=rate // 50, callback=playback.fill
                )
                if rate != playback.rate:
                    playback.sound, playback.rate = resample(playback.sound, playback.rate, rate), rate
                stream.start()
                stream_opened(stream)
                if playback.ended.is_set():
                    close_stream(stream)
                return stream, rate
            except sounddevice.PortAudioError as error:
                problem = reason(error)
                if stream is not None:
                    stream.close(ignore_errors=True)
        raise HeardError(f"the loudspeaker cannot be opened ({problem}): see the sound settings.")
