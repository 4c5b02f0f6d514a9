"""Admission of requests: who may come in, how often, with how much, and how slowly. An ASGI middleware.

Whoever has the token has a budget that nobody else can use up: requests without it are counted apart, those of other
sites' pages not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.auth import Header, SiteCheck, TokenCheck, neighbourhood
from app.server.config import MIB, ServerConfig
from app.server.errors import ApiError, error_response

PUBLIC = frozenset({"/v1/health"})
PROTECTED = ("/v1", "/openapi.json")
"""Paths that need the token, all but those that are open; the page itself holds nobody's data."""


class RateLimit:
    """A token bucket for each address: ``rate_per_s`` on average, ``burst`` at once. Remembers 10,000 addresses."""

    remembered = 10_000

    def __init__(self, rate_per_s: float, burst: int):
        self.rate_per_s, self.burst = rate_per_s, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> (tokens, when)

    def __len__(self) -> int:
        """Addresses remembered."""
        return len(self._buckets)

    def wait_s(self, address: str, now: float) -> float:
        """0 if a request may pass at ``now`` (seconds of any clock), else the seconds until one may."""
        if self.rate_per_s <= 0:
            return 0.0
        tokens, before = self._buckets.pop(address, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - before) * self.rate_per_s)
        passes = tokens >= 1
        self._buckets[address] = (tokens - 1 if passes else tokens, now)
        if len(self._buckets) > self.remembered:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - tokens) / self.rate_per_s


class AdmissionMiddleware:
    """Lets a request through, or answers it itself with 401, 403, 408, 413 or 429."""

    def __init__(self, app: ASGIApp, token_check: TokenCheck, site_check: SiteCheck, config: ServerConfig):
        self.app, self.token_check, self.site_check, self.config = app, token_check, site_check, config
        self._owners = RateLimit(config.rate_per_s, config.burst)
        self._strangers = RateLimit(config.rate_per_s, config.burst)
        self._in_work = 0  # requests with a body in work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED):
            send = _uncached(send)
        try:
            await self._admit(scope, receive, send)
        except asyncio.CancelledError:  # the server stops, and this did not end in time
            stopping = ApiError(503, "stopping", "the server is stopping.", retry_s=5)
            with contextlib.suppress(RuntimeError):  # half an answer is out
                await error_response(stopping)(scope, receive, send)
        return None

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if not self.token_check.accepts(headers):
            if refused := self._refuse_stranger(scope, headers):
                return await error_response(refused)(scope, receive, send)
            return await self.app(scope, _no_body if scope["type"] == "http" else receive, send)
        if refused := self._refuse_owner(headers):
            return await error_response(refused)(scope, receive, send)
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH"}:
            return await self.app(scope, receive, send)
        if self._in_work >= self.config.max_at_once:
            busy = ApiError(429, "busy", "the server has enough to do; try again.", retry_s=2)
            return await error_response(busy)(scope, receive, send)
        self._in_work += 1
        try:
            return await self.app(scope, self._limit_body(receive, self._most_bytes(headers)), send)
        finally:
            self._in_work -= 1

    def _refuse_stranger(self, scope: Scope, headers: Header) -> ApiError | None:
        """Why a request without the token gets no further. What a page of another site asks is refused uncounted."""
        path, foreign = scope["path"], self.site_check.is_foreign(headers)
        protected = path.startswith(PROTECTED)
        if foreign and (path in PUBLIC or not protected):
            text = "this page belongs to another site, or this server is not known by that name (--allow-host)."
            return ApiError(403, "foreign_site", text)
        if protected and not foreign:  # the page comes from memory, and is no dearer than a refusal
            client = scope.get("client")
            if wait_s := self._strangers.wait_s(neighbourhood(client[0]) if client else "", time.monotonic()):
                return _too_many("requests without the token from this address", wait_s)
        if path in PUBLIC or not protected:
            return None
        error = ApiError(401, "unauthorised", "this needs the server's token: Authorization: Bearer TOKEN.")
        error.headers = {"WWW-Authenticate": "Bearer"}
        return error

    def _refuse_owner(self, headers: Header) -> ApiError | None:
        if wait_s := self._owners.wait_s("token", time.monotonic()):
            return _too_many("requests with this token", wait_s)
        length = headers.get(b"content-length", b"0").decode("latin-1")
        most = self._most_bytes(headers)
        return None if length.isdecimal() and int(length[:20]) <= most else _too_large(most)

    def _most_bytes(self, headers: Header) -> int:
        is_json = headers.get(b"content-type", b"").lower().startswith(b"application/json")
        return min(self.config.max_json_bytes, self.config.max_body_bytes) if is_json else self.config.max_body_bytes

    def _limit_body(self, receive: Receive, most_bytes: int) -> Receive:
        """``receive`` with a limit on the size of the body and on the time that it takes."""
        deadline, size = time.monotonic() + self.config.body_s, 0
        complete = False

        async def limited() -> Message:
            nonlocal size, complete
            if complete:  # the body is here; what is waited for now is the client's leaving
                return await receive()
            left_s = min(self.config.body_idle_s, deadline - time.monotonic())
            try:
                message = await asyncio.wait_for(receive(), max(left_s, 0.01))
            except TimeoutError:
                error = ApiError(408, "too_slow", "the request did not arrive in time.")
                error.headers = {"Connection": "close"}
                raise error from None
            size += len(message.get("body", b""))
            if size > most_bytes:
                raise _too_large(most_bytes)
            complete = not message.get("more_body", False)
            return message

        return limited


async def _no_body() -> Message:
    """``receive`` for whoever has no token: nothing of theirs is waited for."""
    return {"type": "http.request", "body": b"", "more_body": False}


def _too_many(what: str, wait_s: float) -> ApiError:
    return ApiError(429, "too_many_requests", f"too many {what}; wait.", retry_s=wait_s)


def _too_large(most_bytes: int) -> ApiError:
    return ApiError(413, "too_large", f"the request is too large: at most {most_bytes / MIB:g} MiB.")


def _uncached(send: Send) -> Send:
    """``send``, but what it sends is not for caches, and is nothing but what its type says."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = "no-store"
            headers["X-Content-Type-Options"] = "nosniff"
        await send(message)

    return marked
