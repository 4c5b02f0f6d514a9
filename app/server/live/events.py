"""``GET /v1/events``: Server-Sent Events of all live connections; docs/integrations.md says what they hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from app.server.errors import ApiError, error_responses
from app.server.live.event_hub import EventHub
from app.server.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["live"])
ALIVE_S = 15.0
"""How often something comes even if nothing happens: both sides see that the other is there."""
RETRY_MS = 2000
"""When a browser comes back that lost the connection."""
STREAM = "text/event-stream"


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {STREAM: {"schema": {"type": "string"}}}}, **error_responses(422)},
)
async def events(
    request: Request,
    service: Annotated[Service, Depends(service_of)],
    shown: Annotated[bool, Query(description="every change of what is shown, too, such as unknown voices")] = False,
) -> StreamingResponse:
    """Who begins, who ends, who is here, on all live connections of this server, as Server-Sent Events.

    First comes how things are. Each event is a line `data:` with JSON.
    """
    hub: EventHub = request.app.state.hub
    most = service.config.max_listeners
    if hub.listeners >= most:
        raise ApiError(429, "busy", f"{most} others listen to events; try again later.", retry_s=10)
    return StreamingResponse(_lines(hub, shown), media_type=STREAM, headers={"X-Accel-Buffering": "no"})


async def _lines(hub: EventHub, shown: bool) -> AsyncIterator[str]:
    """Ends when the server does. Whoever reads too slowly loses the oldest, and is told so."""
    queue = hub.listen(shown=shown)  # here, so that it is forgotten if nobody ever reads
    try:
        yield f"retry: {RETRY_MS}\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), ALIVE_S)
            except TimeoutError:
                yield ": nothing new\n\n"
                continue
            if event is None:
                return
            yield f"data: {json.dumps(event)}\n\n"  # ASCII: readers have different ideas of what ends a line
    finally:
        hub.forget(queue)
