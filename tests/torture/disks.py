"""A full disk, a folder that can only be read, and one that vanished, under every command that writes.

Each command must end by itself in a line that says what to do, or work; what was there before must be there after it,
but for what it was told to delete. Deleting works on a full disk. Needs root on Linux: disks of a few megabytes are
mounted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.small_disk import fill
from tests.torture.counts import Counts
from tests.torture.household import make_household, problems_in, state_of
from tests.torture.kills import in_a_fork

COUNT = 1
"""Every command in every trouble, once."""
ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
SPEECH = str(next((DEMO / "enrolment").rglob("*.flac")))
LONGEST_S = 120
DISK_MB = 6

COMMANDS: dict[str, list[str]] = {
    "record": ["record_samples.py", "Dee", "--file", SPEECH, "--samples", "1", "--seconds", "3", "--data", "{data}"],
    "build": ["build_voiceprint.py", "--from", str(DEMO / "enrolment"), "--data", "{data}"],
    "listen": ["test.py", "--file", SPEECH, "--terminal", "--data", "{data}", "--rttm", "{out}/t.rttm"],
    "list": ["-m", "app", "voices", "list", "--data", "{data}"],
    "rename": ["-m", "app", "voices", "rename", "Ana", "Zoe", "--data", "{data}"],
    "delete": ["-m", "app", "voices", "delete", "Ana", "--yes", "--data", "{data}"],
    "delete of somebody not built": ["-m", "app", "voices", "delete", "Cal", "--yes", "--data", "{data}"],
    "name an unknown voice": [
        *("-m", "app", "voices", "enrol", "Eve", "--from", SPEECH, "--voice", "Unknown 1", "--data", "{data}")
    ],
    "allow": ["-m", "app", "voices", "consent", "Ben", "yes", "--data", "{data}"],
    "withdraw": ["-m", "app", "voices", "consent", "Ana", "no", "--data", "{data}"],
    "accept an offer": ["-m", "app", "voices", "offers", "--accept", "1", "--data", "{data}"],
    "dismiss an offer": ["-m", "app", "voices", "offers", "--dismiss", "1", "--data", "{data}"],
    "export": ["-m", "app", "voices", "export", "--faiss", "{out}/v.npy", "--data", "{data}"],
    "extract": ["-m", "app", "extract", "{list}", "--out", "{out}/embeddings"],
    "evaluate": ["-m", "app", "evaluate", "{trials}", "--scores", "{out}/scores.txt"],
}
ERASING = {"delete", "delete of somebody not built", "withdraw", "dismiss an offer"}
MUST_WORK = {"full": {"list", *ERASING}, "read-only": {"list"}, "vanished": set()}
"""What has to be possible whatever the trouble."""


def run(count: int, seed: int, only: tuple[str, ...] = tuple(COMMANDS)) -> Counts:
    """Each of the commands ``only``, ``count`` times in each trouble. ``seed`` has nothing to decide."""
    counts = Counts()
    for _ in range(count):
        for trouble in ("full", "read-only", "vanished"):
            for name in only:
                counts.add(f"{trouble} disk" if trouble == "full" else f"{trouble} folder", one_try(trouble, name))
    return counts


def one_try(trouble: str, name: str) -> str:
    """What is wrong with how a command takes it; empty if nothing is."""
    with small_disk() as disk, tempfile.TemporaryDirectory() as elsewhere:
        data, out = disk / "data", disk / "out"
        out.mkdir()
        _, _, said = in_a_fork(lambda: make_household(data))
        assert said == "None", said
        before = in_a_fork(lambda: state_of(data))[2]
        lists = Path(elsewhere)
        (lists / "list.csv").write_text(f"path,speaker\n{SPEECH},a\n")
        (lists / "trials.txt").write_text(f"1 {SPEECH} {SPEECH}\n0 {SPEECH} {SPEECH}\n")
        words = [
            word.format(data=data, out=out, list=lists / "list.csv", trials=lists / "trials.txt")
            for word in COMMANDS[name]
        ]
        with make_trouble(trouble, disk, data, out):
            problem = look_at(words, must_work=name in MUST_WORK[trouble])
        if problem or trouble == "vanished":
            return problem and f"{name}: {problem}"
        found = in_a_fork(lambda: problems_in(data))[2]
        if found != "[]":
            return f"{name}: {found}"
        after = in_a_fork(lambda: state_of(data))[2]
        lost = [person for person in ("Ana", "Ben", "Cal") if person in before and person not in after]
        told = {"rename": ["Ana"], "delete": ["Ana"], "delete of somebody not built": ["Cal"]}.get(name, [])
        return f"{name}: {lost} lost" if set(lost) - set(told) else ""


def look_at(words: list[str], *, must_work: bool) -> str:
    """Run a command. What is wrong with how it ends; empty if nothing is."""
    try:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LONGEST_S,
            env={**os.environ, "TQDM_DISABLE": "1"},
        )
    except subprocess.TimeoutExpired:
        return f"it hangs for more than {LONGEST_S} s"
    lines = [line for line in done.stderr.splitlines() if line.startswith("heard: ")]
    if "Traceback" in done.stderr or done.returncode not in (0, 1, 2):
        return f"code {done.returncode}: {done.stderr[-500:]}"
    if done.returncode and len(lines) != 1:
        return f"code {done.returncode} without one line: {done.stderr[-500:]!r}"
    if must_work and done.returncode:
        return f"it does not work: {done.stderr[-300:]}"
    return ""


@contextlib.contextmanager
def make_trouble(trouble: str, disk: Path, data: Path, out: Path) -> Iterator[None]:
    match trouble:
        case "full":
            fill(disk)
            yield
            (disk / "filler").unlink()
        case "read-only":
            mount("-o", "remount,ro", disk)
            yield
            mount("-o", "remount,rw", disk)
        case "vanished":
            for folder in (data, out):
                shutil.rmtree(folder)
            disk.chmod(0o500)
            mount("-o", "remount,ro", disk)
            yield
            mount("-o", "remount,rw", disk)


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        mount("-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", where)
        try:
            yield where
        finally:
            subprocess.run(["umount", "-l", str(where)], check=True)


def mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)
