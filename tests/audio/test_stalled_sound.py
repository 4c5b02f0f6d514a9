"""A sound server that hangs, and one that dies: the user is told within two seconds, and programs end when told."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.demo import DEMO
from tests.support.virtual_sound import VirtualSound, missing
from utils import ROOT

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")

TOLD_S = 2.0
ENDS_S = 2.0


@pytest.fixture
def sound() -> Iterator[VirtualSound]:
    with VirtualSound() as sound:
        yield sound


class Program:
    """A program on this sound card, and the lines that it prints."""

    def __init__(self, sound: VirtualSound, *command: object):
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            env={**sound.env, "QT_QPA_PLATFORM": "offscreen"}, cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.began_at = time.monotonic()
        self.lines: list[str] = []
        self._news: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: [self._news.put(line) for line in self.process.stdout], daemon=True).start()

    def wait_for(self, wanted: Callable[[str], bool], timeout_s: float = 30.0) -> str:
        """The next line of that kind."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                self.lines.append(self._news.get(timeout=max(0.0, end - time.monotonic())).strip())
            except queue.Empty:
                raise AssertionError(f"it did not come in {timeout_s} s; the last were {self.lines[-5:]}") from None
            if wanted(self.lines[-1]):
                return self.lines[-1]

    def says(self, text: str, timeout_s: float = 30.0) -> str:
        return self.wait_for(lambda line: text in line, timeout_s)

    def ends(self, number: int = signal.SIGINT) -> float:
        """Tell it to end; the seconds that it takes."""
        self.process.send_signal(number)
        began = time.monotonic()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
        return time.monotonic() - began

    def rest(self) -> list[str]:
        """All lines, when it has ended."""
        self.process.wait(30)
        time.sleep(0.1)
        while not self._news.empty():
            self.lines.append(self._news.get().strip())
        return self.lines


@pytest.mark.parametrize("how", ["hangs", "dies"])
def test_the_terminal_says_that_no_sound_comes_and_ends_when_told(sound, tmp_path, how):
    heard = Program(sound, "test.py", "--terminal", "--data", tmp_path)
    heard.says("Ctrl-C stops.")
    with sound.playing(DEMO / "conversation.flac"):
        heard.says("nknown")  # somebody speaks
        sound.freeze() if how == "hangs" else sound.kill()
        heard.says('microphone "default"' if how == "hangs" else "is gone", TOLD_S)
    assert heard.ends() < ENDS_S
    assert heard.process.returncode == 0
    assert "Traceback" not in "\n".join(heard.rest())


def test_the_window_says_that_no_sound_comes_goes_on_when_it_does_and_closes_when_told(sound, tmp_path):
    window = Program(sound, "tests/support/window_probe.py", tmp_path, "builtin")
    with sound.playing(DEMO / "conversation.flac"):
        window.says("Unknown voice")
        sound.freeze()
        told = json.loads(window.says("Microphone lost", TOLD_S))
        assert told["detail"] == 'No sound comes from microphone "builtin_mic"; waiting for it to come back.'
        sound.thaw()
        window.says("voice", 15.0)
        sound.freeze()
        window.says("Microphone lost", TOLD_S + 1)  # a stream that has not given any sound yet is waited for longer
    assert window.ends(signal.SIGTERM) < ENDS_S
    assert window.process.returncode == 0
    assert "Traceback" not in "\n".join(window.rest())


def test_a_server_that_hangs_from_the_start_keeps_nobody(sound, tmp_path):
    sound.freeze()
    listing = Program(sound, "-m", "app", "devices")
    terminal = Program(sound, "test.py", "--terminal", "--data", tmp_path, "--device", "builtin")
    window = Program(sound, "tests/support/window_probe.py", tmp_path, "builtin")
    terminal.says("The sound system has not answered yet.")
    window.says("No microphone")  # and not "opening" for ever
    for program in (listing, terminal):
        (line,) = [line for line in program.rest() if line.startswith("heard:")]
        assert "the sound system does not answer" in line
        assert program.process.returncode == 1
        assert "Traceback" not in "\n".join(program.lines)
    assert window.ends() < ENDS_S
    assert window.process.returncode == 0
