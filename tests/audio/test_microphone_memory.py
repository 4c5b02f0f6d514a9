"""A microphone that is waited for costs nothing that grows: neither memory nor open files."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.virtual_sound import VirtualSound, missing
from utils import ROOT

PROGRAM = """if True:
    import ctypes, gc, json, os, sys
    from app.audio.microphone import Microphone
    from app.audio.portaudio import call
    from utils import HeardError

    class Mallinfo2(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in
                    "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Mallinfo2
    microphone, refused = Microphone(sys.argv[1]), 0

    def look(times):
        global refused
        for _ in range(times):
            try:
                call(microphone._open, 20)
            except HeardError:
                refused += 1

    def held():
        gc.collect()
        info = libc.mallinfo2()
        return info.uordblks + info.hblkhd, len(os.listdir("/proc/self/fd"))

    look(6)
    bytes_before, files_before = held()
    look(30)
    bytes_after, files_after = held()
    gc.disable()
    look(5)
    waste = libc.mallinfo2().uordblks + libc.mallinfo2().hblkhd
    grown = {"each": (bytes_after - bytes_before) / 30, "uncollected": (waste - bytes_after) / 5}
    print(json.dumps({"refused": refused, "files": files_after - files_before, **grown}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks glibc what is allocated")
def test_without_any_device():
    flat(measured("no such microphone"))


@pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")
def test_of_a_device_that_cannot_be_opened():
    with VirtualSound() as sound:
        flat(measured("usb", sound.env))


def measured(device: str, env: dict[str, str] | None = None) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, device], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def flat(grown: dict) -> None:
    assert grown["refused"] == 41
    assert grown["files"] == 0
    assert grown["each"] < 3_000  # restarting PortAudio, which loads ALSA's plugins anew, used to leave 13,000 bytes
    assert grown["uncollected"] < 200_000  # ten seconds of sound, for which room was made, are 7 MB
