"""A sound server that hangs, and one that dies: the user is told within two seconds, and programs end when told."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from app.demo import DEMO
from tests.support.listening_program import Program
from tests.support.virtual_sound import VirtualSound, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a virtual sound card")

TOLD_S = 4.0  # two, where nobody else needs the processor
ENDS_S = 4.0


@pytest.fixture
def sound() -> Iterator[VirtualSound]:
    with VirtualSound() as sound:
        yield sound


@pytest.mark.parametrize("how", ["hangs", "dies"])
def test_the_terminal_says_that_no_sound_comes_and_ends_when_told(sound, tmp_path, how):
    heard = Program(sound, "test.py", "--terminal", "--data", tmp_path)
    heard.says("Ctrl-C stops.")
    with sound.playing(DEMO / "conversation.flac"):
        heard.says("nknown")  # somebody speaks
        sound.freeze() if how == "hangs" else sound.kill()
        heard.says("waiting for it to come back", TOLD_S)
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
