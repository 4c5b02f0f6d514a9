"""Connections without the token, to a server as a user runs it: they cost little and keep nobody out who has it."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.benchmarks.strangers import KINDS, UPGRADE, Kind, run_strangers
from app.client import Client
from app.server.config import DEFAULTS, ServerConfig
from tests.support.serving import TOKEN, certificate, running, serving

AFFORDABLE_MB = 50.0
"""What a hundred connections without the token may cost."""


@pytest.fixture(scope="module")
def served(enrolled_data, tmp_path_factory):
    """(process id, client) of a server with the limits that it has when nothing is said."""
    data = Path(shutil.copytree(enrolled_data, tmp_path_factory.mktemp("strangers") / "data"))
    with serving(data=data) as (process, address, _):
        yield process.pid, Client(address, (data / "server-token").read_text().strip())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_hundred_strangers_cost_little_and_the_owner_is_answered(served, kind):
    pid, client = served
    figures = run_strangers(pid, client, kind, connections=100, seconds=1.5)
    assert figures.cost_mb < AFFORDABLE_MB, figures
    assert figures.owner_s < 5, figures
    if kind.repeated:
        assert figures.sent_mb > 1, figures  # they did try


def test_silent_connections_leave_room_for_the_owner(served):
    """More of them than there are connections in all: the oldest go."""
    pid, client = served
    assert DEFAULTS.max_connections < 520
    figures = run_strangers(pid, client, Kind("silent"), connections=520, seconds=1.5)
    assert figures.owner_s < 5
    assert figures.cost_mb < AFFORDABLE_MB


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_handshakes_that_never_end_leave_room_for_the_owner(encoder, tmp_path):
    """With TLS a connection is a stranger's from its first byte, not from the end of its handshake."""
    cert, key = certificate(tmp_path)
    limits = ServerConfig(max_strangers=20, header_s=3)
    with running(encoder, tmp_path / "data", limits, (cert, key)) as address, contextlib.ExitStack() as crowd:
        where = urlsplit(address)
        client = Client(address, TOKEN, tls=ssl.create_default_context(cafile=str(cert)))
        sent = (b"", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n")
        silent = [
            crowd.enter_context(socket.create_connection((where.hostname, where.port), timeout=20)) for _ in range(60)
        ]
        for number, connection in enumerate(silent):
            connection.sendall(sent[number % 3])
        assert client.people() == []
        assert next(client.live([bytes(16000)])).type == "ready"
        ended = 0
        for connection in silent:  # the oldest at once, the others when their time is over
            with contextlib.suppress(ConnectionError):
                while connection.recv(4096):
                    continue
            ended += 1
        assert ended == 60
        assert client.people() == []


def asked(netloc: str, target: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(netloc, timeout=20)
    try:
        connection.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


@pytest.fixture
def strict(encoder, tmp_path):
    """One that lets two requests pass, then one in 100 s."""
    with running(encoder, tmp_path, ServerConfig(rate_per_s=0.01, burst=2)) as address:
        yield urlsplit(address).netloc


OWNER = {"Authorization": f"Bearer {TOKEN}"}


def test_nobody_without_the_token_uses_up_the_owners_budget(strict):
    assert [asked(strict, "/v1/people") for _ in range(4)] == [401, 401, 429, 429]
    assert asked(strict, "/v1/people", Authorization="Bearer wrong-token-0123456") == 429
    assert [asked(strict, "/v1/people", **OWNER) for _ in range(3)] == [200, 200, 429]


def test_the_owner_does_not_use_up_the_budget_of_those_without_the_token(strict):
    assert [asked(strict, "/v1/people", **OWNER) for _ in range(3)] == [200, 200, 429]
    assert [asked(strict, "/v1/health") for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
    ],
)
def test_a_page_of_another_site_counts_for_nothing(strict, headers):
    for _ in range(10):
        assert asked(strict, "/v1/people", **headers) == 401
        assert asked(strict, "/v1/health", **headers) == 403
        assert asked(strict, "/", **headers) == 403
    assert asked(strict, "/v1/health") == 200
    assert asked(strict, "/v1/health", Origin=f"http://{strict}") == 200
    assert asked(strict, "/v1/people", **OWNER) == 200


def test_a_link_to_the_page_opens_it_however_many_were_refused(strict):
    assert [asked(strict, "/v1/health") for _ in range(3)] == [200, 200, 429]
    for _ in range(5):
        assert asked(strict, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200


def test_a_name_that_is_not_ours_is_refused_on_this_machine(served):
    """A page whose own name leads here (DNS rebinding) has the right origin, but not one of our names."""
    netloc = served[1].url.removeprefix("http://")
    port = netloc.rpartition(":")[2]
    for name in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "[x", ""):
        status = asked(netloc, "/", Host=name)
        assert status == (200 if not name else 403), name
    for name in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}", "LOCALHOST", "a.localhost"):
        assert asked(netloc, "/", Host=name) == 200, name


