"""``--webhook`` with a real server on this machine, and the check that receivers make (package standardwebhooks)."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError

from app.events.event import SpeakerEvent
from app.events.webhook import Webhook, check_url, read_secret
from app.events.worker import Worker
from utils import BadInput, HeardError

EVENT = SpeakerEvent("began", "2026-01-31T12:00:00.000Z", 1.5, "microphone", ("Ána",), ("Ána",), speaker="Ána")
KEY = b"a key of at least sixteen bytes"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
NEVER = threading.Event()


class Server(ThreadingHTTPServer):
    """Answers with ``statuses``, one after the other, then 204; keeps what came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook?id=secret"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(({key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join(10)


def test_a_receiver_finds_the_event_and_that_it_is_ours(server: Server):
    Webhook(server.url, read_secret(SECRET)).deliver(EVENT, NEVER)
    ((headers, body),) = server.came
    assert Receiver(SECRET).verify(body, headers) == EVENT.as_json()
    assert headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Receiver(SECRET).verify(body.replace(b"began", b"ended"), headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(base64.b64encode(b"another key, just as long").decode()).verify(body, headers)


def test_without_a_secret_it_is_not_signed(server: Server):
    Webhook(server.url).deliver(EVENT, NEVER)
    assert "webhook-signature" not in server.came[0][0]


def test_it_is_tried_again_under_one_name_until_it_is_taken(server: Server):
    server.statuses = [503, 429, 500]
    Webhook(server.url, KEY, pause_s=0.01).deliver(EVENT, NEVER)
    assert len(server.came) == 4
    assert len({headers["webhook-id"] for headers, _ in server.came}) == 1
    for headers, body in server.came:
        Receiver(SECRET).verify(body, headers)


def test_pauses_grow_and_follow_what_the_server_asks_for(server: Server):
    server.statuses, server.headers = [429], {"Retry-After": "1"}
    started = time.monotonic()
    Webhook(server.url, pause_s=0.01).deliver(EVENT, NEVER)
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_what_is_refused_is_not_sent_again(server: Server, status: int):
    server.statuses, server.headers = [status], {"Location": server.url}
    with pytest.raises(HeardError, match=f"answered {status}"):
        Webhook(server.url, pause_s=0.01).deliver(EVENT, NEVER)
    assert len(server.came) == 1


def test_who_is_away_is_tried_once_for_each_event_after_that_and_found_again(server: Server):
    server.statuses = [500] * 4
    webhook = Webhook(server.url, tries=3, pause_s=0.01)
    for tries in (3, 4):
        with pytest.raises(HeardError):
            webhook.deliver(EVENT, NEVER)
        assert len(server.came) == tries
    webhook.deliver(EVENT, NEVER)
    assert len(server.came) == 5


def test_a_server_that_is_gone_holds_nothing_up_and_no_address_is_told():
    said: list[str] = []
    worker = Worker("--webhook 127.0.0.1", Webhook("http://127.0.0.1:9/hook?id=secret").deliver, said.append, most=4)
    started = time.monotonic()
    for _ in range(20):
        worker.put(EVENT)
    assert time.monotonic() - started < 1.0
    worker.close(0.2)
    assert time.monotonic() - started < 5.0
    assert said[-1] == "--webhook 127.0.0.1: 20 events were not delivered."
    assert "secret" not in "".join(said)


@pytest.mark.parametrize("text", ["whsec_????????????????????????", "short", "whsec_YWJj"])
def test_a_secret_that_is_none_is_refused(text: str):
    with pytest.raises(BadInput, match="secret"):
        read_secret(text)


def test_a_secret_of_ones_own_is_its_bytes():
    assert read_secret(" pass phrase of mine \n") == b"pass phrase of mine"


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x/", "http://", "https:///x", "http://u:p@host/"])
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(BadInput, match="--webhook"):
        check_url(url)


def test_the_body_is_json_in_utf8(server: Server):
    Webhook(server.url).deliver(EVENT, NEVER)
    assert json.loads(server.came[0][1])["speaker"] == "Ána"
