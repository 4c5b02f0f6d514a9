"""Two that change one data folder at once: at every place of the one, the other does all of its work.

What comes of it must be what comes of the two one after the other, in one order or the other, or of one alone if the
other said that it could not. In one process, where each has a connection of its own, and in two. And three programs
that do as they like for a while, with a folder in the end in which everything fits.
"""

from __future__ import annotations

import ast
import contextlib
import os
import random
import select
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from app.voiceprints.offers import accept_offer, answer_consent, dismiss_offer, keep_offer, offers_of
from app.voiceprints.people import delete_person, rename_person
from app.voiceprints.recordings import Note
from app.voiceprints.store import VoiceprintStore
from tests.torture.counts import Counts
from tests.torture.household import (
    BUSY_S,
    IN_TWO_STEPS,
    MODEL,
    OFFERED,
    OPERATIONS,
    embedded,
    open_and,
    problems_in,
    rebuild,
    record,
    sound_of,
    state_of,
    undo,
)
from tests.torture.kills import Places, copy, in_a_fork, set_up
from utils import HeardError

COUNT = 1000
STRESS_S = 60.0
PROGRAMS = 3


class Meeting(Places):
    """Calls somebody at one of the places that this process passes."""

    def __init__(self, at: int, call: Callable[[], None]):
        super().__init__()
        self.at, self.call, self.met = at, call, False

    def step(self) -> None:
        if self.passed == self.at and not self.met:
            self.met = True
            self.call()
        self.passed += 1


def run(count: int, seed: int) -> Counts:
    """``count`` meetings of pairs, in one process and in two by turns, and the stress of a minute."""
    counts, rng = Counts(), random.Random(seed)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        table = Table(Path(folder))
        for number, (first, second) in enumerate(meetings(count, rng)):
            kind = "two at once, in two processes" if number % 2 else "two at once, in one process"
            problem = table.meet(first, second, rng, apart=bool(number % 2))
            counts.add(kind, problem and f"{first} + {second}: {problem}")
    counts.add("three programs for a minute", stress(STRESS_S * min(1.0, count / COUNT), seed))
    return counts


