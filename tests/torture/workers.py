"""Damaged inputs are tried in processes of their own, which may hang, run out of memory or crash."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path

import psutil

from tests.torture.subjects import tried

LONGEST_S = 20.0
"""How long one input may keep a processor busy: a machine with other work does not change it."""
STUCK_S = 240.0
"""How long one input may take at all."""
MOST_MB = 1024
"""How much memory the process may have, program and libraries included."""
SPARE_MB = 3000
"""Address space that a worker may ask for beyond that of the loaded libraries, so that the machine is spared."""
Case = tuple[str, int]
"""Kind and number of an input."""


@dataclass(frozen=True)
class Outcome:
    case: Case
    problem: str
    """Empty if all went as it should."""
    seconds: float
    """Of the processor."""
    peak_mb: float


def try_all(subjects: str, cases: Iterable[Case], seed: int, keep: Path, *, workers: int = 1) -> Iterator[Outcome]:
    """Try every case, in any order. ``subjects``: the module whose ``SUBJECTS`` they are of.

    The files of inputs that failed are kept in ``keep``, in a folder for each.
    """
    waiting = iter(cases)
    with tempfile.TemporaryDirectory(prefix="torture-") as scratch:
        running = [_Worker(subjects, seed, Path(scratch) / str(number)) for number in range(workers)]
        try:
            while running:
                for worker in list(running):
                    if worker.case is None and not worker.give(next(waiting, None)):
                        worker.end()
                        running.remove(worker)
                wait([worker.pipe for worker in running], timeout=0.5)
                for worker in running:
                    if (outcome := worker.outcome()) is not None:
                        if outcome.problem:
                            worker.keep(keep / f"{outcome.case[0]}-{outcome.case[1]}", outcome)
                        worker.renew_if_ended()
                        yield outcome
        finally:
            for worker in running:
                worker.end()


class _Worker:
    def __init__(self, subjects: str, seed: int, folder: Path):
        self._arguments = (subjects, seed, str(folder))
        self._folder = folder
        self.case: Case | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()
        if not self.pipe.poll(300):
            raise TimeoutError("a worker did not start within five minutes")
        self.pipe.recv()  # what is slow is loaded

    def give(self, case: Case | None) -> bool:
        self.case, self._since, self._busy_before_s = case, time.monotonic(), self._busy_s()
        if case is not None:
            self.pipe.send(case)
        return case is not None

    def _busy_s(self) -> float:
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return times.user + times.system

    def outcome(self) -> Outcome | None:
        if self.case is None:
            return None
        seconds = self._busy_s() - self._busy_before_s
        try:
            if self.pipe.poll():
                problem, seconds, peak_mb = self.pipe.recv()
                if not problem and seconds > LONGEST_S:
                    problem = f"took {seconds:.0f} s"
                if not problem and peak_mb > MOST_MB:
                    problem = f"took {peak_mb:.0f} MB"
            elif seconds > LONGEST_S or time.monotonic() - self._since > STUCK_S:
                problem, peak_mb = f"not done after {seconds:.0f} s", 0.0
                self._process.kill()
            else:
                return None
        except (EOFError, ConnectionResetError):
            self._process.join(10)
            problem, peak_mb = f"the process ended ({self._process.exitcode})", 0.0
        outcome, self.case = Outcome(self.case, problem, seconds, peak_mb), None
        return outcome

    def keep(self, place: Path, outcome: Outcome) -> None:
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        if self._folder.exists():
            shutil.copytree(self._folder, place, symlinks=True, ignore_dangling_symlinks=True)
        place.mkdir(exist_ok=True)
        (place / "PROBLEM.txt").write_text(outcome.problem, encoding="utf-8", errors="replace")

    def renew_if_ended(self) -> None:
        self._process.join(0.1 if self._process.is_alive() else 10)
        if not self._process.is_alive():
            self.pipe.close()
            self._start()

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join(10)


def _work(pipe: Connection, subjects: str, seed: int, folder: str) -> None:
    """What a worker does: each case that comes is tried, and what went wrong is sent back."""
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):  # libraries print of damage what they like
        stream.flush()
        os.dup2(silence, stream.fileno())
    module = import_module(subjects)
    module.warm_up()
    _limit_memory()
    pipe.send("ready")
    known = {subject.kind: subject for subject in module.SUBJECTS}
    while True:
        try:
            kind, number = pipe.recv()
        except EOFError:
            return
        peak, began = _watch_memory(), time.process_time()
        problem = tried(known[kind], seed, number, Path(folder))
        pipe.send((problem, time.process_time() - began, peak()))


def _limit_memory() -> None:
    if not sys.platform.startswith("linux"):
        return
    import resource

    now_mb = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() >> 20
    limit = (now_mb + SPARE_MB) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _watch_memory() -> Callable[[], float]:
    """A function that tells the most memory in MB that the process has had since now; 0 where that cannot be told."""
    if not sys.platform.startswith("linux"):
        return lambda: 0.0
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew

    def peak() -> float:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    return peak
