"""Damaged files given to the program's command lines: an exit code of 0, 1 or 2, a message that names the file, no
traceback, nothing that keeps a processor busy for 20 s or takes 1 GB."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.torture.counts import Counts
from tests.torture.inputs import SUBJECTS
from tests.torture.workers import LONGEST_S, MOST_MB, STUCK_S
from utils import BUNDLED, ROOT

COUNT = 300
SPEECH = BUNDLED / "demo" / "enrolment" / "Ana"
APP = ("-m", "app")
Lines = Callable[[Path, Path], list[tuple[object, ...]]]
"""(the damaged input, a folder for outputs) -> command lines."""


def _sound(path: Path, out: Path) -> list[tuple[object, ...]]:
    tree = out / "tree" / "Ana"
    tree.mkdir(parents=True)
    (tree / path.name).write_bytes(path.read_bytes())
    data = out / "data"
    return [
        ("test.py", "--terminal", "--file", path, "--data", data, "--rttm", out / "o.rttm"),
        (*APP, "verify", path, sorted(SPEECH.iterdir())[0]),
        (*APP, "extract", tree.parent, "--out", out / "o"),
        (*APP, "plot", "features", path, "--out", out / "o.png"),
        ("build_voiceprint.py", "--from", tree.parent, "--data", data),
        ("record_samples.py", "Ana", "--file", path, "--data", data),
        (*APP, "voices", "enrol", "Ana", "--from", path, "--voice", "Unknown 1", "--data", data),
    ]


def _model(path: Path, out: Path) -> list[tuple[object, ...]]:
    first, second = sorted(SPEECH.iterdir())[:2]
    return [
        (*APP, "verify", first, second, "--model", path),
        (*APP, "export", "--model", path, "--out", out / "o.onnx"),
        (*APP, "voices", "export", "--faiss", out / "o.npy", "--model", path, "--data", out / "data"),
    ]


def _list(path: Path, out: Path) -> list[tuple[object, ...]]:
    return [
        (*APP, "extract", path, "--out", out / "o"),
        (*APP, "evaluate", path, "--scores", out / "o.txt"),
        (*APP, "evaluate", "--pairs", path),
        (*APP, "verify", "--pairs", path),
        (*APP, "plot", "det", path, "--out", out / "o.png"),
        (*APP, "train", path),
    ]


def _journal(path: Path, out: Path) -> list[tuple[object, ...]]:
    return [(*APP, "extract", SPEECH.parent, "--out", path)]


def _data(path: Path, out: Path) -> list[tuple[object, ...]]:
    return [
        (*APP, "voices", "list", "--data", path),
        (*APP, "voices", "delete", "Ana", "--yes", "--data", path),
        (*APP, "voices", "rename", "Ana", "Ben", "--data", path),
        (*APP, "voices", "consent", "Ana", "yes", "--data", path),
        (*APP, "voices", "consent", "Ana", "no", "--data", path),
        (*APP, "voices", "offers", "--data", path),
        (*APP, "voices", "offers", "--accept", "1", "--data", path),
        (*APP, "voices", "offers", "--dismiss", "1", "--data", path),
        ("build_voiceprint.py", "--data", path),
        ("test.py", "--terminal", "--file", sorted(SPEECH.iterdir())[0], "--data", path),
    ]


LINES: dict[str, Lines] = {
    "sound file": _sound,
    **dict.fromkeys(("card", "card of an ONNX file", "weights", "ONNX file", "overlap head", "checkpoint"), _model),
    **dict.fromkeys(
        ("manifest", "trial list", "trial table", "list of pairs", "Kaldi folder", "file of scores"), _list
    ),
    "training configuration": _list,
    "journal": _journal,
    **dict.fromkeys(("database", "database with odd values", "note beside a recording"), _data),
}
ABOUT = ("Ana", "Nobody", "nobody", "recordings", "pair", "Unknown 1", "sound", "voiceprint", "--out", "the first: ")
"""A message may be about a person, a pair or an option in place of a file."""


def run(count: int, seed: int) -> Counts:
    """Try ``count`` command lines, of all kinds of input alike."""
    counts, known = Counts(), {subject.kind: subject for subject in SUBJECTS}
    for number in range(count):  # of each kind in turn
        random = Random(f"commands {seed} {number}")
        kind = list(LINES)[number % len(LINES)]
        with tempfile.TemporaryDirectory(prefix="torture-") as scratch:
            folder, out = Path(scratch) / "in", Path(scratch) / "out"
            folder.mkdir()
            out.mkdir()
            path = known[kind].make(random, folder)
            command = [str(word) for word in random.choice(LINES[kind](path, out))]
            problem = outcome(command, (path.name, folder.name, *(file.name for file in folder.iterdir()), *ABOUT))
        words = " ".join(command[:3]).removeprefix("-m ")
        counts.add(f"{kind}, commands", f"{number}: {words}: {problem}" if problem else "")
    return counts


class _Peak(threading.Thread):
    """The most memory that a process had in use, in MB, looked at while it runs: what ``wait4`` tells counts what the
    process that started it had, too."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.mb, self.over = 0.0, threading.Event()
        self._status = Path(f"/proc/{pid}/status")

    def run(self) -> None:
        while not self.over.wait(0.02):
            with contextlib.suppress(OSError):  # it has ended
                found = re.search(r"VmHWM:\s+(\d+) kB", self._status.read_text())
                self.mb = max(self.mb, int(found[1]) / 1024 if found else 0.0)


def outcome(command: list[str], names: tuple[str, ...]) -> str:
    """What went wrong with a command line; empty if nothing did."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
        env.pop(screen, None)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        watch, peak = threading.Timer(STUCK_S, process.kill), _Peak(process.pid)
        watch.start()
        peak.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        finally:
            watch.cancel()
            peak.over.set()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    busy_s, peak_mb = used.ru_utime + used.ru_stime, peak.mb
    if "Traceback" in text:
        return f"a traceback: {lines[-1]}"
    if process.returncode not in (0, 1, 2):
        return f"exit code {process.returncode}"
    if process.returncode and not (lines and any(name in lines[-1] for name in names)):
        return f"the message does not name the file: {lines[-1:]}"
    if busy_s > LONGEST_S + 10:  # with what a start takes
        return f"took {busy_s:.0f} s"
    return f"took {peak_mb:.0f} MB" if peak_mb > MOST_MB else ""
