"""Every program in examples/ runs, on the demo's voices; those with a microphone on a virtual sound card."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from tests.support import virtual_sound
from tests.support.broker import free_port, until
from tests.support.demo_data import enrol_demo
from utils import ROOT, write_wav

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def folder(encoder, demo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's people in data/, talk.wav, and Ana and Ben in clips/ beside something that is no sound."""
    folder = tmp_path_factory.mktemp("examples")
    enrol_demo(folder / "data", encoder, demo_dir)
    write_wav(folder / "talk.wav", read_audio(demo_dir / "conversation.flac", end_s=10.0))
    (folder / "clips").mkdir()
    for name in ("Ana", "Ben"):
        write_wav(folder / "clips" / f"{name}.wav", read_audio(demo_dir / "enrolment" / name / "05.flac"))
    (folder / "clips" / "notes.txt").write_text("no sound")
    return folder


def words(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(EXAMPLES / name), *map(str, arguments)]


def environment(folder: Path, **more: str) -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT), "HEARD_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **more, **own}


def run(folder: Path, name: str, *arguments: object, stdin: bytes = b"") -> tuple[str, str]:
    done = subprocess.run(
        words(name, *arguments), cwd=folder, env=environment(folder), input=stdin, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


def test_there_is_a_test_for_each_and_each_is_short():
    here = Path(__file__).read_text(encoding="utf-8")
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert path.name in here or path.stem in here, path.name
        assert f"({path.name})" in listed
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path.name


def test_file(folder: Path):
    out, _ = run(folder, "file.py", "talk.wav", "talk.srt")
    assert [line.split()[-1] for line in out.splitlines()][:2] == ["Ana", "Ben"]
    assert "Ben" in (folder / "talk.srt").read_text(encoding="utf-8")


def test_batch(folder: Path):
    out, err = run(folder, "batch.py", "clips")
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(out))}
    assert {name: row["speaker"] for name, row in rows.items()} == {"Ana.wav": "Ana", "Ben.wav": "Ben"}
    assert "notes.txt" in err


def test_stream(folder: Path):
    samples = (read_audio(folder / "talk.wav") * 32767).astype("<i2")
    out, _ = run(folder, "stream.py", stdin=samples.tobytes())
    labels = [line.split()[1] for line in out.splitlines()]
    assert {"Ana", "Ben"} <= set(labels) <= {"Ana", "Ben", "unknown", "Unknown", "-"}


def test_async_listen(folder: Path):
    out, _ = run(folder, "async_listen.py", "talk.wav")
    assert {"Ana", "Ben"} <= {line.split()[-1] for line in out.splitlines()}


def test_fastapi_route(folder: Path):
    port = free_port()
    command = ["-m", "uvicorn", "--app-dir", str(EXAMPLES), "fastapi_route:app", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment(folder), stderr=subprocess.PIPE, text=True
    )
    try:
        watchdog = threading.Timer(240, process.kill)
        watchdog.start()
        assert any("running on" in line for line in process.stderr)
        url = f"http://127.0.0.1:{port}/who"
        with open(folder / "clips" / "Ana.wav", "rb") as file:
            answer = httpx2.post(url, files={"file": file}, timeout=120)
        assert (answer.status_code, answer.json()["speaker"]) == (200, "Ana")
        refused = httpx2.post(url, files={"file": b"no sound"}, timeout=120)
        assert refused.status_code == 422
        assert "/" not in refused.json()["detail"]
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


class Lines:
    """What a program prints, as it comes."""

    def __init__(self, process: subprocess.Popen):
        self.all: list[str] = []
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            self.all.append(line.rstrip("\n"))

    def wait_for(self, pattern: str) -> None:
        until(lambda: any(re.search(pattern, line) for line in self.all), pattern, lambda: str(self.all))


@pytest.mark.skipif(bool(virtual_sound.missing()), reason=virtual_sound.missing() or "-")
def test_microphone_and_two_microphones(folder: Path):
    sources = {"mic": 48_000, "usb": 44_100}
    with virtual_sound.VirtualSound(sources) as sound:
        for name, arguments, expected in (
            ("microphone.py", (), {"mic": "^Ana speaks"}),
            ("two_microphones.py", ("builtin_mic", "usb_headset"), {"mic": "^builtin_mic: Ana", "usb": "^usb.*: Ben"}),
        ):
            process = subprocess.Popen(
                words(name, *arguments), cwd=folder, env=environment(folder, **sound.env),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                lines = Lines(process)
                lines.wait_for("Enter ends it")
                for into, pattern in expected.items():
                    clip = read_audio(folder / "clips" / f"{'Ana' if into == 'mic' else 'Ben'}.wav")
                    with sound.playing(np.tile(clip, 8), into):
                        lines.wait_for(pattern)
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.wait(60) == 0
            finally:
                process.kill()
                process.wait()
                process.stdin.close()
