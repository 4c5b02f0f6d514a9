"""Admission: too much, too often, too slowly; each is answered, and the server goes on."""

from __future__ import annotations

import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.client import Client, ServerRefused
from app.server.config import ServerConfig
from app.server.header_timeout import HeaderTimeoutProtocol
from app.server.limits import RateLimit
from tests.support.serving import TOKEN, running

SMALL = ServerConfig(max_body_bytes=200_000, body_idle_s=0.5, body_s=2.0, header_s=0.5, rate_per_s=0, max_streams=1)


@pytest.fixture(scope="module")
def small(encoder, tmp_path_factory):
    with running(encoder, tmp_path_factory.mktemp("small"), SMALL) as address:
        yield address


def connected(address: str) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, f"Authorization: Bearer {TOKEN}", "Host: test", "", ""]).encode()


def answer(connection: socket.socket) -> tuple[int, dict]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read() or b"{}")


def test_the_bucket_lets_a_burst_through_then_the_rate():
    limit = RateLimit(rate_per_s=10, burst=3)
    assert [limit.wait_s("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert limit.wait_s("a", 0.0) == pytest.approx(0.1)
    assert limit.wait_s("b", 0.0) == 0
    assert limit.wait_s("a", 0.11) == 0
    assert limit.wait_s("a", 0.11) > 0
    assert limit.wait_s("a", 100.0) == 0


def test_the_bucket_forgets_the_oldest_address():
    limit = RateLimit(rate_per_s=1, burst=1)
    limit.remembered = 100
    for number in range(1000):
        limit.wait_s(str(number), 0.0)
    assert len(limit) == 100


def test_too_many_requests_are_told_when_to_come_back(encoder, tmp_path):
    with running(encoder, tmp_path, ServerConfig(rate_per_s=0.5, burst=5)) as address:
        statuses, retry = [], None
        for _ in range(8):
            connection = http.client.HTTPConnection(urlsplit(address).netloc)
            connection.request("GET", "/v1/health")
            response = connection.getresponse()
            statuses.append(response.status)
            retry = response.getheader("Retry-After") or retry
            body = json.loads(response.read())
            connection.close()
    assert statuses[:5] == [200] * 5
    assert statuses[-1] == 429
    assert int(retry) >= 1
    assert body["error"]["code"] == "too_many_requests"


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(small):
    with connected(small) as connection:
        connection.sendall(head("POST /v1/identify HTTP/1.1", "Content-Length: 99999999999"))
        assert answer(connection) == (
            413,
            {"error": {"code": "too_large", "message": "the request is too large: at most 0.190735 MiB."}},
        )


def test_a_body_that_does_not_say_so_is_refused_on_the_way(small):
    with connected(small) as connection:
        lines = [
            "POST /v1/identify HTTP/1.1",
            "Transfer-Encoding: chunked",
            "Content-Type: multipart/form-data; boundary=x",
        ]
        connection.sendall(head(*lines))
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        chunk = b"%x\r\n%s\r\n" % (len(start), start) + 8 * (b"8000\r\n" + bytes(0x8000) + b"\r\n")
        connection.sendall(chunk)
        assert answer(connection)[0] == 413
    assert Client(small, TOKEN).health() == "ok"


def test_a_body_that_stops_coming_is_given_up(small):
    with connected(small) as connection:
        connection.sendall(head("POST /v1/people HTTP/1.1", "Content-Type: application/json", "Content-Length: 20"))
        connection.sendall(b'{"na')
        status, body = answer(connection)
    assert (status, body["error"]["code"]) == (408, "too_slow")


def test_a_body_that_trickles_is_given_up_in_the_end(small):
    with connected(small) as connection:
        connection.sendall(head("POST /v1/people HTTP/1.1", "Content-Type: application/json", "Content-Length: 900"))
        for _ in range(100):
            try:
                connection.sendall(b" ")
            except OSError:
                break
            connection.settimeout(0.2)
            try:
                if connection.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
        connection.settimeout(10)
        assert answer(connection)[0] == 408


def test_a_head_that_never_ends_loses_its_connection(small):
    with connected(small) as slow, connected(small) as silent:
        slow.sendall(b"GET /v1/health HTTP/1.1\r\nX-A: ")
        for connection in (slow, silent):
            connection.settimeout(20)
            assert connection.recv(100) == b""
    assert Client(small, TOKEN).health() == "ok"


def test_a_second_head_that_never_ends_loses_its_connection(small):
    """On a connection that is kept: ``on_message_begin`` of uvicorn's protocol."""
    with connected(small) as connection:
        connection.settimeout(4)  # uvicorn's own patience with a connection that is kept is 5 s
        connection.sendall(head("GET /v1/health HTTP/1.1"))
        assert answer(connection)[0] == 200
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nX-A: ")
        assert connection.recv(100) == b""


def test_what_the_limit_on_heads_hangs_on_is_still_there():
    """Methods that uvicorn's protocol no longer had would never be called, and nobody would notice."""
    own = {name for name, value in vars(HeaderTimeoutProtocol).items() if callable(value) and not name.startswith("_")}
    assert own == {"connection_made", "on_message_begin", "on_headers_complete", "connection_lost"}
    assert own <= {name for name in vars(HttpToolsProtocol) if callable(getattr(HttpToolsProtocol, name))}


def test_one_live_connection_more_than_allowed_is_told_to_wait(small):
    client = Client(small, TOKEN)
    first = client.live(iter(lambda: time.sleep(0.05) or bytes(3200), None))
    assert next(first).type == "ready"
    with pytest.raises(ServerRefused) as refused:
        next(client.live([]))
    assert (refused.value.status, refused.value.code) == (429, "busy")
    first.close()
    for _ in range(100):  # the server notices that the first is gone
        try:
            assert next(client.live([])).type == "ready"
            return
        except ServerRefused:
            time.sleep(0.05)
    raise AssertionError("the place was not given back")
