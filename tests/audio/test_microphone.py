"""The microphone, through PortAudio and a real sound server whose sources hear what is played into them."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, correlate, resample_poly, sosfilt

from tests.support.virtual_sound import VirtualSound, missing
from utils import ROOT, SAMPLE_RATE

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")


@pytest.fixture(scope="module")
def shared_sound():
    with VirtualSound() as sound:
        yield sound


@pytest.fixture
def own_sound():
    """For what kills it."""
    with VirtualSound() as sound:
        yield sound


def noise(seconds: float, seed: int) -> np.ndarray:
    """A signal like no other: 0.2 to 5 kHz, between two moments of silence."""
    band = butter(4, [200, 5000], "bandpass", fs=SAMPLE_RATE, output="sos")
    sound = sosfilt(band, np.random.default_rng(seed).normal(0, 0.2, round(seconds * SAMPLE_RATE)))
    return np.concatenate([np.zeros(1600), sound, np.zeros(1600)]).clip(-1, 1)


def likeness(heard: np.ndarray, played: np.ndarray, finer: int = 6) -> float:
    """The correlation with what was played, where it is best aligned in what was heard, to a part of a sample."""
    heard, played = resample_poly(heard, finer, 1), resample_poly(played, finer, 1)
    if len(heard) < len(played):
        return 0.0
    at = int(np.argmax(correlate(heard, played, "valid", method="fft")))
    part = heard[at : at + len(played)]
    return float(part @ played / max(np.linalg.norm(part) * np.linalg.norm(played), 1e-9))


class Listener:
    """microphone_probe.py in another process."""

    def __init__(self, sound: VirtualSound, out: Path, *arguments: object):
        self.out = out
        self.events: list[dict] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "support" / "microphone_probe.py", out, *map(str, arguments)],
            env=sound.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for(self, event: str, after: int = 0, **values: object) -> int:
        """Wait until there is such an event, from number ``after`` on; the number of the next one."""

        def found() -> int | None:
            for number, seen in enumerate(self.events[after:], after + 1):
                if {"event": event, **values}.items() <= seen.items():
                    return number
            return None

        with self._news:
            self._news.wait_for(lambda: found() or not self._reader.is_alive(), timeout=20)
            number = found()
        assert number, f"no {event} {values} in {self.events[after:][-5:]}"
        return number

    def hears(self, sound: VirtualSound, played: np.ndarray, into: str = "mic") -> None:
        """Play, and wait until all of it must have arrived."""
        sound.play(played, into)
        self.catches_up()

    def catches_up(self) -> None:
        """Wait for the sound that is under way."""
        seen = len(self.events)
        for _ in range(3):
            seen = self.wait_for("block", after=seen)

    def say(self, command: str) -> None:
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def end(self) -> np.ndarray:
        """Stop it; all that it heard."""
        self.process.stdin.close()
        self.wait_for("end")
        assert self.process.wait(20) == 0
        assert "Traceback" not in self.process.stderr.read()
        return np.load(self.out)

    def blocks(self) -> list[dict]:
        return [event for event in self.events if event["event"] == "block"]


@pytest.fixture
def listen(tmp_path):
    """Start listeners; those that are left are ended."""
    started = []

    def start(sound: VirtualSound, *arguments: object) -> Listener:
        started.append(Listener(sound, tmp_path / f"{len(started)}.npy", *arguments))
        return started[-1]

    yield start
    for listener in started:
        listener.process.kill()
        listener.process.wait()


def test_what_is_played_is_heard_at_every_rate(shared_sound, listen):
    wanted = [(None, None), ("Built", 16_000), ("builtin_mic", 22_050), (None, 48_000)]
    options = [["--device", device] * bool(device) + ["--rate", rate] * bool(rate) for device, rate in wanted]
    listeners = [listen(shared_sound, *option) for option in options]
    for listener in listeners:
        listener.wait_for("block")
    played = noise(1.0, seed=1)
    shared_sound.play(played)
    for (device, rate), listener in zip(wanted, listeners, strict=True):
        listener.catches_up()
        heard = listener.end()
        assert likeness(heard, played) > 0.98
        state = next(event for event in listener.events if event["event"] == "state" and event["state"] == "running")
        assert state["rate"] == (rate or 44_100)  # PortAudio's default for PulseAudio's devices
        assert state["device"] == ("builtin_mic" if device else "default")
        assert state["message"] == ""
        blocks = listener.blocks()
        assert all(block["end"] - block["start"] >= 0.1 - 1e-6 for block in blocks)
        ends = [0.0, *(block["end"] for block in blocks)]
        assert [block["start"] for block in blocks] == pytest.approx(ends[:-1], abs=1e-6)  # nothing is missing
        assert ends[-1] == pytest.approx(len(heard) / SAMPLE_RATE)


def test_the_device_that_was_named_is_heard(own_sound, listen):
    own_sound.plug("usb", rate=16_000)
    listener = listen(own_sound, "--device", "USB_head")
    listener.wait_for("block")
    wanted, other = noise(1.0, seed=2), noise(1.0, seed=3)
    with own_sound.playing(other, "mic"):
        listener.hears(own_sound, wanted, "usb")
    heard = listener.end()
    assert likeness(heard, wanted) > 0.98
    assert likeness(heard, other) < 0.2


def test_a_slow_reader_gets_the_newest_and_the_rest_is_counted(shared_sound, listen):
    listener = listen(shared_sound, "--max", "0.5")
    listener.wait_for("block")
    listener.say("nap 1.5")
    time.sleep(1.5)
    told = listener.wait_for("block", after=len(listener.events))
    listener.wait_for("block", after=told)
    listener.end()
    blocks = listener.blocks()
    assert all(block["end"] - block["start"] <= 0.5 + 1e-6 for block in blocks)
    gaps = [after["start"] - before["end"] for before, after in itertools.pairwise(blocks)]
    assert gaps == pytest.approx([block["dropped"] for block in blocks[1:]], abs=1e-6)
    assert sum(gaps) >= 0.9
    assert listener.events[-1]["dropped"] == pytest.approx(sum(gaps), abs=1e-6)


def test_silence_is_told_and_the_hint_goes_with_it(shared_sound, listen):
    listener = listen(shared_sound)
    told = listener.wait_for("state", state="silent")
    assert "muted" in listener.events[told - 1]["message"]
    listener.hears(shared_sound, noise(0.5, seed=4))
    listener.wait_for("state", after=told, state="running", message="")
    listener.end()


def test_the_sound_server_dies_and_comes_back(own_sound, listen):
    listener = listen(own_sound, "--device", "builtin")
    listener.wait_for("block")
    before, after = noise(0.6, seed=5), noise(1.0, seed=6)
    listener.hears(own_sound, before)
    own_sound.kill()
    killed_at = time.monotonic()
    told = listener.wait_for("state", state="lost")
    message = listener.events[told - 1]["message"]
    assert message in (  # the silence may be noticed before PortAudio tells of the end
        'Microphone "builtin_mic" is gone; waiting for it to come back.',
        'No sound comes from microphone "builtin_mic"; waiting for it to come back.',
    )
    hide(own_sound)
    time.sleep(1.2)  # an attempt under way has read the devices before: let it end
    own_sound.start()
    time.sleep(1.2)  # two attempts or more
    assert len(listener.events) == told, "another device was taken for the one that was named"
    restarted_at = time.monotonic()
    hide(own_sound, hidden=False)
    told = listener.wait_for("block", after=told)
    listener.hears(own_sound, after)
    heard = listener.end()
    assert likeness(heard, before) > 0.98
    assert likeness(heard, after) > 0.98
    blocks = listener.blocks()
    first_again = listener.events[told - 1]
    last_before = blocks[blocks.index(first_again) - 1]
    away_s = restarted_at - killed_at
    assert first_again["start"] - last_before["end"] >= away_s - 0.5  # sound under way at the kill is not lost time
    assert blocks[-1]["end"] <= blocks[-1]["at"] - blocks[0]["at"] + blocks[0]["end"] + 0.5
    assert listener.events[-1]["dropped"] == 0


def test_a_source_is_unplugged_and_plugged_in_again(own_sound, listen):
    listener = listen(own_sound, "--device", "builtin")
    listener.wait_for("block")
    for _ in range(2):
        own_sound.unplug("mic")
        told = listener.wait_for("state", after=len(listener.events), state="lost")
        own_sound.plug("mic", rate=48_000)
        listener.wait_for("block", after=told)
    played = noise(0.6, seed=7)
    listener.hears(own_sound, played)
    assert likeness(listener.end(), played) > 0.98


def test_the_default_may_be_another_device_when_it_comes_back(own_sound, listen):
    listener = listen(own_sound)
    listener.wait_for("block")
    own_sound.kill()
    told = listener.wait_for("state", state="lost")
    own_sound.start({"usb": 16_000})
    listener.wait_for("block", after=told)
    played = noise(0.6, seed=9)
    listener.hears(own_sound, played, "usb")
    assert likeness(listener.end(), played) > 0.98


def test_it_can_be_stopped_while_it_is_lost(own_sound, listen):
    listener = listen(own_sound)
    listener.wait_for("block")
    own_sound.kill()
    listener.wait_for("state", state="lost")
    listener.say("stop")
    listener.wait_for("end")
    assert listener.process.wait(20) == 0


def test_a_program_may_end_while_a_device_is_opened_or_closed(shared_sound):
    """PortAudio ends with it: that another thread was inside used to crash two out of five."""
    program = """if True:
        import threading, time
        from app.audio.microphone import Microphone
        def open_and_close():
            while True:
                microphone = Microphone()
                microphone.start()
                microphone.stop()
        threading.Thread(target=open_and_close, daemon=True).start()
        time.sleep(0.3)
    """
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, env=shared_sound.env, cwd=ROOT) for _ in range(6)]
    assert [process.wait(60) for process in started] == [0] * 6


def test_an_unknown_name_is_told_with_those_that_there_are(shared_sound, tmp_path):
    done = hear(shared_sound.env, tmp_path, "--device", "nonesuch")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert '"nonesuch"' in line
    assert '"builtin_mic"' in line


def test_a_source_that_is_not_there_cannot_be_opened(shared_sound, tmp_path):
    done = hear(shared_sound.env, tmp_path, "--device", "usb")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert 'microphone "usb_headset" cannot be opened' in line


def test_without_any_device_there_is_one_line(own_sound, tmp_path):
    own_sound.kill()
    for done in (hear(own_sound.env, tmp_path), devices(own_sound.env)):
        assert done.returncode == 1
        assert done.stdout == ""
        assert (
            done.stderr == "heard: no microphone was found: plug one in, or check that the sound system is running.\n"
        )


def test_devices_are_listed(shared_sound):
    done = devices(shared_sound.env)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert {"builtin_mic", "usb_headset", "default"} <= set(rows)
    assert [name for name, row in rows.items() if row.endswith("default") and name != "name"] == ["default"]
    assert "ALSA" in rows["builtin_mic"]
    assert "44100 Hz" in rows["builtin_mic"]


def test_new_devices_are_listed_only_while_no_microphone_is_open(own_sound):
    """The list is made anew by restarting PortAudio, which would end the stream."""
    program = """if True:
        from app.audio.input_stream import list_devices
        from app.audio.microphone import Microphone
        microphone = Microphone("builtin")
        microphone.start()
        names = [device.name for device in list_devices()]
        print("builtin_mic" in names, microphone.read(0.5, 1.0, timeout_s=5) is not None)
        microphone.stop()
        open(HOME + "/.asoundrc", "a").write(NEW)
        print("studio" in names, "studio" in [device.name for device in list_devices()])
    """
    new = 'pcm.studio { type pulse hint { show on description "Studio" } }\n'
    done = subprocess.run(
        [sys.executable, "-c", f"HOME, NEW = {own_sound.env['HOME']!r}, {new!r}\n{program}"],
        env=own_sound.env, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "True", "False", "True"], done.stderr


def hide(sound: VirtualSound, hidden: bool = True) -> None:
    """Give the built-in microphone another name, and its own again."""
    names = ("pcm.builtin_mic", "pcm.another_builtin_mic")
    devices = Path(sound.env["HOME"], ".asoundrc")
    devices.write_text(devices.read_text().replace(*(names if hidden else names[::-1])))


def hear(env: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "tests" / "support" / "microphone_probe.py", folder / "x.npy", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)


def devices(env: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "app", "devices"]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
