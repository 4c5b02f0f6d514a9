"""The window as a user has it: on an X screen, with a sound card, clicked with a mouse. Somebody is enrolled, and
named; a stranger is not.

The screen is Xvfb's, the sound card tests/support/virtual_sound.py, the hand xdotool. Where to click is asked of the
same window, laid out at the same size in this process.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QWidget

from app.audio.reading.reader import read_audio
from app.voiceprints.store import VoiceprintStore
from app.window import strings
from app.window.dialogs.enrol_dialog import EnrolDialog
from app.window.engine.levels import Level
from app.window.main_window import MainWindow
from tests.support import virtual_sound
from tools.screenshots import NOBODY, Still
from utils import ROOT, SAMPLE_RATE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="no Xvfb or no xdotool"),
]
SIZE = QSize(1080, 760)


class Hand:
    """xdotool on one screen."""

    def __init__(self, env: dict[str, str]):
        self.env = env

    def do(self, *arguments: object) -> str:
        done = subprocess.run(["xdotool", *map(str, arguments)], env=self.env, capture_output=True, text=True)
        return done.stdout.strip()

    def sees(self, title: str) -> list[str]:
        return self.do("search", "--onlyvisible", "--name", title).split()

    def window(self, title: str, seconds: float = 60) -> str:
        """The visible window whose title matches."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.sees(title):
                return found[-1]
            time.sleep(0.2)
        shown = [self.do("getwindowname", window) for window in self.sees(".")]
        raise AssertionError(f"no window {title!r} within {seconds} s, but {shown}")

    def click(self, window: str, place: QPoint) -> None:
        self.do("windowfocus", window)
        self.do("mousemove", "--window", window, place.x(), place.y())
        self.do("click", 1)


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def centre(widget: QWidget, window: QWidget) -> QPoint:
    return widget.mapTo(window, widget.rect().center())


@pytest.fixture
def places(qtbot, theme) -> dict[str, QPoint]:
    """Where the controls are, in the window and in its dialog."""
    still = Still(NOBODY, Level())
    window = MainWindow(still, theme, find_microphones=list)
    qtbot.addWidget(window)
    window.resize(SIZE)
    window.show()
    dialog = EnrolDialog(still, theme, parent=window)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return {
        "add": centre(window.live.people.first_button, window),
        "name": centre(dialog.names.edit, dialog),
        "next": centre(dialog.names.next_button, dialog),
    }


@pytest.fixture
def screen() -> Iterator[str]:
    """A display of its own. Two servers that start at one moment may want the same number: then it is tried again."""
    for _ in range(5):
        read, write = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
            pass_fds=[write], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        try:
            if number:
                yield f":{number}"
                return
        finally:
            server.kill()
            server.wait()
    pytest.fail("Xvfb does not start")


@pytest.fixture
def sounds(voice) -> dict[str, np.ndarray]:
    """Two people at one level: real ones where they are there, else those of the demo."""
    folder = Path(os.environ.get("HEARD_SPEECH", ROOT.parent / "shared" / "speech"))
    if (folder / "dev.csv").exists():
        with open(folder / "dev.csv", encoding="utf-8") as file:
            rows = [(row["speaker"].rpartition("-")[2], folder / row["file"]) for row in csv.DictReader(file)]
        out = {name: np.concatenate([read_audio(f) for who, f in rows if who == name]) for name in ("2414", "3331")}
    else:
        out = {name: voice(name) for name in ("Ana", "Ben")}
    return {name: sound[: 40 * SAMPLE_RATE] * (0.06 / np.sqrt(np.mean(sound**2))) for name, sound in out.items()}


def test_somebody_is_enrolled_by_mouse_and_then_named(places, screen, sounds, tmp_path):
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    known, stranger = sounds
    data = tmp_path / "data"
    with virtual_sound.VirtualSound() as sound:
        env = {k: v for k, v in sound.env.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
        env |= {"DISPLAY": screen, "HEARD_TIMING": "1"}
        hand = Hand(env)
        errors = (tmp_path / "stderr").open("w+")
        process = subprocess.Popen(
            [sys.executable, "test.py", "--data", str(data)], cwd=ROOT, env=env, stderr=errors, stdout=errors
        )
        try:
            window = hand.window("Heard$")
            wait(lambda: "listening in" in (tmp_path / "stderr").read_text(), 120, "it listens")
            hand.click(window, places["add"])
            dialog = hand.window(f"^{strings.ADD_PERSON_TITLE}$")
            hand.click(dialog, places["name"])
            hand.do("type", "--delay", 40, "Ana")
            hand.click(dialog, places["next"])
            with sound.playing(np.tile(sounds[known], 4)):
                time.sleep(6)  # the model is there already; the microphone is opened again
                hand.do("windowfocus", dialog)
                hand.do("key", "space")
                wait(lambda: people(data) == ["Ana"], 90, "the voiceprint")
                time.sleep(1)
                hand.do("windowfocus", dialog)
                hand.do("key", "Return")
                wait(lambda: not hand.sees(f"^{strings.ADD_PERSON_TITLE}$"), 10, "the dialog is closed")
                assert titles(hand, window, 15)["Ana \u2013 Heard"] >= 40
            with sound.playing(np.tile(sounds[stranger], 2)):
                time.sleep(2)
                heard = titles(hand, window, 12)
                assert heard["Ana \u2013 Heard"] <= 0.2 * heard.total(), heard
                unknown = sum(share for title, share in heard.items() if title.startswith("Unknown"))
                assert unknown >= 0.5 * heard.total(), heard
            hand.do("windowfocus", window)
            hand.do("key", "ctrl+q")
            assert process.wait(20) == 0
            assert "Traceback" not in (tmp_path / "stderr").read_text()
        finally:
            process.kill()
            process.wait()
            errors.close()


def people(data: Path) -> list[str]:
    with VoiceprintStore(data) as store:
        return store.people()


def titles(hand: Hand, window: str, seconds: float) -> Counter:
    """What the title of the window said, asked ten times a second; 100 for all the time."""
    found: Counter = Counter()
    for _ in range(round(10 * seconds)):
        found[hand.do("getwindowname", window)] += 1
        time.sleep(0.1)
    return Counter({title: round(100 * count / found.total()) for title, count in found.items()})
