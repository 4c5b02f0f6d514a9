"""The main job, as a user does it, through a sound card: record two people, make voiceprints, and be told who speaks.

The voices are real ones (README, "Tests") where they are there, else those of the bundled demo.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.scoring.identification import UNKNOWN, is_unknown
from tests.support import virtual_sound
from utils import ROOT, SAMPLE_RATE


@dataclass
class Live:
    """A running ``test.py --terminal --jsonl -``: its answers with the time at which they came."""

    process: subprocess.Popen
    answers: list[tuple[float, dict]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream, take in ((self.process.stdout, self._answer), (self.process.stderr, self.messages.append)):
            threading.Thread(target=lambda s=stream, t=take: [t(line) for line in s], daemon=True).start()

    def _answer(self, line: str) -> None:
        self.answers.append((time.monotonic(), json.loads(line)))

    def between(self, start: float, end: float) -> Counter:
        return Counter(answer["label"] for at, answer in list(self.answers) if start <= at <= end and answer["label"])

    def wait_for_message(self, text: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not any(text in line for line in self.messages):
            assert time.monotonic() < deadline, f"no {text!r} within {seconds} s: {self.messages}"
            time.sleep(0.05)

    def wait_for_answers(self, seconds: float) -> None:
        count, deadline = len(self.answers), time.monotonic() + seconds
        while len(self.answers) <= count:
            assert time.monotonic() < deadline, f"no answers within {seconds} s: {self.messages}"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def voices(demo_dir) -> dict[str, np.ndarray]:
    """Speech of three people, at least 36 s of each, at one level."""
    speech = Path(os.environ.get("HEARD_SPEECH", ROOT.parent / "shared" / "speech"))
    by_name: dict[str, list[Path]] = {}
    if (speech / "dev.csv").exists():
        with open(speech / "dev.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["corpus"] == "librispeech-test-other":
                    by_name.setdefault(row["speaker"].rsplit("-", 1)[-1], []).append(speech / row["file"])
        by_name = {name: by_name[name] for name in ("2414", "2609", "3331")}
    else:
        by_name = {name: sorted((demo_dir / "enrolment" / name).glob("*.flac")) * 2 for name in ("Ana", "Ben", "Colin")}
    out = {}
    for name, paths in by_name.items():
        sound = np.concatenate([read_audio(path) for path in paths])[: 45 * SAMPLE_RATE]
        out[name] = sound * (0.06 / np.sqrt(np.mean(keep_speech(sound) ** 2)))
    return out


def run(sound: virtual_sound.VirtualSound, *arguments: object) -> subprocess.CompletedProcess:
    env = {k: v for k, v in sound.env.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, env=env, text=True, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=180,
    )  # fmt: skip


def test_two_people_are_recorded_and_named_and_a_stranger_is_not(voices, tmp_path):
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    (first, second, stranger), data = voices, tmp_path / "data"
    with virtual_sound.VirtualSound() as sound:
        for name in (first, second):
            with sound.playing(np.tile(voices[name][: 20 * SAMPLE_RATE], 4)):
                done = run(sound, "record_samples.py", name, "--samples", 2, "--seconds", 5, "--data", data)
            assert done.returncode == 0, done.stdout + done.stderr
        done = run(sound, "build_voiceprint.py", "--data", data)
        assert done.returncode == 0, done.stdout + done.stderr
        assert all(name in done.stdout for name in (first, second))

        live = Live(
            subprocess.Popen(
                [sys.executable, "test.py", "--terminal", "--jsonl", "-", "--data", str(data)],
                cwd=ROOT, env=sound.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
        try:
            live.wait_for_message("Listening to", 60)
            live.wait_for_answers(20)
            _hear(live, sound, voices, first, first)
            _hear(live, sound, voices, second, second)
            _hear(live, sound, voices, stranger, UNKNOWN)
            sound.kill()  # the sound server crashes ...
            live.wait_for_message("waiting for it to come back", 5)
            time.sleep(1)
            sound.start()  # ... and comes back
            live.wait_for_answers(10)
            _hear(live, sound, voices, second, second)
            times = [answer["time_s"] for _, answer in live.answers]
            assert times == sorted(times)
        finally:
            live.process.terminate()
            live.process.wait(10)


def _hear(live: Live, sound: virtual_sound.VirtualSound, voices: dict, who: str, expected: str) -> None:
    """Play 7 s of a voice that were not enrolled; from 2 s on nearly every label must be ``expected``."""
    time.sleep(0.8)
    began = time.monotonic()
    sound.play(voices[who][30 * SAMPLE_RATE : 37 * SAMPLE_RATE])
    labels = live.between(began + 2, time.monotonic())
    assert labels.total() >= 10, labels
    right = sum(n for label, n in labels.items() if label == expected or (expected == UNKNOWN and is_unknown(label)))
    assert right >= 0.8 * labels.total(), (who, labels)
