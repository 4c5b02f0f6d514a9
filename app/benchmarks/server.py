"""A server under load, seen from outside: live streams side by side, then thousands of requests, fifty at a time.

The requests are made with http.client: it shares the machine with the server that is measured, and takes a third of the
processor time of the client's library.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from app.audio.reading.reader import read_audio
from app.benchmarks.memory import resident_mb
from app.client import Client
from app.demo import DEMO
from app.diarisation.recogniser import LiveConfig
from utils import ROOT, HeardError

RATE = 16_000
PACKET = 512


@dataclass(frozen=True)
class StreamFigures:
    """Figures of live streams that ran side by side."""

    streams: int
    seconds: float
    answers: int
    expected: int
    dropped_s: float
    """Sound that the server skipped, in all streams together."""
    lag_s: tuple[float, float]
    """Time from the sending of the last sound that an answer is about to the answer: median and 99 %."""
    cores: float
    """Processor time of the server per second."""
    names: frozenset[str]

    def __str__(self) -> str:
        return (
            f"{self.streams} live streams for {self.seconds:.0f} s: {self.answers} of {self.expected} answers,"
            f" {self.dropped_s:.1f} s dropped, lag {1000 * self.lag_s[0]:.0f} ms (99 %: {1000 * self.lag_s[1]:.0f} ms),"
            f" {self.cores:.2f} cores"
        )


@dataclass(frozen=True)
class RequestFigures:
    """Figures of requests of all kinds."""

    requests: int
    at_once: int
    seconds: float
    statuses: dict[int, int]
    kinds: dict[str, int] = field(default_factory=dict)
    memory_mb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Resident memory of the server before, halfway and after."""
    unexpected: tuple[str, ...] = ()
    """Answers that were neither what the request should have nor 429."""

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        before, half, after = self.memory_mb
        return (
            f"{self.requests} requests, {self.at_once} at once, in {self.seconds:.0f} s: {statuses};"
            f" {len(self.unexpected)} unexpected; memory {before:.0f}, {half:.0f}, {after:.0f} MB"
            " before, halfway, after"
        )


