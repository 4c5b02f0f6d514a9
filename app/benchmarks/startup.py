"""How long the program takes to be there, and how much memory: whole processes, seen from outside."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from utils import ROOT, HeardError


@dataclass(frozen=True)
class ProcessFigures:
    """Figures of one run of ``test.py``; milliseconds count from the start of the process."""

    stages_ms: dict[str, float]
    """Stage ("window shown", "listening", "first label"), as far as the run got -> when it was reached."""
    wall_s: float
    """From the start of the process to its end."""
    peak_mb: float
    """The largest resident memory. The kernel keeps it for ``wait4``; psutil could only sample it."""


def run_timed(
    arguments: list[str], *, seconds: float | None = None, env: dict[str, str] | None = None
) -> ProcessFigures:
    """Run ``python test.py`` with ``arguments``; it is ended after ``seconds``. POSIX only, else HeardError."""
    if os.name != "posix":
        raise HeardError("start-up is measured on Linux and macOS only.")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "test.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **(env or {}), "HEARD_TIMING": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(seconds or 600, process.terminate)
    timer.start()
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it was waited for here, for the sake of its memory figure
    timer.cancel()
    wall_s = time.perf_counter() - began
    stages = {name: float(ms) for name, ms in re.findall(r"^(\w[\w ]*) in (\d+) ms$", text, re.MULTILINE)}
    # ru_maxrss is in kilobytes on Linux, in bytes on macOS.
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return ProcessFigures(stages, wall_s, peak)


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """Environment variables for a process with a window: the display that is there, else a virtual one (Xvfb)."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin":
        yield {}
        return
    if not shutil.which("Xvfb"):
        raise HeardError("no display, and no Xvfb to make one: sudo apt-get install xvfb")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()