def answers(address: str, *sent: bytes) -> bytes:
    """All that comes back, until the server closes."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        for part in sent:
            connection.sendall(part)
        got = b""
        try:
            while part := connection.recv(65536):
                got += part
        except ConnectionError:
            pass
    return got


@pytest.fixture(scope="module")
def small(encoder, tmp_path_factory):
    limits = ServerConfig(max_head_bytes=8000, max_line_bytes=4000, max_headers=20, header_s=1, drain_s=1)
    with running(encoder, tmp_path_factory.mktemp("small"), limits) as address:
        yield address


AUTHORISED = f"Authorization: Bearer {TOKEN}\r\n".encode()
JSON = b"POST /v1/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HEAD = b"GET /v1/people HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + AUTHORISED


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"X-A: " + b"a" * 3900 + b"\r\n\r\n", 200),
        (HEAD + b"X-A: " + b"a" * 4000 + b"\r\n\r\n", 431),
        (HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(7)) + b"\r\n", 200),
        (HEAD + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(8)) + b"\r\n", 431),
        (HEAD + b"X: y\r\n" * 17 + b"\r\n", 200),
        (HEAD + b"X: y\r\n" * 18 + b"\r\n", 431),
        (HEAD.replace(b"/people", b"/" + b"a" * 3900) + b"\r\n", 404),
        (HEAD.replace(b"/people", b"/" + b"a" * 4100) + b"\r\n", 414),
        (HEAD + b"X-A: " + b"a" * 40_000, 431),
        (HEAD + b"Host: evil.example\r\n\r\n", 400),
        (b"no HTTP at all\r\n\r\n", 400),
    ],
)
def test_heads_are_bounded_and_what_is_too_much_is_said_in_one_line(small, request_, status):
    head, _, body = answers(small, request_).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    if status != 200:
        assert json.loads(body)["error"]["message"].count("\n") == 0
        assert b"content-type: application/json" in head.lower()


def test_trailers_are_no_headers(small):
    """What follows a body in chunks is dropped: it can neither bring the token late nor be kept without end."""
    start = JSON + b"Transfer-Encoding: chunked\r\n"
    chunks = b"10\r\n" + b'{"name": "Trai"}' + b"\r\n0\r\n"
    late = answers(small, start + b"\r\n" + chunks + AUTHORISED + b"Connection: close\r\n\r\n")
    assert late.split()[1] == b"401"
    good = answers(small, start + AUTHORISED + b"Connection: close\r\n\r\n" + chunks + b"X-A: b\r\n" * 50 + b"\r\n")
    assert good.split()[1] == b"201"
    for beside in (b"0\r\nX-A: ", b"0\r\n" + b"X-A: b\r\n" * 2000, b"1;a="):
        began = time.monotonic()
        answers(small, start + AUTHORISED + b"\r\n" + beside + b"a" * 100_000)
        assert time.monotonic() - began < 15


def test_a_body_without_the_token_is_refused_before_it_came(small):
    post = b"POST /v1/people HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    began = time.monotonic()
    assert answers(small, post + b"\r\n").split()[1] == b"401"
    assert answers(small, post + b"Expect: 100-continue\r\n\r\n").startswith(b"HTTP/1.1 401")
    assert time.monotonic() - began < 15


def test_whoever_mistyped_the_token_reads_why_after_an_upload(small):
    for size in (1000, 3_000_000):
        connection = http.client.HTTPConnection(urlsplit(small).netloc, timeout=20)
        connection.request("POST", "/v1/identify", bytes(size), {"Authorization": "Bearer wrong-token-0123456"})
        response = connection.getresponse()
        assert response.status == 401
        assert json.loads(response.read())["error"]["code"] == "unauthorised"
        connection.close()


def test_a_live_connection_without_the_token_never_becomes_one(small):
    got = answers(small, b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n" + bytes(50_000))
    assert got.split()[1] == b"401"


def test_empty_lines_do_not_keep_a_connection_open(small):
    where = urlsplit(small)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in connection.recv(4096)
        connection.setblocking(False)
        for _ in range(100):
            time.sleep(0.1)
            try:
                connection.send(b"\r\n")
                if not connection.recv(1):
                    return
            except BlockingIOError:
                continue
            except OSError:
                return
    raise AssertionError("it is open still")


def test_json_is_bounded_apart_from_uploads(small):
    body = json.dumps({"name": "x" * 70_000}).encode()
    head = (
        b"POST /v1/people HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        + AUTHORISED
    )
    got = answers(small, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert got.split()[1] == b"413"
