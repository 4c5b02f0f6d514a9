"""kill -9 at every place of everything that changes a data folder, and at every place of the next start.

A place is a file opened, moved or removed, a folder made or removed, or a statement to the database. The process that
works is a fork that kills itself there; another looks at what it left, as the next program to start does.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.voiceprints import conversion, database
from tests.torture.counts import Counts
from tests.torture.household import IN_TWO_STEPS, OPERATIONS, make_household, open_and, problems_in, state_of
from tests.torture.sealings import DEEDS, PLAIN, SEALED, beside, let_in, make_templates, problems_with_sides

COUNT = 1000
WATCHED = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
KILL_THE_NEXT_START = 0.3
"""Share of tries in which the start after a kill is killed, too."""


class Places:
    """Counts the places that a process passes, and kills it at one of them. One in each fork."""

    def __init__(self, kill_at: int | None = None):
        self.passed, self.kill_at = 0, kill_at

    def install(self) -> None:
        sys.addaudithook(self._audit)
        connect = database.connect

        def traced(*arguments: object):
            connection = connect(*arguments)
            connection.set_trace_callback(lambda statement: self.step())
            return connection

        database.connect = conversion.connect = traced

    def _audit(self, event: str, arguments: tuple) -> None:
        if event in WATCHED or (event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+")):
            self.step()

    def step(self) -> None:
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


def in_a_fork(act: Callable[[], object], kill_at: int | None = None) -> tuple[bool, int, str]:
    """Whether it was killed, how many places it passed, and what it said: an error, or what ``act`` returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        places = Places(kill_at)
        try:
            places.install()
            text = repr(act())
        except BaseException:
            text = "error: " + traceback.format_exc()
        os.write(writer, f"{places.passed}\n{text}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        passed, _, text = said.read().partition("\n")
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return killed, int(passed or 0), text


def run(count: int, seed: int) -> Counts:
    """Kill ``count`` times, every operation about as often, at places that follow each other."""
    counts, rng = Counts(), random.Random(seed)
    deeds = {name: (PLAIN, partial(_operate, operation)) for name, operation in OPERATIONS.items()} | DEEDS
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        templates, data = Path(folder) / "templates", Path(folder) / "data"
        _, _, said = in_a_fork(lambda: make_templates(templates))
        assert said == "None", said
        before = {kind: state_in_fork(templates / kind) for kind in (PLAIN, SEALED)}
        assert before[PLAIN] == before[SEALED], "sealing changed what there is"
        for name, (kind, act) in deeds.items():
            template = templates / kind
            copy(template, data)
            _, places, text = in_a_fork(lambda act=act: act(data))
            assert not text.startswith("error"), text
            allowed = {before[kind], state_in_fork(data)}
            if act_in_two := IN_TWO_STEPS.get(name):  # it dies between them, too
                copy(template, data)
                in_a_fork(lambda act=act_in_two: open_and(data, lambda store: act(store, lambda: os._exit(0))))
                allowed.add(state_in_fork(data))
            each = max(1, round(count / len(deeds)))
            for kill_at in sorted(rng.sample(range(places), min(each, places))) + rng.choices(
                range(places), k=max(0, each - places)
            ):
                copy(template, data)
                again = rng.random() < KILL_THE_NEXT_START
                problem = one_try(data, act, kill_at, rng.randrange(60) if again else None, allowed)
                counts.add(name, problem and f"killed at {kill_at} of {places}{' and again' * again}: {problem}")
    return counts


def _operate(operation: Callable, data: Path) -> None:
    open_and(data, operation)


def set_up(template: Path) -> None:
    """Make the household that each try begins with."""
    _, _, said = in_a_fork(lambda: make_household(template))
    assert said == "None", said


def one_try(data: Path, act: Callable[[Path], object], kill_at: int, again_at: int | None, allowed: set[str]) -> str:
    """What is wrong after a kill; empty if nothing is."""
    in_a_fork(lambda: act(data), kill_at)
    if again_at is not None:
        in_a_fork(lambda: _found(state_of, data), again_at)
    _, _, found = in_a_fork(lambda: _found(problems_in, data) + problems_with_sides(data))
    if found != "[]":
        return found
    state = state_in_fork(data)
    if state not in allowed:
        return f"neither before nor after: {state}"
    return ""


def state_in_fork(data: Path) -> str:
    return in_a_fork(lambda: _found(state_of, data))[2]


def _found(look: Callable, data: Path) -> object:
    let_in(data)
    return look(data)


def copy(template: Path, data: Path) -> None:
    """``data`` and what lies beside it become as they are at ``template``."""
    for source, target in ((template, data), (beside(template), beside(data))):
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target)