@contextlib.contextmanager
def server(model: str = "embedded") -> Iterator[tuple[int, Client]]:
    """A process of its own that knows the demo's people: its id and a client. Linux, for the figures' sake."""
    if not Path("/proc/self/status").exists():
        raise HeardError("the server is measured on Linux only.")
    with tempfile.TemporaryDirectory() as folder:
        build = ["build_voiceprint.py", "--from", str(DEMO / "enrolment"), "--data", folder, "--model", model]
        subprocess.run([sys.executable, *build], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        serve = ["-m", "app", "serve", "--port", "0", "--data", folder, "--model", model, "--rate", "0"]
        process = subprocess.Popen([sys.executable, *serve], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            address = None
            while "Ctrl-C" not in (line := process.stdout.readline()):
                if not line:
                    raise HeardError("the server did not start.")
                if found := re.search(r"(http://\S+:(\d+))/", line):
                    address, port = found.group(1), int(found.group(2))
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield process.pid, Client(address, (Path(folder) / "server-token").read_text().strip())
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def run_streams(pid: int, client: Client, streams: int = 8, seconds: float = 60.0) -> StreamFigures:
    """Play the demo conversation into so many live connections, each from another place, at its natural pace."""
    talk = read_audio(DEMO / "conversation.flac")
    results: list[dict] = [{} for _ in range(streams)]

    def run(number: int) -> None:
        start = round(len(talk) * number / streams)
        sound = np.resize(np.roll(talk, -start), round(seconds * RATE))
        results[number] = _one_stream(client, (32767 * sound).astype("<i2").tobytes())

    threads = [threading.Thread(target=run, args=(number,)) for number in range(streams)]
    before, began = _cpu_s(pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    lags = sorted(lag for result in results for lag in result["lags"])
    return StreamFigures(
        streams=streams,
        seconds=seconds,
        answers=len(lags),
        expected=streams * math.ceil(seconds / LiveConfig().hop_s),
        dropped_s=sum(result["dropped_s"] for result in results),
        lag_s=(median(lags), lags[int(0.99 * (len(lags) - 1))]),
        cores=(_cpu_s(pid) - before) / took,
        names=frozenset(name for result in results for name in result["names"]),
    )


def _one_stream(client: Client, pcm: bytes) -> dict:
    began, step = time.monotonic(), 2 * PACKET

    def blocks() -> Iterator[bytes]:  # no sound is sent before it would have been spoken
        for index, at in enumerate(range(0, len(pcm), step)):
            time.sleep(max(0.0, began + (index + 1) * PACKET / RATE - time.monotonic()))
            yield pcm[at : at + step]

    lags, dropped_s, names = [], 0.0, set()
    for event in client.live(blocks(), RATE):
        if event.type == "identification":
            lags.append(time.monotonic() - began - event.values["time_s"])
            dropped_s += event.values["dropped_s"]
            names.add(event.values["speaker"])
    return {"lags": lags, "dropped_s": dropped_s, "names": names - {None}}


def run_requests(pid: int, client: Client, requests: int = 10_000, at_once: int = 50) -> RequestFigures:
    """Requests of every kind, most of them light, as clients make them: reading, recognising, enrolling, mistakes."""
    clips = {name: (DEMO / "enrolment" / name / "01.flac").read_bytes() for name in ("Ana", "Ben", "Colin")}
    statuses, kinds, unexpected, lock = Counter(), Counter(), [], threading.Lock()
    counter, halfway = iter(range(requests)), [0.0]

    def work() -> None:
        connection = http.client.HTTPConnection(client.url.removeprefix("http://"), timeout=300)
        while True:
            with lock:
                number = next(counter, None)
            if number is None:
                connection.close()
                return
            if number == requests // 2:
                halfway[0] = resident_mb(pid)
            kind, expected, method, path, body, form = _request(number, clips)
            status, answer = _send(connection, client, method, path, body, form)
            with lock:
                statuses[status] += 1
                kinds[kind] += 1
                if status not in expected and status != 429:
                    unexpected.append(f"{kind}: {status} {answer[:200]!r}")

    before, began = resident_mb(pid), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(work) for _ in range(at_once)]:
            done.result()
    took = time.monotonic() - began
    memory = (before, halfway[0], resident_mb(pid))
    return RequestFigures(requests, at_once, took, dict(statuses), dict(kinds), memory, tuple(unexpected))


def _request(number: int, clips: dict[str, bytes]) -> tuple[str, set[int], str, str, dict | None, dict | None]:
    """(kind, statuses that are right, method, path, JSON, form) of one request in a round of twenty."""
    name = ("Ana", "Ben", "Colin")[number % 3]
    guest = f"Guest {number // 20}"
    match number % 20:
        case 0:
            return "create", {201}, "POST", "/v1/people", {"name": guest}, None
        case 10:  # the same guest, unless it has not been created yet
            return "delete", {204, 404}, "DELETE", f"/v1/people/{guest.replace(' ', '%20')}", None, None
        case 3 | 13:
            return "identify", {200}, "POST", "/v1/identify", None, {"file": clips[name]}
        case 6:
            return "verify", {200}, "POST", "/v1/verify", None, {"a": clips[name], "person": name}
        case 9:
            return "embedding", {200}, "POST", "/v1/embeddings", None, {"file": clips[name]}
        case 16:
            return "no audio", {415}, "POST", "/v1/identify", None, {"file": b"not audio"}
        case 19:
            return "samples", {200}, "GET", f"/v1/people/{name}/samples", None, None
        case 5 | 15:
            return "nobody", {404}, "GET", "/v1/people/nobody", None, None
        case other if other % 3 == 1:
            return "model", {200}, "GET", "/v1/model", None, None
        case other if other % 3 == 2:
            return "health", {200}, "GET", "/v1/health", None, None
        case _:
            return "people", {200}, "GET", "/v1/people", None, None


def _send(connection: http.client.HTTPConnection, client: Client, method: str, path: str, body, form) -> tuple:
    headers, data = {"Authorization": f"Bearer {client.token}"}, None
    if body is not None:
        headers["Content-Type"], data = "application/json", json.dumps(body).encode()
    elif form is not None:
        headers["Content-Type"], data = multipart(form)
    for attempt in (1, 2):
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            connection.close()  # kept open longer than the server keeps it: a new one, once
            if attempt == 2:
                return 0, b"the connection was closed"
    raise AssertionError("unreachable")


def multipart(form: dict[str, str | bytes]) -> tuple[str, bytes]:
    """(content type, body): bytes are sent as a file, text as a field."""
    boundary, parts = uuid.uuid4().hex, []
    for name, value in form.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head, content = f'{head}; filename="audio"\r\nContent-Type: application/octet-stream', value
        else:
            content = value.encode()
        parts.append(f"{head}\r\n\r\n".encode() + content)
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])


def _cpu_s(pid: int) -> float:
    """Processor time that a process has used, user and system."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")
