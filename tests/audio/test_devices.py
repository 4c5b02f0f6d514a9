"""Which device is meant, as a table of cases; and what is said where there is no PortAudio."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.audio.devices import COMPUTER, InputDevice, choose, choose_playing, is_playing, silence_hint
from utils import ROOT, BadInput, HeardError


def device(index: int, name: str, host_api: str = "ALSA", default: bool = False) -> InputDevice:
    return InputDevice(index, name, host_api, 2, 48_000, default)


DEVICES = [
    device(0, "HDA Intel PCH: ALC257 Analog (hw:0,0)"),
    device(3, "USB Audio Deluxe: - (hw:2,0)"),
    device(4, "usb audio"),
    device(5, "Mikrofon (Größe 6)", "MME", default=True),
    device(9, "Mikrofon (Größe 6)", "WASAPI"),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 5),
        ("alc257", 0),
        ("HDA", 0),
        ("usb audio deluxe: - (hw:2,0)", 3),
        ("USB Audio", 4),  # the whole name of one, a part of another
        ("usb", 3),  # the first of two
        ("GRÖSSE", 5),
        (" deluxe ", 3),
        ("9", 9),  # an index
        ("6", 5),  # no index, but part of a name
        ("0", 0),
    ],
)
def test_choosing_by_name(wanted, index):
    assert choose(DEVICES, wanted).index == index


@pytest.mark.parametrize("wanted", ["bluetooth", "11", "", "  "])
def test_a_name_that_nothing_has(wanted):
    with pytest.raises(BadInput) as told:
        choose(DEVICES, wanted)
    for each in DEVICES:
        assert f'"{each.name}"' in str(told.value)
    assert "\n" not in str(told.value)


def test_no_device_and_no_default():
    for wanted in (None, "usb"):
        with pytest.raises(HeardError, match="no microphone was found"):
            choose([], wanted)
    assert choose([device(4, "line in")], None).index == 4


def test_a_device_is_found_again_at_another_place_and_no_other_is_taken_for_it():
    lost = DEVICES[1]
    assert choose(DEVICES, "usb", before=lost) is lost
    moved = device(7, "USB Audio Deluxe: - (hw:1,0)")
    assert choose([device(0, "usb audio"), moved], "usb", before=lost) is moved
    others = [device(3, "USB Audio: - (hw:2,0)"), device(5, "USB Audio Deluxe: - (hw:2,0)", "OSS", default=True)]
    with pytest.raises(HeardError, match="not there"):
        choose(others, "usb", before=lost)
    with pytest.raises(HeardError, match="no microphone was found"):
        choose([], "usb", before=lost)


def test_the_default_may_be_another_device_afterwards():
    assert choose(DEVICES, None, before=DEVICES[0]) is DEVICES[3]


@pytest.mark.parametrize(
    ("platform", "words"), [("darwin", "System Settings"), ("win32", "Settings > Privacy"), ("linux", "pavucontrol")]
)
def test_the_hint_fits_the_system(platform, words):
    hint = silence_hint("Built-in", platform)
    assert words in hint
    assert '"Built-in"' in hint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the packages of other systems bring PortAudio along")
def test_without_portaudio_the_package_is_named():
    program = (
        "import ctypes.util; ctypes.util.find_library = lambda name: None\n"  # as on a system that has none
        "import runpy, sys; sys.argv = ['app', 'devices']; runpy.run_module('app', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "heard: PortAudio, which microphones need, is missing: sudo apt-get install libportaudio2 (Debian, Ubuntu).\n"
    )


PLAYED = [
    InputDevice(-1, "Monitor of HDMI", "PulseAudio monitor", 2, 48_000, False, plays=True, address="hdmi.monitor"),
    InputDevice(-1, "Monitor of Speakers", "PulseAudio monitor", 2, 48_000, True, plays=True, address="pci.monitor"),
]


def test_the_computer_is_the_default_loudspeaker_and_never_the_default_microphone():
    assert choose([*DEVICES, *PLAYED], COMPUTER) is PLAYED[1]
    assert choose([*DEVICES, *PLAYED], "hdmi") is PLAYED[0]
    assert choose([*PLAYED, *DEVICES], None).index == 5
    assert choose([*DEVICES, *PLAYED], COMPUTER, before=PLAYED[0]) is PLAYED[1]  # the default may change


@pytest.mark.parametrize(
    ("platform", "remedy"), [("darwin", "blackhole-2ch"), ("win32", "Stereo Mix"), ("linux", "libpulse0")]
)
def test_what_to_install_where_nothing_that_is_played_can_be_heard(platform, remedy):
    with pytest.raises(HeardError, match=remedy) as told:
        choose_playing(DEVICES, platform)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("Speakers (Realtek) [Loopback]", True),
        ("Stereo Mix (Realtek)", True),
        ("BlackHole 2ch", True),
        ("CABLE Output (VB-Audio Virtual Cable)", True),
        ("Monitor of Built-in Audio", True),
        ("Microphone (Monitor of Ana)", False),
        ("Loopback [microphone]", False),
        ("Built-in Microphone", False),
    ],
)
def test_inputs_that_carry_what_is_played_are_known_by_their_names(name, plays):
    assert is_playing(name) == plays
