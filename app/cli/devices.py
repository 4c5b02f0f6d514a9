"""``python -m app devices``: the microphones that there are, and what this computer plays."""

from __future__ import annotations

import argparse

from app.audio.computer.monitor import list_monitors
from app.audio.devices import COMPUTER, NO_DEVICE, InputDevice, no_playing_hint
from app.audio.input_stream import list_devices
from app.audio.portaudio import NoAnswer
from app.cli.program.examples import examples
from app.terminal.tables import table
from utils import HeardError


def run(argv: list[str]) -> int:
    """List the input devices. Raises HeardError if there is none at all."""
    argparse.ArgumentParser(
        prog="python -m app devices",
        description="List the microphones, and what can be heard of what this computer plays. --device of the other "
        'commands takes a part of a name, or an index; "computer": what is played, "both": that and the microphone.',
        **examples("devices"),
    ).parse_args(argv)
    devices: list[InputDevice] = []
    problem = HeardError(NO_DEVICE)
    try:
        devices = list_devices()
    except NoAnswer:
        raise
    except HeardError as error:  # there is no PortAudio
        problem = error
    monitors = list_monitors()
    if not (devices or monitors):
        raise problem
    rows = [
        (
            "" if device.index < 0 else str(device.index),
            device.name,
            device.host_api,
            str(device.channels),
            f"{device.default_rate} Hz",
            _note(device),
        )
        for device in [*devices, *monitors]
    ]
    print(table(("index", "name", "host API", "channels", "default rate", ""), rows, numbers=(0, 3, 4)))
    if not any(device.plays for device in [*devices, *monitors]):
        print(f"\n{no_playing_hint()[0].upper()}{no_playing_hint()[1:]}")
    return 0


def _note(device: InputDevice) -> str:
    if device.plays:
        return COMPUTER if device.is_default else "plays"
    return "default" if device.is_default else ""
