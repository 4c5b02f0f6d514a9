"""The live inputs by what they mean: a microphone, what this computer plays, or both at once."""

from __future__ import annotations

from app.audio.computer.pair_source import PairSource
from app.audio.devices import BOTH, COMPUTER
from app.audio.microphone import Microphone
from app.audio.source import AudioSource
from utils import BadInput


def live_source(device: str | None, channel: int | None = None) -> AudioSource:
    """The input that ``--device`` means: part of a name, None the default microphone, "computer", or "both".

    ``channel``: the only one that is heard of it, from 1. Raises BadInput for a channel of both."""
    if device == BOTH and channel is not None:
        raise BadInput(f"--channel {channel}: both the microphone and the computer are heard; leave it out.")
    return PairSource(Microphone(), Microphone(COMPUTER)) if device == BOTH else Microphone(device, channel=channel)
