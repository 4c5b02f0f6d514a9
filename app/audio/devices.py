"""Which input device is meant by what the user typed. Plain values: nothing here touches the sound card."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from utils import BadInput, HeardError

NO_DEVICE = "no microphone was found: plug one in, or check that the sound system is running."


@dataclass(frozen=True)
class InputDevice:
    """Something that sound can be recorded from, as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    channels: int
    default_rate: int
    """Hz"""
    is_default: bool
    plays: bool = False
    """Whether it is what this computer plays, not a microphone."""
    address: str = ""
    """The sound server's name of a monitor source; empty for what PortAudio opens."""


COMPUTER, BOTH = "computer", "both"
"""Devices by what they mean: what this computer plays; that and the default microphone at once."""
_LOOPBACK = re.compile(
    r"\[loopback\]$|^(stereo ?mix|what u hear|blackhole|soundflower|loopback audio|cable output|monitor of )",
    re.IGNORECASE,
)
"""Names of inputs that carry what is played: of PortAudio's own WASAPI loopback (versions after 19.7), of sound cards'
mixers, of virtual cables, and of sound servers."""


def is_playing(name: str) -> bool:
    """Whether an input of this name is what the computer plays."""
    return bool(_LOOPBACK.search(name))


def choose_playing(devices: Sequence[InputDevice], platform: str = sys.platform) -> InputDevice:
    """The input that is what this computer plays, of the default loudspeaker if one is known to be.

    Raises HeardError, saying what to install, if there is none.
    """
    found = [device for device in devices if device.plays]
    if not found:
        raise HeardError(no_playing_hint(platform))
    return next((device for device in found if device.is_default), found[0])


def no_playing_hint(platform: str = sys.platform) -> str:
    """Why what this computer plays cannot be heard, and what to do about it, in one line."""
    match platform:
        case "darwin":
            remedy = (
                "macOS lets no program hear what others play: `brew install blackhole-2ch`, then in Audio MIDI Setup"
                " make a Multi-Output Device of BlackHole and your loudspeakers and choose it as output"
            )
        case "win32":
            remedy = (
                'switch on "Stereo Mix" (Settings > System > Sound > More sound settings > Recording > Show Disabled'
                " Devices), or install VB-CABLE (vb-audio.com/Cable) and let Windows play to it"
            )
        case _:
            remedy = "it takes PulseAudio or PipeWire with pipewire-pulse, running, and libpulse0"
    return f"what this computer plays cannot be heard: {remedy}."


def choose(devices: Sequence[InputDevice], wanted: str | None, before: InputDevice | None = None) -> InputDevice:
    """The device that ``wanted`` means: None the system's default, a whole number that index, else a part of a name.

    Upper and lower case are the same. A whole name comes before a part of one, and of several the first is taken.
    ``before`` is the device that was open until it went away. If a device was wanted, only that one is meant then:
    nobody would notice a change to another.

    Raises HeardError if there is no device at all, or if ``before`` is not back. Raises BadInput, naming the devices
    that are there, if ``wanted`` means none of them.
    """
    if wanted == COMPUTER:
        return choose_playing(devices)
    microphones = [device for device in devices if not device.plays]
    if wanted is None:
        if not (microphones or devices):
            raise HeardError(NO_DEVICE)
        return next((device for device in microphones if device.is_default), (microphones or devices)[0])
    if not devices:
        raise HeardError(NO_DEVICE)
    if before is not None:
        return _find_again(devices, before)
    part = wanted.strip().casefold()
    meant = [device for device in devices if part.isdecimal() and device.index == int(part)]
    meant += [device for device in devices if device.name.casefold() == part]
    meant += [device for device in devices if part and part in device.name.casefold()]
    if not meant:
        names = ", ".join(dict.fromkeys(f'"{device.name}"' for device in devices))
        raise BadInput(f'no microphone is called "{wanted}"; there are: {names}.')
    return meant[0]


def _find_again(devices: Sequence[InputDevice], before: InputDevice) -> InputDevice:
    for name in (_full_name, _lasting_name):
        if found := next((device for device in devices if name(device) == name(before)), None):
            return found
    raise HeardError(f'microphone "{before.name}" is not there.')


def _full_name(device: InputDevice) -> tuple[str, str]:
    return device.host_api, device.name


def _lasting_name(device: InputDevice) -> tuple[str, str]:
    """What stays when a device is plugged in again: ALSA adds the number of its place, "USB Audio (hw:2,0)"."""
    return device.host_api, re.sub(r"\s*\(hw:\d+,\d+\)$", "", device.name)


def silence_hint(name: str, platform: str = sys.platform) -> str:
    """What to do about a microphone that gives nothing but zeros, in one line."""
    match platform:
        case "darwin":
            remedy = "allow it in System Settings > Privacy & Security > Microphone, or unmute it"
        case "win32":
            remedy = "allow it in Settings > Privacy & security > Microphone, or unmute it"
        case _:
            remedy = "is it muted? Look in the sound settings or in pavucontrol"
    return f'Microphone "{name}" gives nothing but silence: {remedy}.'
