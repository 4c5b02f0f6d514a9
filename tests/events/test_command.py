"""``--exec`` with real processes: what they are given, and what becomes of those that do not end."""

from __future__ import annotations

import json
import shlex
import sys
import threading
import time
from pathlib import Path

import pytest

from app.events.command import Command
from app.events.event import SpeakerEvent
from app.events.worker import Worker
from utils import BadInput, HeardError

EVENT = SpeakerEvent("began", "2026-01-31T12:00:00.000Z", 1.5, "microphone", ("Ána; rm -rf $HOME",), speaker="Ána")
NEVER = threading.Event()


def python(code: str, *words: object) -> str:
    return shlex.join([sys.executable, "-c", code, *map(str, words)])


def test_a_command_finds_the_event_on_its_standard_input(tmp_path: Path):
    out = tmp_path / "out.json"
    code = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    Command(python(code, out)).deliver(EVENT, NEVER)
    assert json.loads(out.read_text(encoding="utf-8")) == EVENT.as_json()


def test_no_shell_reads_what_the_words_hold(tmp_path: Path):
    Command(python("import sys; assert sys.argv[1:] == ['$(touch x)', '; exit 3', '*']", "$(touch x)", "; exit 3", "*"))
    Command(python("import sys; assert sys.argv[1] == '$HOME'", "$HOME")).deliver(EVENT, NEVER)


def test_a_command_need_not_read():
    Command(python("pass")).deliver(EVENT, NEVER)


def test_what_fails_is_told():
    with pytest.raises(HeardError, match="ended with code 3"):
        Command(python("raise SystemExit(3)")).deliver(EVENT, NEVER)


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path):
    alive = tmp_path / "alive"
    child = (
        f"import time, pathlib\nwhile True: pathlib.Path({str(alive)!r}).write_text(str(time.time())); time.sleep(.05)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started = time.monotonic()
    with pytest.raises(HeardError, match="more than 1 s"):
        Command(python(code), longest_s=1).deliver(EVENT, NEVER)
    assert time.monotonic() - started < 10
    time.sleep(0.3)
    before = alive.read_text() if alive.exists() else ""
    time.sleep(0.3)
    assert (alive.read_text() if alive.exists() else "") == before


def test_one_at_a_time_in_order_and_the_oldest_are_lost_when_it_is_slow(tmp_path: Path):
    out, said = tmp_path / "out", []
    code = (
        "import sys, json, time; e = json.load(sys.stdin); time.sleep(.1); open(sys.argv[1], 'a').write(e['at'] + ' ')"
    )
    worker = Worker("--exec", Command(python(code, out)).deliver, said.append, most=2)
    for number in range(6):
        started = time.monotonic()
        worker.put(SpeakerEvent("here", str(number), 0.0, "microphone"))
        assert time.monotonic() - started < 1.0  # the sound goes on
    worker.close(30)
    numbers = [int(word) for word in out.read_text().split()]
    assert numbers == sorted(numbers)
    assert numbers[-2:] == [4, 5]
    assert said == [f"--exec: {6 - len(numbers)} events were not delivered."]


def test_of_a_recording_nothing_is_lost(tmp_path: Path):
    out = tmp_path / "out"
    code = "import sys, json; open(sys.argv[1], 'a').write(json.load(sys.stdin)['at'] + ' ')"
    worker = Worker("--exec", Command(python(code, out)).deliver, print, most=1, waits=True)
    for number in range(4):
        worker.put(SpeakerEvent("here", str(number), 0.0, "talk"))
    worker.close(30)
    assert out.read_text().split() == list("0123")


def test_the_same_fault_is_told_once():
    said: list[str] = []
    worker = Worker("--exec", Command(python("raise SystemExit(3)")).deliver, said.append)
    for _ in range(3):
        worker.put(EVENT)
    worker.close(30)
    assert said == ["--exec: it ended with code 3.", "--exec: 3 events were not delivered."]


@pytest.mark.parametrize("line", ["", "  ", "'open", "no-such-program-anywhere --x"])
def test_what_is_no_command_is_refused_at_once(line: str):
    with pytest.raises(BadInput, match="--exec"):
        Command(line)
