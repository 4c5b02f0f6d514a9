"""``python -m app devices``: the microphones that there are."""

from __future__ import annotations

import argparse

from app.audio.devices import NO_DEVICE
from app.audio.input_stream import list_devices
from app.terminal.tables import table
from utils import HeardError


def run(argv: list[str]) -> int:
    """List the input devices. Raises HeardError if there is none, or no PortAudio to find them."""
    argparse.ArgumentParser(
        prog="python -m app devices",
        description="List the microphones. --device of the other commands takes a part of a name, or an index.",
    ).parse_args(argv)
    devices = list_devices()
    if not devices:
        raise HeardError(NO_DEVICE)
    rows = [
        (
            str(device.index),
            device.name,
            device.host_api,
            str(device.channels),
            f"{device.default_rate} Hz",
            "default" if device.is_default else "",
        )
        for device in devices
    ]
    print(table(("index", "name", "host API", "channels", "default rate", ""), rows, numbers=(0, 3, 4)))
    return 0
