"""``/v1/live``: sound in, names out, while somebody speaks. What goes to and fro is described in docs/server.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from app.diarisation.recogniser import LiveConfig
from app.server.auth import SUBPROTOCOL
from app.server.errors import ApiError, error_response
from app.server.live.event_queue import EventQueue, failure
from app.server.live.live_session import LiveSession, turns_event
from app.server.live.socket_source import SocketSource
from app.server.service import Service

router = APIRouter()
ENDED, UNSUPPORTED, BAD_DATA, IDLE = 1000, 1003, 1007, 4408
"""Close codes: of RFC 6455, and one of our own for a connection without sound."""


@router.websocket("/v1/live")
async def live(
    websocket: WebSocket, rate: Annotated[str, Query()] = "16000", channels: Annotated[str, Query()] = "1"
) -> None:
    """One connection: its own voices, its own turns."""
    service: Service = websocket.app.state.service
    streams: set[LiveSession] = websocket.app.state.streams
    config = service.config
    for name, text, least, most in (
        ("rate is the sample rate in Hz", rate, config.min_rate, config.max_rate),
        ("channels is how many a frame has", channels, 1, config.max_channels),
    ):
        if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
            return await _refuse(websocket, ApiError(422, "invalid_request", f"{name}, {least} to {most}."))
    if len(streams) >= config.max_streams:
        text = f"{config.max_streams} live connections are open; try again later."
        return await _refuse(websocket, ApiError(429, "busy", text, retry_s=10))
    events = EventQueue()
    source = SocketSource(int(rate), LiveConfig().backlog_s, int(channels))
    session = LiveSession(service, source, events.put, events.close, websocket.app.state.hub)
    streams.add(session)
    try:
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        session.start()
        await _serve(websocket, session, events)
    finally:
        session.stop()
        streams.discard(session)


async def _refuse(websocket: WebSocket, error: ApiError) -> None:
    await websocket.send_denial_response(error_response(error))


async def _serve(websocket: WebSocket, session: LiveSession, events: EventQueue) -> None:
    """Until the client leaves, says "end", or has to be sent away."""
    closing = asyncio.ensure_future(_receive(websocket, session, events))
    sending = asyncio.ensure_future(_send(websocket, events, session.service.config.send_s))
    try:
        done, _ = await asyncio.wait({closing, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending in done:  # the listener is gone or too slow, or the engine failed
            code = ENDED if sending.result() else None
        elif (code := closing.result()) is not None:
            if code != ENDED:
                session.stop()  # no use in what is left
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(sending), 30)
    finally:
        for task in (closing, sending):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await task
    if code is not None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await asyncio.wait_for(websocket.close(code), 5)


async def _receive(websocket: WebSocket, session: LiveSession, events: EventQueue) -> int | None:
    """Take in sound and orders. Returns the code to close with, or None if the client has left."""
    config = session.service.config
    while True:
        try:
            message = await asyncio.wait_for(websocket.receive(), config.stream_idle_s)
        except TimeoutError:
            events.put(failure("idle", f"no sound came for {config.stream_idle_s:g} s."))
            return IDLE
        if message["type"] == "websocket.disconnect":
            session.stop()
            return None
        if (pcm := message.get("bytes")) is not None:
            try:
                session.source.feed(pcm)
            except ValueError as error:
                channels = session.source.channels
                frames = f", {channels} of them in a frame" if channels > 1 else ""
                text = f"{error}sound is sent as 16-bit PCM: whole samples of two bytes{frames}."
                events.put(failure("bad_sound", text))
                return BAD_DATA
        elif (code := _obey(message.get("text") or "", session, events)) is not None:
            return code


def _obey(text: str, session: LiveSession, events: EventQueue) -> int | None:
    """Do what a text message asks for. Returns the code to close with, or None to go on."""
    try:
        order = json.loads(text)
        kind = order["type"]
    except (ValueError, TypeError, KeyError, RecursionError):
        events.put(failure("bad_message", 'a text message is JSON like {"type": "turns"}.'))
        return BAD_DATA
    match kind:
        case "end":
            session.source.end()
            return ENDED
        case "turns":
            session.submit(lambda: events.put(turns_event(session.recogniser.timeline.turns(), 0.0)))
        case "enrol" if isinstance(order.get("label"), str) and isinstance(order.get("name"), str):
            session.submit(lambda: session.enrol(order["label"], order["name"]))
        case "deny" if isinstance(order.get("name"), str):
            session.submit(lambda: session.deny(order["name"]))
        case _:
            text = "type is turns, end, enrol with a label and a name, or deny with a name."
            events.put(failure("bad_message", text))
            return UNSUPPORTED
    return None


async def _send(websocket: WebSocket, events: EventQueue, send_s: float) -> bool:
    """Send what there is. True when all was sent, False if the listener did not take it."""
    while (event := await events.get()) is not None:
        try:
            text = json.dumps(event, ensure_ascii=False)
            await asyncio.wait_for(websocket.send_text(text), send_s)
        except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            return False
    return True
