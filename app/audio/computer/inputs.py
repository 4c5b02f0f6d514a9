"""The live inputs by what they mean: a microphone, what this computer plays, or both at once."""

from __future__ import annotations

from app.audio.computer.pair_source import PairSource
from app.audio.devices import BOTH, COMPUTER
from app.audio.microphone import Microphone
from app.audio.source import AudioSource


def live_source(device: str | None) -> AudioSource:
    """The input that ``--device`` means: part of a name, None the default microphone, "computer", or "both"."""
    return PairSource(Microphone(), Microphone(COMPUTER)) if device == BOTH else Microphone(device)
