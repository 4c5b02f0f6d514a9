"""How far an analysis is, over the wire; and its end when nobody waits for it any more."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.client import Client, ServerRefused
from app.schemas import Progress
from app.server.config import ServerConfig
from tests.server.test_traces import all_files, spooled_bytes
from tests.support.serving import TOKEN, running, serving
from utils import wav_bytes


class EnoughError(Exception):
    """Nobody wants to know the rest."""


@pytest.fixture(scope="module")
def talk(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "conversation.flac")


@pytest.fixture(scope="module")
def long(talk, tmp_path_factory) -> Path:
    """A quarter of an hour, of which seconds are analysed here."""
    path = tmp_path_factory.mktemp("long") / "long.flac"
    soundfile.write(path, np.tile(talk, 14), 16000)
    return path


def test_progress_grows_until_the_turns_are_there(reader, talk):
    told: list[Progress] = []
    turns = reader.timeline(wav_bytes(np.tile(talk, 2)), on_progress=told.append)
    assert {"Ana", "Ben", "Colin"} <= {turn.label for turn in turns}
    shares = [progress.share for progress in told]
    assert len(told) >= 2
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    for progress in told:
        assert progress.heard_s == pytest.approx(progress.share * 2 * len(talk) / 16000, abs=0.1)
        assert not progress.waiting
    assert told[-1].left_s is not None


def test_each_line_is_json_and_the_last_one_the_answer_without_progress(reader, talk):
    def ask(more: str):
        path = f"/v1/identify?timeline=1&channel=each&merge_gaps=1{more}"
        return reader._http.post(reader.url + path, files={"file": ("a/talk.v2.wav", wav_bytes(talk[: 16000 * 20]))})

    answer = ask("&progress=1")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "content-length" not in answer.headers
    *progress, last = (json.loads(line) for line in answer.text.splitlines())
    assert all(one["type"] == "progress" for one in progress)
    assert last == {"type": "timeline", "timeline": ask("").json()}
    assert last["timeline"]["file"] == "talk.v2"
    assert last["timeline"]["turns"]


def test_a_recording_that_does_not_say_its_length_says_what_was_heard(reader, talk):
    sound, told = bytearray(wav_bytes(talk)), []
    sound[4:8] = sound[40:44] = b"\xff\xff\xff\xff"
    assert reader.timeline(bytes(sound), on_progress=told.append)
    assert {progress.share for progress in told} == {progress.left_s for progress in told} == {None}
    assert told[-1].heard_s > 1


def test_what_is_wrong_has_its_status_before_or_in_the_last_line(reader, talk):
    cut = wav_bytes(np.tile(talk, 3))[:-1_500_000]  # seen at its end only
    for sound, status, code in ((b"no sound", 415, "not_audio"), (cut, 422, "damaged_audio")):
        with pytest.raises(ServerRefused) as refused:
            reader.timeline(sound, on_progress=lambda _: None)
        assert (refused.value.status, refused.value.code) == (status, code)
    for query in ("progress=1", "timeline=1&progress=1&format=srt", "timeline=1&progress=x"):
        answer = reader._http.post(f"{reader.url}/v1/identify?{query}", files={"file": ("a.wav", b"")})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


def test_whoever_leaves_frees_the_worker_at_once_even_one_who_waits(encoder, data, long, demo_dir):
    """With one worker: a second analysis waits for it, and a third request gets it when both are given up."""
    with running(encoder, data, ServerConfig(jobs=1)) as url:
        client, waited, began = Client(url, TOKEN), threading.Event(), threading.Event()
        leave = threading.Event()

        def look(progress: Progress) -> None:
            waited.set() if progress.waiting else began.set()
            if leave.is_set():
                raise EnoughError

        def ask() -> None:
            with pytest.raises(EnoughError):
                client.timeline(long, on_progress=look)

        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
            assert began.wait(60)
        assert waited.wait(60)
        leave.set()
        for thread in asking:
            thread.join(60)
        asked = time.monotonic()
        assert client.identify(demo_dir / "enrolment" / "Ana" / "01.flac").label == "Ana"
        assert time.monotonic() - asked < 8  # the rest of either takes a minute or more


@pytest.mark.skipif(sys.platform != "linux", reason="open files are looked up in /proc")
@pytest.mark.parametrize("query", ["timeline=1", "timeline=1&progress=1"])
def test_a_cancelled_analysis_leaves_nothing_on_the_disk(data, long, tmp_path, monkeypatch, query):
    """The connection is cut, as by a browser that is closed."""
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setenv("TMPDIR", str(spool))
    with serving(data=data) as (process, address, _):
        token = (data / "server-token").read_text().strip()
        client = Client(address, token)
        client.people()
        before, others = all_files(data), all_files(spool)
        host, port = address.removeprefix("http://").split(":")
        sound = long.read_bytes()
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.flac"\r\n\r\n'
        body = part + sound + b"\r\n--x--\r\n"
        head = (
            f"POST /v1/identify?{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(head.encode() + body)
            wait_until(lambda: spooled_bytes(process.pid, spool) >= len(sound))
            wait_until(lambda: seconds_of_work(process.pid) > 0.5)
        wait_until(lambda: not spooled_bytes(process.pid, spool))
        idle = seconds_of_work(process.pid)
        time.sleep(1)
        assert seconds_of_work(process.pid) - idle < 0.3  # nobody analyses it
        assert all_files(spool) == others
        assert all_files(data) - before <= {"voiceprints.db-wal", "voiceprints.db-shm"}
        assert client.health() == "ok"


def wait_until(happened) -> None:
    give_up = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def seconds_of_work(pid: int) -> float:
    """Time of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_server_that_stops_says_so_in_the_last_line(encoder, data, long):
    began, refused = threading.Event(), []

    def ask(client: Client) -> None:
        with pytest.raises(ServerRefused) as error:
            client.timeline(long, on_progress=lambda _: began.set())
        refused.append(error.value)

    with running(encoder, data) as url:
        asking = threading.Thread(target=ask, args=(Client(url, TOKEN),))
        asking.start()
        assert began.wait(60)
    asking.join(20)
    assert [(error.status, error.code) for error in refused] == [(503, "stopping")]
