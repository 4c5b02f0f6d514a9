"""Admission of requests: who may come in, how often, with how much, and how slowly. An ASGI middleware."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.auth import TokenCheck
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
    """Lets a request through, or answers it itself with 401, 408, 413 or 429."""

    def __init__(self, app: ASGIApp, token_check: TokenCheck, config: ServerConfig):
        self.app, self.token_check, self.config = app, token_check, config
        self._rate = RateLimit(config.rate_per_s, config.burst)
        self._in_work = 0  # requests with a body in work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] == "http" and scope["path"].startswith(PROTECTED):
            send = _uncached(send)
        if refused := self._refuse(scope):
            return await error_response(refused)(scope, receive, send)
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH"}:
            return await self.app(scope, receive, send)
        if self._in_work >= self.config.max_at_once:
            busy = ApiError(429, "busy", "the server has enough to do; try again.", retry_s=2)
            return await error_response(busy)(scope, receive, send)
        self._in_work += 1
        try:
            return await self.app(scope, self._limit_body(receive), send)
        finally:
            self._in_work -= 1

    def _refuse(self, scope: Scope) -> ApiError | None:
        client = scope.get("client")
        wait_s = self._rate.wait_s(client[0] if client else "", time.monotonic())
        if wait_s:
            return ApiError(429, "too_many_requests", "too many requests from this address; wait.", retry_s=wait_s)
        path = scope["path"]
        if path not in PUBLIC and path.startswith(PROTECTED) and not self.token_check.accepts(dict(scope["headers"])):
            error = ApiError(401, "unauthorised", "this needs the server's token: Authorization: Bearer TOKEN.")
            error.headers = {"WWW-Authenticate": "Bearer"}
            return error
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self.config.max_body_bytes:
            return self._too_large()
        return None

    def _limit_body(self, receive: Receive) -> Receive:
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
            if size > self.config.max_body_bytes:
                raise self._too_large()
            complete = not message.get("more_body", False)
            return message

        return limited

    def _too_large(self) -> ApiError:
        megabytes = self.config.max_body_bytes / MIB
        return ApiError(413, "too_large", f"the request is too large: at most {megabytes:g} MiB.")


def _uncached(send: Send) -> Send:
    """``send``, but what it sends is not for caches, and is nothing but what its type says."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = "no-store"
            headers["X-Content-Type-Options"] = "nosniff"
        await send(message)

    return marked
