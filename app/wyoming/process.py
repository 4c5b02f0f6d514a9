"""``python -m app serve --wyoming``: one process, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from wyoming.server import AsyncServer

from app.wyoming.handler import Handler, WyomingOptions
from app.wyoming.naming import Namer
from utils import BadInput, HeardError


def check_uri(option: str, uri: str) -> None:
    """Raise BadInput for what is neither tcp://HOST:PORT nor unix://PATH."""
    try:
        parsed = urlsplit(uri)
        fits = (parsed.scheme == "tcp" and parsed.hostname and parsed.port is not None) or (
            parsed.scheme == "unix" and len(parsed.path) > 1
        )
    except ValueError:
        fits = False
    if not fits:
        raise BadInput(f"{option} {uri}: it is tcp://HOST:PORT, such as tcp://127.0.0.1:10400, or unix://PATH.")


def is_local(uri: str) -> bool:
    """Whether only this machine can reach it."""
    host = urlsplit(uri).hostname
    if host is None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(uri: str, namer: Namer, options: WyomingOptions, say: Callable[[str], None]) -> int:
    """Serve until Ctrl-C or SIGTERM. Raises HeardError for an address that cannot be had."""
    if not is_local(uri):
        say("warning: the protocol has no password; whoever reaches this address can ask who speaks.")
    asyncio.run(serve_async(uri, namer, options, say))
    say("stopped.")
    return 0


async def serve_async(uri: str, namer: Namer, options: WyomingOptions, say: Callable[[str], None]) -> None:
    """The same in a loop that there is. Ends when the task is cancelled, too."""
    open_handlers: set[Handler] = set()
    if urlsplit(uri).scheme == "unix" and Path(urlsplit(uri).path).exists():
        raise HeardError(f"--wyoming {uri}: something is there already.")  # the library would remove it
    server = AsyncServer.from_uri(uri)
    try:
        await server.start(
            lambda reader, writer: Handler(reader, writer, namer=namer, options=options, open_handlers=open_handlers)
        )
    except OSError as error:
        raise HeardError(f"--wyoming {uri} cannot be had ({error.strerror or error}).") from None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows; another thread's loop
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    say(f"serving {uri}; Ctrl-C stops.")
    try:
        await stop.wait()
    finally:
        await server.stop()
