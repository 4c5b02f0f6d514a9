"""What PortAudio has to offer for recording, and a running stream from it. Both wait for the sound system."""

from __future__ import annotations

from app.audio.devices import InputDevice, is_playing
from app.audio.mixing import NoSuchChannel
from app.audio.portaudio import call, library, quiet_stderr, reason
from app.audio.ring_buffer import Capture
from utils import HeardError

CAPACITY_S = 10.0
"""Sound that is kept for a reader that is busy elsewhere."""
BLOCK_S = 0.02
"""Sound per callback."""
MOST_INPUTS = 16
"""A device that says it has more is no interface but a plug-in, which makes channels up (ALSA's have 32 or 128)."""
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


def open_stream(
    sounddevice, device: InputDevice, rate: int | None, channel: int | None = None
) -> tuple[object, Capture]:
    """A running stream, in the first format that the device takes. For PortAudio's thread.

    ``channel``: the only one that will be heard, from 1; as many as lead to it are opened then. None: all inputs of an
    interface, because which of them the voice is on differs. Raises NoSuchChannel if the device has fewer channels,
    HeardError if it cannot be opened.
    """
    check_inputs(device, channel)
    problem = ""
    for channels in channel_counts(device.channels, channel):
        for hz in dict.fromkeys((rate or device.default_rate, device.default_rate, *USUAL_RATES)):
            capture = Capture(hz, channels, CAPACITY_S * min(1.0, 4 / channels))
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


def check_inputs(device: InputDevice, channel: int | None) -> None:
    """Raises NoSuchChannel, in one line, if the device has no ``channel`` (from 1)."""
    if channel is not None and not 1 <= channel <= device.channels:
        has = "1 channel" if device.channels == 1 else f"{device.channels} channels"
        raise NoSuchChannel(f'microphone "{device.name}" has {has}: there is no channel {channel}.')


def channel_counts(inputs: int, channel: int | None) -> list[int]:
    """With how many channels a device of so many ``inputs`` is tried, one after the other.

    Some devices give all or nothing, and plug-ins arrange channels by pairs.
    """
    two, pairs = min(2, inputs), 2 * -(-(channel or 1) // 2)
    if channel is None:
        wanted = (inputs if inputs <= MOST_INPUTS else two, two, inputs)
    else:
        wanted = (max(two, min(pairs, inputs)), inputs)
    return list(dict.fromkeys(wanted))
