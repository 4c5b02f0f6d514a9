"""Whole processes: the window opened by ``test.py``, what a start imports, and how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.diarisation.rttm import read_rttm
from utils import ROOT

SUPPORT = Path(__file__).resolve().parent.parent / "support"


def open_demo(*arguments: object, **env: str) -> subprocess.Popen:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.Popen(
        [sys.executable, "test.py", "--demo", *map(str, arguments)],
        cwd=ROOT,
        env={**environment, "HEARD_TIMING": "1", **env},
        stderr=subprocess.PIPE,
        text=True,
    )


def stages_until(last: str, process: subprocess.Popen) -> list[str]:
    stages = []
    for line in process.stderr:
        if match := re.fullmatch(r"(.+) in \d+ ms", line.strip()):
            stages.append(match[1])
        if stages[-1:] == [last]:
            break
    return stages


@pytest.mark.parametrize(
    ("number", "stages"),
    [(signal.SIGINT, ["window shown"]), (signal.SIGTERM, ["window shown", "listening", "first label"])],
    ids=["while the model loads", "while it listens"],
)
def test_it_ends_cleanly(number, stages, tmp_path):
    rttm = tmp_path / "out.rttm"
    process = open_demo("--rttm", rttm, QT_QPA_PLATFORM="offscreen")
    try:
        assert stages_until(stages[-1], process) == stages
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(20) == 0, rest
        assert "Traceback" not in rest
    finally:
        process.kill()
    if "first label" in stages:
        assert read_rttm(rttm)[0].label == "Ana"


@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="no Xvfb")
def test_it_opens_on_a_real_x_screen():
    process = subprocess.Popen(
        ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", sys.executable, "-c", ON_A_SCREEN],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out) == {"platform": "xcb", "available": True, "window": "Heard", "code": 0}


ON_A_SCREEN = """
import json
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.session import SessionOptions
from app.window.launch import run_window
from app.window.display import display_available
app, seen = QApplication([]), {}
def look():
    window = next(window for window in app.topLevelWidgets() if window.isVisible())
    seen.update(platform=app.platformName(), available=display_available(), window=window.windowTitle())
    for window in app.topLevelWidgets():
        window.close()
QTimer.singleShot(1000, look)
code = run_window(SessionOptions(demo=True))
print(json.dumps({**seen, "code": code}))
"""


def test_the_window_is_not_held_up_while_the_model_loads(tmp_path, capsys):
    done = subprocess.run(
        [sys.executable, SUPPORT / "heartbeat.py", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    with capsys.disabled():
        print(f"[longest stop of the window while the model loads: {figures['longest_gap_ms']} ms]", end=" ")
    assert figures["phases"] == ["listening", "loading", "stopped"], figures
    assert figures["ended"]
    assert not figures["torch"]  # whose import would hold it up for 100 ms and more
    assert figures["longest_gap_ms"] < 250  # 30 on an idle machine


def test_without_qt_it_says_so_in_one_line_and_runs_in_the_terminal():
    hide = (
        "import sys, runpy; sys.modules['PySide6'] = None; sys.argv = ['test.py', '--demo'];"
        " runpy.run_path('test.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "Qt cannot be loaded" in done.stderr
    assert "running in the terminal" in done.stderr
    assert "Right for" in done.stdout
