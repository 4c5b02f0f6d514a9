"""What PortAudio has to offer for recording, and a running stream from it. Both wait for the sound system."""

from __future__ import annotations

from app.audio.devices import InputDevice, is_playing
from app.audio.portaudio import call, library, quiet_stderr, reason
from app.audio.ring_buffer import Capture
from utils import HeardError

CAPACITY_S = 10.0
"""Sound that is kept for a reader that is busy elsewhere."""
BLOCK_S = 0.02
"""Sound per callback."""
USUAL_RATES = (48_000, 44_100, 32_000, 16_000)
WRONG_FORMAT = {-9997, -9998}  # paInvalidSampleRate, paInvalidChannelCount


def list_devices() -> list[InputDevice]:
    """The microphones and other inputs, in PortAudio's order; may be empty. ``monitor.list_monitors`` has what sound
    servers offer besides.

    Devices plugged in since the last look are seen only while no microphone of this process is open: the list is made
    anew by restarting PortAudio, which would end it. Raises HeardError if there is no PortAudio, or if it does not
    answer within 5 s.
    """

    def look() -> list[InputDevice]:
        with quiet_stderr():
            return query(library())

    return call(look)


def query(sounddevice) -> list[InputDevice]:
    """The input devices that this sounddevice module knows. For PortAudio's thread."""
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
            plays=is_playing(device["name"]),
        )
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0
    ]


def open_stream(sounddevice, device: InputDevice, rate: int | None) -> tuple[object, Capture]:
    """A running stream, in the first format that the device takes. For PortAudio's thread.

    Two channels where there are two, because which of them the voice is on differs; some devices give all or nothing.
    Raises HeardError if it cannot be opened.
    """
    problem = ""
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
                capture.discard()
                problem = problem or reason(error)
                if not WRONG_FORMAT.intersection(error.args):
                    break
    raise HeardError(
        f'microphone "{device.name}" cannot be opened ({problem}): close other programs that use it, '
        "or choose another with --device NAME."
    )
