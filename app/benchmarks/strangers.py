"""What connections without the token cost a server, seen from outside: its memory, and how long its owner waits."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from app.benchmarks.memory import resident_mb
from app.client import Client

CONNECTIONS = 100
SECONDS = 3.0
BYTES = 8 * 1024 * 1024
"""Bytes that one connection sends at most."""
BLOCK = 64 * 1024


@dataclass(frozen=True)
class Kind:
    """What each connection sends: ``head`` once, ``repeated`` as often as it is taken."""

    name: str
    head: bytes = b""
    repeated: bytes = b""


def _chunked(*lines: bytes) -> bytes:
    head = b"POST /v1/identify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


GET = b"GET /v1/people HTTP/1.1\r\nHost: localhost\r\n"
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
WRONG = b"Authorization: Bearer wrong-token-0123456789"
KINDS = (
    Kind("silent"),
    Kind("an endless header", GET + b"X-A: ", b"a" * BLOCK),
    Kind("an endless name of a header", GET, b"a" * BLOCK),
    Kind("endless headers", GET, b"X-A: b\r\n" * (BLOCK // 8)),
    Kind("an endless address", b"GET /", b"a" * BLOCK),
    Kind("empty lines", b"", b"\r\n" * (BLOCK // 2)),
    Kind("a body", b"POST /v1/people HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", bytes(BLOCK)),
    Kind("a body in chunks", _chunked(WRONG), b"8000\r\n" + bytes(0x8000) + b"\r\n"),
    Kind("bytes in chunks", _chunked(), b"1\r\na\r\n" * (BLOCK // 6)),
    Kind("an endless extension of a chunk", _chunked() + b"1;a=", b"a" * BLOCK),
    Kind("an endless trailer", _chunked() + b"0\r\nX-A: ", b"a" * BLOCK),
    Kind("endless trailers", _chunked() + b"0\r\n", b"X-A: b\r\n" * (BLOCK // 8)),
    Kind("requests without end", b"", (GET + b"\r\n") * (BLOCK // len(GET))),
    Kind("the page without end", b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * (BLOCK // 35)),
    Kind("a live connection", b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n", bytes(BLOCK)),
)


@dataclass(frozen=True)
class StrangerFigures:
    """Figures of connections of one kind."""

    kind: str
    connections: int
    sent_mb: float
    memory_mb: tuple[float, float, float]
    """Resident memory of the server before, at its highest while they were there, and after."""
    owner_s: float
    """Longest time that a request with the token took meanwhile."""

    @property
    def cost_mb(self) -> float:
        return self.memory_mb[1] - self.memory_mb[0]

    def __str__(self) -> str:
        before, most, after = self.memory_mb
        return (
            f"{self.connections} x {self.kind}: {self.sent_mb:.0f} MB sent;"
            f" memory {before:.0f}, {most:.0f}, {after:.0f} MB before, at most, after;"
            f" the owner waited {1000 * self.owner_s:.0f} ms at most"
        )


def run_strangers(
    pid: int, client: Client, kind: Kind, connections: int = CONNECTIONS, seconds: float = SECONDS
) -> StrangerFigures:
    """Send what strangers send for so long, and ask for something with the token every half second meanwhile.

    Linux, for the figures' sake. Raises ServerRefused or HeardError if the owner is not answered.
    """
    before, owner_s, most = resident_mb(pid), 0.0, 0.0
    with _Crowd(client.url.removeprefix("http://"), kind, connections) as crowd:
        began = asked = time.monotonic()
        while time.monotonic() - began < seconds:
            crowd.send(0.05)
            most = max(most, resident_mb(pid))
            if time.monotonic() - asked >= 0.5:
                asked = time.monotonic()
                client.people()
                owner_s = max(owner_s, time.monotonic() - asked)
    return StrangerFigures(kind.name, connections, crowd.sent / 1e6, (before, most, resident_mb(pid)), owner_s)


class _Crowd:
    """So many connections, which send what they can and read nothing."""

    def __init__(self, netloc: str, kind: Kind, connections: int):
        host, _, port = netloc.partition(":")
        self.kind, self.sent = kind, 0
        self._selector = selectors.DefaultSelector()
        self._left: dict[socket.socket, tuple[memoryview, int]] = {}
        for _ in range(connections):
            one = socket.create_connection((host, int(port)), timeout=10)
            one.setblocking(False)
            self._left[one] = memoryview(kind.head or kind.repeated), 0
            if kind.head or kind.repeated:
                self._selector.register(one, selectors.EVENT_WRITE)

    def __enter__(self) -> _Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for one in self._left:
            one.close()

    def send(self, seconds: float) -> None:
        """Send for so long what the server takes."""
        until = time.monotonic() + seconds
        while (left_s := until - time.monotonic()) > 0:
            for one in self._writable(left_s):
                self._send_one(one)

    def _writable(self, timeout_s: float) -> Iterator[socket.socket]:
        if not self._selector.get_map():
            time.sleep(timeout_s)
            return
        for key, _ in self._selector.select(timeout_s):
            yield key.fileobj

    def _send_one(self, one: socket.socket) -> None:
        waiting, sent = self._left[one]
        try:
            count = one.send(waiting)
        except OSError:
            with contextlib.suppress(KeyError):
                self._selector.unregister(one)
            return
        self.sent += count
        rest = waiting[count:] or memoryview(self.kind.repeated)
        self._left[one] = rest, sent + count
        if not rest or sent + count > BYTES:
            self._selector.unregister(one)
