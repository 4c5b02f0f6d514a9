"""uvicorn's HTTP with a limit on all that a connection may cost before, beside and after what the application reads.

uvicorn and its parser keep a head, a header, and the trailers of a body for as long as they come, parse every request
that comes at once, and take the rest of a body that nobody wants. What is no body is counted here as it is fed to the
parser; bodies are for the application to limit, and only those of whoever has the token reach it.

Like ``header_timeout`` it hangs on methods of a class of uvicorn's that are not its documented interface.
"""

from __future__ import annotations

import asyncio
import sys

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.server.auth import TokenCheck
from app.server.config import DEFAULTS, ServerConfig
from app.server.errors import ApiError, error_response
from app.server.header_timeout import HeaderTimeoutProtocol
from app.server.lobby import Lobby, enter

PIECE = 16 * 1024
"""Bytes that are fed to the parser at a time: a limit is passed by no more than these."""
MAX_PIPELINED = 4
"""Requests that may wait on a connection for the answer to one before."""


class BoundedProtocol(HeaderTimeoutProtocol):
    """One connection. ``limits``, ``lobby`` and ``token_check`` belong to the server, and to the class."""

    limits: ServerConfig = DEFAULTS
    lobby: Lobby
    token_check: TokenCheck

    def __init__(self, *arguments: object, **named: object):
        super().__init__(*arguments, **named)
        self._in_head = False
        self._in_body = False
        self._uncounted = 0  # bytes since the head began or, after it, since the last of the body came
        self._known = False
        self._deaf = False  # nothing that still comes is for the parser
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # ------------------------------------------------------------ a connection

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        enter(self, self.lobby, self.loop)

    def dismiss(self) -> None:
        """Close it, now and without an answer."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._head_timer is None and not self._in_body and (self.cycle is None or self.cycle.response_complete):
            self._expect_head()  # of empty lines before a head uvicorn takes no notice
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing() or self._deaf:
                return
            piece = data[start : start + PIECE]
            self._uncounted += len(piece)
            super().data_received(piece)
            if self._uncounted > self.limits.max_head_bytes and not self._deaf:
                self._refuse(ApiError(431, "too_large", "the request is too long, its body apart."))

    def connection_lost(self, exc: Exception | None) -> None:
        for name in list(self._timers):
            self._stop(name)
        self.lobby.leave(self)
        super().connection_lost(exc)

    # ------------------------------------------------------------ a request

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ApiError(429, "too_many_requests", "too many requests at once on one connection.")
        self._in_head, self._in_body, self._uncounted = True, False, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.limits.max_line_bytes:
            raise ApiError(414, "too_large", "the address of the request is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:  # a trailer: nobody asks for one, and uvicorn would add it to the headers
            return
        if len(self.headers) >= self.limits.max_headers or len(name) + len(value) > self.limits.max_line_bytes:
            raise ApiError(431, "too_large", "the request has too many headers, or too long a one.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._uncounted = False, True, 0
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > self.limits.max_head_bytes:
            raise ApiError(431, "too_large", "the head of the request is too long.")
        if [name for name, _ in self.headers].count(b"host") > 1:
            raise ApiError(400, "bad_request", "the request names two hosts.")
        self._known = self.token_check.accepts(dict(self.headers))
        if self._known and not self.lobby.recognise(self):
            raise ApiError(503, "busy", "too many connections are open with this token.", retry_s=5)
        super().on_headers_complete()
        if self._should_upgrade() and self.parser.should_upgrade():
            return
        self.cycle.transport = _LingeringTransport(self)
        if not self._known and (self.parser.should_upgrade() or _has_body(self.headers)):
            self._deaf = True
            self.cycle.keep_alive = False

    def _should_upgrade(self) -> bool:
        """Without the token a live connection is asked for like a page, and refused like one."""
        return self._known and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Not worth a line in the log."""

    def handle_websocket_upgrade(self) -> None:
        self._deaf = True
        self.lobby.leave(self)  # live connections have a limit of their own
        super().handle_websocket_upgrade()

    def on_body(self, body: bytes) -> None:
        self._uncounted = 0
        if not self._deaf:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body, self._uncounted = False, 0
        self._stop("body")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._start("answer", self.limits.drain_s)
        elif self._in_body:  # and will never be read
            self._start("body", self.limits.drain_s)

    def linger(self) -> None:
        """Close; if the request was not read to its end, once the other side has closed, or after a while.

        It may still be sending, and would lose the answer.
        """
        if not self._in_body and not self._deaf:
            self.transport.close()
            return
        self._deaf = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start("body", self.limits.drain_s)

    # ------------------------------------------------------------ what takes too long

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start("answer", self.limits.drain_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop("answer")

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._start("answer", self.limits.drain_s)

    def _give_up(self) -> None:
        super()._give_up()
        self._start("answer", self.limits.drain_s)

    def _start(self, name: str, seconds: float) -> None:
        """Close the connection in so many seconds, unless it is stopped before."""
        self._stop(name)
        self._timers[name] = self.loop.call_later(seconds, self.dismiss)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()

    # ------------------------------------------------------------ what is answered before the application

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what its parser did not take: it is no HTTP, or one of us raised an ApiError below it."""
        error = getattr(sys.exception(), "__context__", None)
        self._refuse(error if isinstance(error, ApiError) else ApiError(400, "bad_request", "this is no HTTP/1.1."))

    def _refuse(self, error: ApiError) -> None:
        """Answer, unless an answer to something before is still to come, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            answer = error_response(error)
            head = [STATUS_LINE[answer.status_code], *(b"%s: %s\r\n" % header for header in answer.raw_headers)]
            self.transport.write(b"".join([*head, b"connection: close\r\n\r\n", answer.body]))
        self.transport.close()
        self._start("answer", self.limits.drain_s)


class _LingeringTransport:
    """What uvicorn writes an answer to: closing it does not lose what was written."""

    def __init__(self, protocol: BoundedProtocol):
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.linger()


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    found = dict(headers)
    return b"transfer-encoding" in found or found.get(b"content-length", b"0").strip(b"0") != b""
