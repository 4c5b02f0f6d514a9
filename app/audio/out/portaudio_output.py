"""Sound into an output device that PortAudio lists, by its name."""

from __future__ import annotations

import numpy as np

from app.audio.out.playback import Playback
from app.audio.portaudio import call, close_stream, library, order, quiet_stderr, reason, stream_opened
from utils import BadInput, HeardError


class PortAudioOutput:
    """Plays into a device until it is closed. Raises BadInput, naming those that there are, if none is called so, and
    HeardError if it cannot be opened."""

    error = ""

    def __init__(self, wanted: str, others: tuple[str, ...] = ()):
        """``wanted``: its name or a part of it, in any case. ``others``: names that the error lists besides."""
        self._stream, self.playback, self.name = call(lambda: _open(wanted, others))

    def close(self) -> None:
        """Once."""
        stream = self._stream
        order(lambda: close_stream(stream), always=True)


def _open(wanted: str, others: tuple[str, ...]) -> tuple[object, Playback, str]:
    """A running stream, what it plays, and the device's name. For PortAudio's thread."""
    with quiet_stderr():
        sounddevice = library()
        listed = [one for one in sounddevice.query_devices() if one["max_output_channels"]]
        part = wanted.strip().casefold()
        meant = [one for one in listed if one["name"].casefold() == part]
        meant += [one for one in listed if part and part in one["name"].casefold()]
        if not meant:
            names = ", ".join(f'"{name}"' for name in dict.fromkeys([*others, *(one["name"] for one in listed)]))
            raise BadInput(f'no output is called "{wanted}"; {f"there are: {names}" if names else "there is none"}.')
        device = meant[0]
        rate = round(device["default_samplerate"])
        playback = Playback(rate)

        def fill(out: np.ndarray, frames: int, time: object, status: object) -> None:
            playback.fill(out[:, 0])
            out[:, 1:] = out[:, :1]

        channels = min(2, device["max_output_channels"])
        stream = None
        try:
            stream = sounddevice.OutputStream(
                samplerate=rate, device=device["index"], channels=channels, dtype="float32", blocksize=rate // 50,
                callback=fill,
            )  # fmt: skip
            stream.start()
        except sounddevice.PortAudioError as error:
            if stream is not None:
                stream.close(ignore_errors=True)
            raise HeardError(f'the output "{device["name"]}" cannot be opened ({reason(error)}).') from None
        stream_opened(stream)
        return stream, playback, device["name"]