def meetings(count: int, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Pairs of operations: all of them as often as ``count`` goes, then some."""
    pairs = list(product(OPERATIONS, OPERATIONS))
    for _ in range(count // len(pairs)):
        yield from pairs
    yield from rng.sample(pairs, count % len(pairs))


class OtherThread:
    """Somebody in this process who waits to be called."""

    def __init__(self, act: Callable[[], str]):
        self._said: list[str] = []
        self._thread = threading.Thread(target=lambda: self._said.append(act()))
        self._called = False

    def go(self) -> None:
        """Let it work. Goes on when it is done, or waits for who called it."""
        self._called = True
        self._thread.start()
        self._thread.join(2 * BUSY_S)

    def said(self) -> str:
        """What came of it; it is called now if nobody did."""
        if not self._called:
            self.go()
        self._thread.join(20)
        return self._said[0] if self._said else "hangs"


class OtherProcess:
    """The same in a process of its own, which is there before anything begins."""

    def __init__(self, act: Callable[[], str]):
        wait, self._start = os.pipe()
        self._answer, answer = os.pipe()
        if os.fork() == 0:
            os.read(wait, 1)
            os.write(answer, act().encode())
            os._exit(0)
        self._called = False

    def go(self) -> None:
        self._called = True
        os.write(self._start, b"!")
        select.select([self._answer], [], [], 2 * BUSY_S)

    def said(self) -> str:
        if not self._called:
            self.go()
        return os.read(self._answer, 100).decode() if select.select([self._answer], [], [], 20)[0] else "hangs"


class Table:
    """Where pairs meet: a household that is set up anew each time, and what comes of two without a meeting."""

    def __init__(self, folder: Path):
        self.template, self.data = folder / "template", folder / "data"
        set_up(self.template)
        self._places: dict[str, int] = {}
        self._serial: dict[tuple[str, ...], tuple[list[str], str]] = {}

    def meet(self, first: str, second: str, rng: random.Random, *, apart: bool) -> str:
        """Let the second work at a place of the first. What is wrong with what comes of it; empty if nothing is."""
        self.one_after_the_other(first)
        places = self._places[first]
        at = rng.randrange(places)
        copy(self.template, self.data)

        def both() -> list[str]:
            other = (OtherProcess if apart else OtherThread)(lambda: outcome(self.data, second))
            Meeting(at, other.go).install()
            return [outcome(self.data, first), other.said()]

        text = in_a_fork(both)[2]
        if text.startswith("error"):
            return text
        found, state = in_a_fork(lambda: problems_in(self.data))[2], in_a_fork(lambda: state_of(self.data))[2]
        if found != "[]":
            return f"at {at} of {places}, {text}: {found}"
        expected = self.expected(first, second)
        if (text, state) not in expected:
            return f"at {at} of {places}: {text} {state}; one after the other: {expected}"
        return ""

    def expected(self, first: str, second: str) -> list[tuple[str, str]]:
        """What may come of two: (what each said, the state), one after the other, or one alone."""
        said, state = self.one_after_the_other(first, second)
        turned, other = self.one_after_the_other(second, first)
        found = [
            (repr(said), state),
            (repr(turned[::-1]), other),
            (repr(["done", "could not"]), self.one_after_the_other(first)[1]),
            (repr(["could not", "done"]), self.one_after_the_other(second)[1]),
        ]
        found += [(repr(results), state) for results, state in self.in_between(first, second)]
        found += [(repr(results[::-1]), state) for results, state in self.in_between(second, first)]
        return found

    def one_after_the_other(self, *names: str) -> tuple[list[str], str]:
        """What each says, and the state in the end."""
        if names not in self._serial:
            copy(self.template, self.data)
            said = []
            for name in names:
                _, places, text = in_a_fork(lambda name=name: outcome(self.data, name))
                said.append(text.strip("'"))
                if len(names) == 1:
                    self._places[name] = places
            self._serial[names] = said, in_a_fork(lambda: state_of(self.data))[2]
        return self._serial[names]

    def in_between(self, name: str, other: str) -> list[tuple[list[str], str]]:
        """What comes of it if all of the other one happens between the two steps of this one, if it has two."""
        if name not in IN_TWO_STEPS:
            return []
        if (name, "between", other) not in self._serial:
            copy(self.template, self.data)

            def both() -> list[str]:
                said = ["could not"]
                between = lambda: said.append(outcome(self.data, other))  # noqa: E731
                with contextlib.suppress(HeardError):
                    open_and(self.data, lambda store: IN_TWO_STEPS[name](store, between))
                    said[0] = "done"
                return said

            said = ast.literal_eval(in_a_fork(both)[2])
            self._serial[name, "between", other] = said, in_a_fork(lambda: state_of(self.data))[2]
        return [self._serial[name, "between", other]]


def outcome(data: Path, name: str) -> str:
    """Do an operation, and say whether it was done."""
    try:
        open_and(data, OPERATIONS[name])
    except HeardError:
        return "could not"
    return "done"


# ---------------------------------------------------------------------------- three programs


def stress(seconds: float, seed: int) -> str:
    """Three programs that do as they like with six people and what is offered to them. What is wrong in the end."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        set_up(data)
        children = []
        for number in range(PROGRAMS):
            if (child := os.fork()) == 0:
                os._exit(0 if live(data, seconds, seed * PROGRAMS + number) else 1)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        if any(codes):
            return f"the programs ended with {codes}"
        found = in_a_fork(lambda: problems_in(data))[2]
        return "" if found == "[]" else found


def live(data: Path, seconds: float, seed: int) -> bool:
    """One program of the three. False for an error that is not one line for the user."""
    rng, names, until = random.Random(seed), ["Ana", "Ben", "Cal", "Dee", "Eve", "Zoe"], time.monotonic() + seconds
    with VoiceprintStore(data) as store:
        while time.monotonic() < until:
            name, other = rng.sample(names, 2)
            try:
                do_something(store, rng.randrange(12), name, other)
            except HeardError:
                continue
            except Exception as error:
                print(f"{type(error).__name__}: {error}", flush=True)
                return False
    return True


def do_something(store: VoiceprintStore, what: int, name: str, other: str) -> None:
    match what:
        case 0 | 1:
            record(store, name, built=bool(what))
        case 2:
            rebuild(store, name)
        case 3:
            rename_person(store, name, other)
        case 4:
            delete_person(store, name)
        case 5:
            undo(store, name)
        case 6 | 7:
            answer_consent(store, name, may_keep=what == 6)
        case 8 | 9 if person := store.find(name):
            day = f"2026-03-{what:02d}"
            keep_offer(store, person.id, sound_of("Ana", OFFERED), Note(name, day, device=other), 4.0 + what)
        case 10 | 11 if offers := offers_of(store, name):
            if what == 10:
                accept_offer(store, offers[0].id, *MODEL, embedded("Ana", OFFERED, ""))
            else:
                dismiss_offer(store, offers[0].id)
        case _:
            store.overview()
