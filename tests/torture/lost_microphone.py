"""The microphone is lost and comes back, again and again: pulled out, its server killed, its server hanging.

A real program listens all the time (``test.py --terminal --jsonl -`` on a virtual sound card, the demo's people
enrolled). Each time it must say so at once, show no label while nothing comes, go on when the sound is back,
and then name nobody but who speaks. In the end it must have no more open files than in the beginning, hardly more
memory, and end within two seconds when told.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from app.audio.reading.reader import read_audio
from app.demo import DEMO, demo_people
from app.embedding.load import load_encoder
from tests.support.demo_data import enrol_demo
from tests.support.listening_program import Program
from tests.support.virtual_sound import VirtualSound, missing
from tests.torture.counts import Counts
from utils import SAMPLE_RATE, HeardError

COUNT = 100
TOLD_S = 4.0
"""It says so within 1.1 s where the processor is free; the longest time is printed."""
BACK_S = 30.0
"""Until sound comes again: a server that hung may have kept a call for as long as it takes to give up."""
ENDS_S = 2.0
SPOKEN_EVERY = 5
"""Of so many times, once somebody speaks for three seconds afterwards."""
MOST_GROWTH_MB = 10.0
"""From the tenth time to the last: what the session learns of its speakers, and the turns."""
KINDS = {"pulled out": 5, "server killed": 3, "server hung": 2}
"""And how often each is done."""


def run(count: int, seed: int) -> Counts:
    """Lose the microphone ``count`` times."""
    if problem := missing():
        raise HeardError(problem)
    rng, counts = random.Random(seed), Counts()
    took: dict[str, dict[str, list[float]]] = {kind: defaultdict(list) for kind in KINDS}
    with listening() as (sound, program):
        process, before = psutil.Process(program.process.pid), None
        for number in range(count):
            kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
            speaker = rng.choice(demo_people()) if number % SPOKEN_EVERY == 0 else None
            try:
                counts.add(kind, _lost_and_back(sound, program, kind, speaker, took[kind]))
            except AssertionError as error:
                counts.add(kind, f"{number}: {error}")
                if program.process.poll() is not None:
                    return counts
            if number == min(10, count // 2):
                before = _taken(process)
        counts.facts |= {kind: _longest(seconds) for kind, seconds in took.items()}
        _compare(counts, before, _taken(process))
        took_s = program.ends()
        counts.add("ends when told", "" if took_s < ENDS_S else f"after {took_s:.1f} s")
        program.rest()
        lines = [line for line in program.lines if "Traceback" in line]
        counts.add("no traceback", lines[0] if lines else "")
    return counts


@contextmanager
def listening() -> Iterator[tuple[VirtualSound, Program]]:
    """A sound card, and a program that listens to it and knows the demo's people."""
    with tempfile.TemporaryDirectory() as folder, VirtualSound() as sound:
        enrol_demo(Path(folder), load_encoder("embedded", compute="cpu"), DEMO)
        program = Program(sound, "test.py", "--terminal", "--data", folder, "--device", "builtin_mic", "--jsonl", "-")
        try:
            program.wait_for(_is_answer, 60)
            yield sound, program
        finally:
            program.process.kill()
            program.process.wait()


def _lost_and_back(
    sound: VirtualSound, program: Program, kind: str, speaker: str | None, took: dict[str, list[float]]
) -> str:
    """What went wrong, or nothing; how long things took is added to ``took``. AssertionError if something did not come
    in time."""
    match kind:
        case "pulled out":
            sound.unplug("mic")
        case "server killed":
            sound.kill()
        case "server hung":
            sound.freeze()
    began = time.monotonic()
    program.wait_for(lambda line: "waiting for it to come back" in line, TOLD_S)
    took["told after"].append(time.monotonic() - began)
    time.sleep(0.2)
    seen = program.unread()
    if answers := [line for line in seen if _is_answer(line)]:
        return f"an answer although no sound came: {answers[0]}"
    match kind:
        case "pulled out":
            sound.plug("mic", rate=48_000)
        case "server killed":
            sound.start()
        case "server hung":
            sound.thaw()
    began = time.monotonic()
    program.wait_for(_is_answer, BACK_S)
    took["heard again after"].append(time.monotonic() - began)
    return _named_wrong(sound, program, speaker) if speaker else ""


def _named_wrong(sound: VirtualSound, program: Program, speaker: str) -> str:
    """Somebody speaks: is anybody else named?"""
    file = sorted((DEMO / "enrolment" / speaker).iterdir())[0]
    sound.play(read_audio(file)[: 3 * SAMPLE_RATE])
    time.sleep(0.5)
    named = {json.loads(line)["speaker"] for line in program.unread() if _is_answer(line)} - {None}
    return f"{speaker} was called {', '.join(sorted(named - {speaker}))}" if named - {speaker} else ""


def _is_answer(line: str) -> bool:
    return line.startswith("{")


def _longest(took: dict[str, list[float]]) -> str:
    return ", ".join(f"{what} {median(seconds):.1f} s, at most {max(seconds):.1f}" for what, seconds in took.items())


def _taken(process: psutil.Process) -> tuple[float, int]:
    return process.memory_info().rss / 2**20, process.num_fds()


def _compare(counts: Counts, before: tuple[float, int], after: tuple[float, int]) -> None:
    grown, files = after[0] - before[0], after[1] - before[1]
    counts.add("memory", f"grew by {grown:.1f} MB" if grown > MOST_GROWTH_MB else "")
    counts.facts["memory"] = f"{before[0]:.0f} to {after[0]:.0f} MB"
    counts.add("open files", f"{before[1]} became {after[1]}" if files > 0 else "")
    counts.facts["open files"] = f"{before[1]}, {after[1]}"
