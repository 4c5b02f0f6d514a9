"""Connections that have not shown the token yet: a room of their own, whose fullness keeps nobody with a token out."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from typing import Protocol

from app.server.auth import neighbourhood


class Visitor(Protocol):
    """A connection."""

    transport: asyncio.Transport

    def dismiss(self) -> None:
        """Close it, now and without an answer."""


class Lobby:
    """One per server, in its event loop. Of too many strangers the one who has waited longest goes.

    Of several addresses it is one of that with the most, so that a crowd drives out itself. Nobody is sent away before
    ``PATIENCE_S``: what a connection has sent by then has been read, so that a crowd that comes at once does not close
    the owner's connection before its token was seen. Of more than ``CROWD`` times as many strangers as there is room
    for the newest goes at once; files are opened for no more.
    """

    PATIENCE_S = 0.1
    CROWD = 4

    def __init__(self, max_strangers: int, max_known: int):
        self.max_strangers, self.max_known = max_strangers, max_known
        self._strangers: dict[Visitor, tuple[str, float]] = {}  # -> address, when it came; the oldest first
        self._addresses: Counter[str] = Counter()
        self._known: set[Visitor] = set()

    def __len__(self) -> int:
        """Strangers who are here."""
        return len(self._strangers)

    def enter(self, visitor: Visitor, address: str, now: float) -> float | None:
        """Somebody came, at ``now`` (seconds of any clock). In how many seconds ``make_room`` is to be called, if."""
        if len(self._strangers) >= self.CROWD * self.max_strangers:
            visitor.dismiss()
            return None
        self._strangers[visitor] = address, now
        self._addresses[address] += 1
        return self.PATIENCE_S if len(self._strangers) == self.max_strangers + 1 else None

    def make_room(self, now: float) -> float | None:
        """Send the surplus away. In how many seconds to call this again, if."""
        while len(self._strangers) > self.max_strangers:
            most = max(self._addresses.values())
            crowd = (visitor for visitor, (address, _) in self._strangers.items() if self._addresses[address] == most)
            visitor = next(crowd)
            came = self._strangers[visitor][1]
            if now - came < self.PATIENCE_S:
                return self.PATIENCE_S - (now - came)
            self.leave(visitor)
            visitor.dismiss()
        return None

    def recognise(self, visitor: Visitor) -> bool:
        """Somebody has shown the token. Whether there is room for them."""
        if visitor not in self._known and len(self._known) >= self.max_known:
            return False
        self.leave(visitor)
        self._known.add(visitor)
        return True

    def leave(self, visitor: Visitor) -> None:
        """Somebody is gone, or never was here."""
        self._known.discard(visitor)
        if found := self._strangers.pop(visitor, None):
            address = found[0]
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]


class TlsDoor(asyncio.Protocol):
    """Has a connection wait for the end of its TLS handshake in the lobby, like all others; then it is ``inner``'s."""

    def __init__(self, inner: asyncio.Protocol, context: ssl.SSLContext, lobby: Lobby, handshake_s: float):
        """``handshake_s``: longest time that the handshake may take."""
        self.inner, self.context, self.lobby, self.handshake_s = inner, context, lobby, handshake_s
        self._early: list[bytes] = []  # what came with the end of the handshake
        self._beginning: asyncio.Task | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        transport.pause_reading()  # until TLS takes over
        enter(self, self.lobby, asyncio.get_running_loop())
        self._beginning = asyncio.get_running_loop().create_task(self._begin())

    def dismiss(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lobby.leave(self)

    async def _begin(self) -> None:
        try:
            tls = await asyncio.get_running_loop().start_tls(
                self.transport, self, self.context, server_side=True, ssl_handshake_timeout=self.handshake_s
            )
        except OSError:  # ssl.SSLError and what a connection that is lost raises, too
            tls = None
        finally:
            self.lobby.leave(self)
        if tls is None or tls.is_closing():
            self.transport.abort()
            return
        tls.set_protocol(self.inner)
        self.inner.connection_made(tls)
        if self._early:
            self.inner.data_received(b"".join(self._early))


def enter(visitor: Visitor, lobby: Lobby, loop: asyncio.AbstractEventLoop) -> None:
    """Take somebody in whose transport is there, and see to it that there is room."""
    address = (visitor.transport.get_extra_info("peername") or ("",))[0]
    _call_again(lobby.enter(visitor, neighbourhood(address), loop.time()), lobby, loop)


def _call_again(after_s: float | None, lobby: Lobby, loop: asyncio.AbstractEventLoop) -> None:
    if after_s is not None:
        loop.call_later(after_s, lambda: _call_again(lobby.make_room(loop.time()), lobby, loop))
