"""``/v1/events`` with real sockets: what live connections tell to everybody who listens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.client import Client, Event, ServerRefused
from app.server.config import DEFAULTS
from tests.events.test_event_program import documented_schema
from tests.support.broker import until
from tests.support.serving import TOKEN, running

BLOCK = 1600


class Ears:
    """Listens in a thread of its own; ``close`` leaves the thread to the end of the server."""

    def __init__(self, client: Client, *, shown: bool = False):
        self.heard: list[Event] = []
        self.over = threading.Event()
        self._events = client.events(shown=shown)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for event in self._events:
            self.heard.append(event)
        self.over.set()

    def of(self, *types: str) -> list[dict]:
        return [event.values for event in self.heard if event.type in types]


@pytest.fixture(scope="module")
def conversation(demo_dir) -> list[bytes]:
    samples = read_audio(demo_dir / "conversation.flac", end_s=10.0)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")
    return [pcm[at : at + BLOCK].tobytes() for at in range(0, len(pcm), BLOCK)]


def paced(blocks: list[bytes], go_on: threading.Event | None = None) -> Iterator[bytes]:
    """Three times as fast as it was spoken; then open until ``go_on``."""
    for block in blocks:
        yield block
        time.sleep(BLOCK / 16000 / 3)
    if go_on:
        go_on.wait(240)


def test_those_who_listen_hear_who_began_and_who_ended(reader, conversation):
    ears, all_ears = Ears(reader), Ears(reader, shown=True)
    for _ in reader.live(paced(conversation)):
        pass
    until(lambda: len(ears.of("here")) >= 4 and not ears.of("here")[-1]["here"], "the end", lambda: str(ears.heard))
    assert [event["speaker"] for event in ears.of("began")] == ["Ana", "Ben"]
    assert [event["speaker"] for event in ears.of("ended")] == ["Ana", "Ben"]
    (source,) = {event.values["source"] for event in ears.heard}
    assert source.startswith("live ")
    assert ears.of("shown") == []
    until(lambda: all_ears.of("shown")[-1:] != [] and all_ears.of("shown")[-1]["label"] is None, "silence")
    labels = {event["label"] for event in all_ears.of("shown")}
    assert {"Ana", "Ben", None} <= labels
    for event in all_ears.heard:
        jsonschema.validate({"type": event.type, **event.values}, documented_schema())


def test_who_comes_later_is_told_how_things_are(reader, conversation):
    go_on = threading.Event()
    live = reader.live(paced(conversation[:60], go_on))
    early = Ears(reader)
    threading.Thread(target=lambda: list(live), daemon=True).start()
    until(lambda: any(event["here"] for event in early.of("here")), "nobody came")
    late = Ears(reader, shown=True)
    until(lambda: len(late.heard) >= 2, "nothing came")
    assert late.heard[0].type == "here"
    assert late.heard[0].values["here"] == ["Ana"]
    go_on.set()
    until(lambda: late.of("here")[-1]["here"] == [], "the end")
    after = Ears(reader, shown=True)
    time.sleep(1.0)
    assert after.heard == []  # that connection is over, and forgotten


def test_who_is_deleted_is_here_no_more_whatever_their_name(client, conversation):
    name = 'A"\\ná ☕'
    client.rename("Ana", name)
    go_on, ears = threading.Event(), Ears(client)
    live = client.live(paced(conversation[:60], go_on))
    speaking = threading.Thread(target=lambda: list(live), daemon=True)
    speaking.start()
    until(lambda: any(event["here"] == [name] for event in ears.of("here")), "nobody came", lambda: str(ears.heard))
    client.delete(name)
    until(lambda: ears.of("here")[-1]["here"] == [], "she is still there")
    go_on.set()
    speaking.join(120)


def test_it_needs_the_token_and_a_flag_that_is_one(shared_url):
    with pytest.raises(ServerRefused) as refused:
        next(Client(shared_url, "another-token-0123456789").events())
    assert refused.value.status == 401
    with pytest.raises(ServerRefused) as refused:
        Client(shared_url, TOKEN)._ask("GET", "/v1/events?shown=perhaps")
    assert refused.value.status == 422


def test_listeners_are_bounded_and_those_who_leave_make_room(encoder, data):
    with running(encoder, data, replace(DEFAULTS, max_listeners=2)) as url:
        sockets = [asking(url) for _ in range(2)]
        with pytest.raises(ServerRefused) as refused:
            next(Client(url, TOKEN).events())
        assert (refused.value.status, refused.value.code) == (429, "busy")
        for one in sockets:
            one.close()
        until(lambda: _is_let_in(url), "nobody made room")


def _is_let_in(url: str) -> bool:
    try:
        asking(url).close()
    except (AssertionError, OSError):
        return False
    return True


def asking(url: str) -> socket.socket:
    """A connection that is told events, and has read the first line."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=60)
    connection.sendall(f"GET /v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    heard = b""
    while b"retry:" not in heard:
        part = connection.recv(4096)
        assert part, heard
        assert b" 429 " not in part
        heard += part
    assert b"text/event-stream" in heard
    assert b"no-store" in heard
    return connection


def test_the_end_of_the_server_is_the_end_of_the_answer(encoder, data):
    with running(encoder, data) as url:
        ears = Ears(Client(url, TOKEN))
        connection = asking(url)
    rest = b""
    while part := connection.recv(4096):
        rest += part
    assert rest.endswith(b"0\r\n\r\n")  # whole, and not cut off after the time that requests have to end
    assert ears.over.wait(60)
    connection.close()
