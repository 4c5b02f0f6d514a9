"""uvicorn's HTTP with a limit on the time that a request's head takes: uvicorn itself waits for ever.

It hangs on a class of uvicorn's that is not part of its documented interface, and on four of its methods. Tests of real
connections fail if a new uvicorn does without them; then heads that never end are no longer given up, nothing worse.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.server.config import ServerConfig


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """Closes a connection whose request head takes longer than ``header_s``."""

    header_s = ServerConfig.header_s

    def __init__(self, *arguments: object, **named: object):
        super().__init__(*arguments, **named)
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_here()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head_is_here()
        self._head_timer = self.loop.call_later(self.header_s, self._give_up)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
